//! Windows of faults drawn to scale.

use crate::base::unit;

/// When a fault can be active, in seconds from one instant.
pub struct Row<'n> {
    /// The fault's step.
    pub name: &'n str,
    /// At the earliest.
    pub from: f64,
    /// At the latest.
    pub until: f64,
}

/// Columns of a bar.
const WIDTH: usize = 32;
/// Rows of an overlap, at most.
const MOST: usize = 8;
/// Columns of a name, at most.
const LONGEST: usize = 28;

/// The rows of an overlap, counted from `origin`, and the time at which all are active.
pub fn overlap(rows: &[Row], origin: &str) -> String {
    let mut lines = vec![format!("the windows of the faults, counted from {origin}:")];
    lines.extend(draw(rows, MOST).into_iter().map(|line| format!("  {line}")));
    let from = rows.iter().map(|row| row.from).fold(0.0, f64::max);
    let until = rows.iter().map(|row| row.until).fold(f64::INFINITY, f64::min);
    if from <= until && !rows.is_empty() {
        lines.push(format!("  all at once: {}", span(from, until)));
    }
    lines.join("\n")
}

/// The rows to one scale; of more than `most` the rest is counted.
pub fn draw(rows: &[Row], most: usize) -> Vec<String> {
    let first = rows.iter().map(|row| row.from).fold(f64::INFINITY, f64::min);
    let last = rows.iter().map(|row| row.until).fold(first, f64::max);
    let column = |at: f64| match last > first {
        true => (((at - first) / (last - first)) * WIDTH as f64).round() as usize,
        false => 0,
    };
    let names: Vec<String> = rows.iter().take(most).map(|row| short(row.name)).collect();
    let widest = names.iter().map(|name| name.chars().count()).max().unwrap_or(0);
    let one = |(row, name): (&Row, &String)| {
        let (from, until) = (column(row.from).min(WIDTH - 1), column(row.until));
        let bar: String = (0..WIDTH).map(|at| if at >= from && at < until.max(from + 1) { '=' } else { ' ' }).collect();
        format!("{name:widest$} |{bar}| {}", span(row.from, row.until))
    };
    let more = rows.len().checked_sub(most + 1).map(|more| format!("{} more", more + 1));
    rows.iter().zip(&names).map(one).chain(more).collect()
}

fn span(from: f64, until: f64) -> String {
    format!("{} to {}", unit::show_duration(from), unit::show_duration(until))
}

fn short(name: &str) -> String {
    match name.chars().count() > LONGEST {
        true => name.chars().take(LONGEST - 1).chain(['…']).collect(),
        false => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{Row, overlap};

    #[test]
    fn bars_are_to_scale() {
        let rows = [Row { name: "outage", from: 0.0, until: 80.0 }, Row { name: "b", from: 40.0, until: 160.0 }];
        let lines = [
            "the windows of the faults, counted from the start of the run:",
            "  outage |================                | 0s to 1m20s",
            "  b      |        ========================| 40s to 2m40s",
            "  all at once: 40s to 1m20s",
        ];
        assert_eq!(overlap(&rows, "the start of the run"), lines.join("\n"));
    }

    #[test]
    fn many_long_and_empty_ones_are_drawn_too() {
        let name = "a".repeat(60);
        let rows: Vec<Row> = (0..12).map(|_| Row { name: &name, from: 5.0, until: 5.0 }).collect();
        let drawn = overlap(&rows, "the end of all before them");
        assert!(drawn.contains("4 more"), "{drawn}");
        assert!(drawn.lines().all(|line| line.chars().count() <= 100), "{drawn}");
        assert_eq!(overlap(&[], "x").lines().count(), 1);
    }
}
