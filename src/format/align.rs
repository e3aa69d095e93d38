//! Lines to text; comments behind the code of consecutive lines stand in one column.

use super::WIDTH;
use super::lines::Line;

/// Blanks between the longest code and the comments of a group, at least.
const GAP: usize = 2;

/// The text of these lines, each with this line end.
pub fn print(lines: &[Line], newline: &str) -> String {
    let mut text = String::new();
    let mut rest = lines;
    while !rest.is_empty() {
        let (group, others) = rest.split_at(group(rest));
        let column = group.iter().map(width).max().unwrap_or(0) + GAP;
        for line in group {
            write(&mut text, line, column, newline);
        }
        rest = others;
    }
    text
}

/// How many lines from the first on share the column of their comments; at least one.
fn group(lines: &[Line]) -> usize {
    let joins = |pair: &[Line]| {
        let [before, line] = pair else { return false };
        takes_part(before) && takes_part(line) && before.indent == line.indent && !line.blank_before
    };
    1 + lines.windows(2).take_while(|pair| joins(pair)).count()
}

/// Code that is wider than a line pushes no other line's comment away.
fn takes_part(line: &Line) -> bool {
    line.comment.is_some() && !line.code.is_empty() && width(line) <= WIDTH
}

/// Columns up to the end of the code.
fn width(line: &Line) -> usize {
    match line.code.rsplit_once('\n') {
        Some((_, last)) => last.chars().count(),
        None => line.indent + line.code.chars().count(),
    }
}

fn write(text: &mut String, line: &Line, column: usize, newline: &str) {
    if line.blank_before {
        text.push_str(newline);
    }
    let blanks = |text: &mut String, count: usize| text.extend(std::iter::repeat_n(' ', count));
    blanks(text, line.indent);
    text.push_str(&line.code);
    if let Some(comment) = line.comment {
        if !line.code.is_empty() {
            blanks(text, column.saturating_sub(width(line)));
        }
        text.push_str(comment);
    }
    text.push_str(newline);
}
