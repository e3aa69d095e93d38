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
    /// When it was measured, in Unix seconds, where the page says so.
    pub time: Option<f64>,
}

/// How a page is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// The text format of Prometheus: times are milliseconds.
    Plain,
    /// OpenMetrics: times are seconds.
    OpenMetrics,
}

impl Format {
    /// The format of a page with this media type.
    ///
    /// # Errors
    /// It is one that cannot be read, such as Prometheus' protocol buffers.
    pub fn of(kind: &str) -> Result<Format, String> {
        match kind {
            "application/openmetrics-text" => Ok(Format::OpenMetrics),
            "" | "text/plain" | "application/octet-stream" => Ok(Format::Plain),
            "application/vnd.google.protobuf" => {
                Err("it answers in protocol buffers only, and what is read here is the \
                text format or OpenMetrics"
                    .to_owned())
            }
            other => Err(format!("it answers `{other}`, which is no page of metrics")),
        }
    }
}

/// Series taken from a page, at most.
const MOST: usize = 50_000;

/// The series of a page whose names `wanted` takes. Lines that cannot be read are passed over when their names are not
/// wanted.
///
/// # Errors
/// The first wanted line that cannot be read, or a page that is no text of this kind.
pub fn parse(text: &str, wanted: impl Fn(&str) -> bool) -> Result<Vec<Series>, String> {
    read(text, Format::Plain, wanted)
}

/// The same of a page in a format.
///
/// # Errors
/// As [`parse`]; also where more than 50,000 series are wanted.
pub fn read(text: &str, format: Format, wanted: impl Fn(&str) -> bool) -> Result<Vec<Series>, String> {
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
        if found.len() == MOST {
            return Err(format!("`{name}` has too many series: more than {MOST} are on the page"));
        }
        let series = series(name, &line[end..], format);
        found.push(series.ok_or_else(|| format!("a line cannot be read: `{}`", shorten(line)))?);
    }
    Ok(found)
}

fn shorten(line: &str) -> String {
    line.chars().take(80).collect()
}

fn series(name: &str, rest: &str, format: Format) -> Option<Series> {
    let (labels, rest) = match rest.strip_prefix('{') {
        Some(inner) => labels(inner)?,
        None => (BTreeMap::new(), rest),
    };
    // Behind the value there may be a timestamp and an exemplar.
    let mut parts = rest.split_whitespace();
    let value = number(parts.next()?)?;
    let time = match parts.next().filter(|part| *part != "#") {
        Some(time) => Some(number(time).filter(|time| time.is_finite())?),
        None => None,
    };
    let seconds = if format == Format::Plain { 1000.0 } else { 1.0 };
    Some(Series { name: name.to_owned(), labels, value, time: time.map(|time| time / seconds) })
}

pub(super) fn number(text: &str) -> Option<f64> {
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
    use super::{Format, parse, read};

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
    fn times_are_read_in_the_formats_own_unit() {
        let times = |text, format| read(text, format, |_| true).unwrap().first().unwrap().time;
        assert_eq!(times("x 1 1700000000500", Format::Plain), Some(1_700_000_000.5));
        assert_eq!(times("x 1 1700000000.5 # {a=\"b\"} 1", Format::OpenMetrics), Some(1_700_000_000.5));
        assert_eq!(times("x 1 # {a=\"b\"} 1 3", Format::OpenMetrics), None);
        assert!(read("x 1 soon", Format::Plain, |_| true).is_err());
    }

    #[test]
    fn pages_that_are_none_are_told_apart() {
        assert!(Format::of("application/vnd.google.protobuf").is_err_and(|error| error.contains("protocol buffers")));
        assert!(Format::of("text/html").is_err_and(|error| error.contains("no page of metrics")));
        assert_eq!(Format::of("text/plain"), Ok(Format::Plain));
    }

    #[test]
    fn labels_without_end_are_refused() {
        let page: String = (0..60_000).map(|at| format!("x{{id=\"{at}\"}} 1\n")).collect();
        assert!(parse(&page, |_| true).is_err_and(|error| error.contains("too many series")));
    }

    #[test]
    fn a_wanted_line_that_cannot_be_read_is_an_error() {
        assert!(parse(PAGE, |name| name == "broken").is_err());
        assert!(parse("x abc", |_| true).is_err());
        assert!(parse("x", |_| true).is_err());
    }
}
