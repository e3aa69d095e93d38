//! The Prometheus text format and OpenMetrics, line by line.

use std::collections::BTreeMap;

/// One series of an endpoint.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// Its name.
    pub name: String,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// Its value.
    pub value: f64,
}

/// The series of a page whose names `wanted` takes. Lines that cannot be read are passed over when their names are not
/// wanted.
///
/// # Errors
/// The first wanted line that cannot be read, or a page that is no text of this kind.
pub fn parse(text: &str, wanted: impl Fn(&str) -> bool) -> Result<Vec<Series>, String> {
    let mut found = Vec::new();
    for line in text.lines() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let end = line.find(|c: char| c == '{' || c.is_whitespace()).unwrap_or(line.len());
        let name = &line[..end];
        if !wanted(name) {
            continue;
        }
        let series = series(name, &line[end..]);
        found.push(series.ok_or_else(|| format!("a line cannot be read: `{}`", shorten(line)))?);
    }
    Ok(found)
}

fn shorten(line: &str) -> String {
    line.chars().take(80).collect()
}

fn series(name: &str, rest: &str) -> Option<Series> {
    let (labels, rest) = match rest.strip_prefix('{') {
        Some(inner) => labels(inner)?,
        None => (BTreeMap::new(), rest),
    };
    // Behind the value there may be a timestamp and an exemplar.
    let value = rest.split_whitespace().next()?;
    Some(Series { name: name.to_owned(), labels, value: number(value)? })
}

fn number(text: &str) -> Option<f64> {
    match text {
        "+Inf" | "Inf" => Some(f64::INFINITY),
        "-Inf" => Some(f64::NEG_INFINITY),
        "NaN" => Some(f64::NAN),
        plain => plain.parse().ok(),
    }
}

/// Labels up to the closing brace, and what follows it.
fn labels(mut rest: &str) -> Option<(BTreeMap<String, String>, &str)> {
    let mut labels = BTreeMap::new();
    loop {
        rest = rest.trim_start_matches([' ', ',']);
        if let Some(after) = rest.strip_prefix('}') {
            return Some((labels, after));
        }
        let (name, after) = rest.split_once('=')?;
        let (value, after) = quoted(after.trim_start())?;
        labels.insert(name.trim().to_owned(), value);
        rest = after;
    }
}

fn quoted(text: &str) -> Option<(String, &str)> {
    let inner = text.strip_prefix('"')?;
    let mut value = String::new();
    let mut rest = inner.char_indices();
    while let Some((at, c)) = rest.next() {
        match c {
            '"' => return Some((value, &inner[at + 1..])),
            '\\' => value.push(match rest.next()?.1 {
                'n' => '\n',
                other => other,
            }),
            other => value.push(other),
        }
    }
    None
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::parse;

    const PAGE: &str = "# HELP x y\n# TYPE x counter\nx_total{code=\"200\",path=\"a \\\"b\\\" {}\"} 7 1700000000000\n\
        x_total{code=\"500\"} 1 # {trace=\"a\"} 1\nup 1\nlatency_bucket{le=\"+Inf\"} 3\nbroken{ 1\n# EOF\n";

    #[test]
    fn wanted_series_are_read() {
        let all = parse(PAGE, |name| name == "x_total").unwrap();
        assert_eq!(all.iter().map(|series| series.value).collect::<Vec<_>>(), [7.0, 1.0]);
        assert_eq!(all.first().unwrap().labels.get("path").map(String::as_str), Some("a \"b\" {}"));
        assert_eq!(parse(PAGE, |name| name == "up").unwrap().len(), 1);
    }

    #[test]
    fn a_wanted_line_that_cannot_be_read_is_an_error() {
        assert!(parse(PAGE, |name| name == "broken").is_err());
        assert!(parse("x abc", |_| true).is_err());
        assert!(parse("x", |_| true).is_err());
    }
}
