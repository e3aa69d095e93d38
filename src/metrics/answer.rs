//! What a Prometheus server answers: JSON, with values or with why there are none.

use super::exposition::number;
use super::fetch::Answer;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// A value of a series at an instant.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// The labels, with `__name__`.
    pub labels: BTreeMap<String, String>,
    /// The instant, in Unix seconds.
    pub at: f64,
    /// The value; not a number for a histogram.
    pub value: f64,
    /// Whether it is a native histogram.
    pub is_histogram: bool,
}

/// An answer that holds values.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    /// The values.
    pub items: Vec<Item>,
    /// What the server adds.
    pub warnings: Vec<String>,
    /// By how many seconds its clock is ahead of ours, where it tells.
    pub ahead: Option<f64>,
}

impl Told {
    /// The instant of the answer.
    pub fn at(&self) -> Option<f64> {
        self.items.iter().map(|item| item.at).reduce(f64::max)
    }
}

/// Series in an answer, at most.
const MOST: usize = 50_000;

#[derive(Deserialize)]
struct Envelope {
    status: String,
    #[serde(default)]
    data: Option<Data>,
    #[serde(default, rename = "errorType")]
    kind: Option<String>,
    #[serde(default)]
    error: Option<String>,
    #[serde(default)]
    warnings: Vec<String>,
    #[serde(default)]
    infos: Vec<String>,
}

#[derive(Deserialize)]
struct Data {
    #[serde(rename = "resultType")]
    kind: String,
    result: Value,
}

/// Reads an answer.
///
/// # Errors
/// The server's own error, or what is wrong with its answer.
pub fn read(url: &str, answer: Answer) -> Result<Told, String> {
    let Answer { status, kind, ahead, body } = answer;
    let envelope: Option<Envelope> = serde_json::from_slice(&body).ok();
    let Some(envelope) = envelope else { return Err(no_answer(url, status, &kind)) };
    if envelope.status != "success" || status != 200 {
        let word = envelope.kind.map(|kind| format!("{kind}: ")).unwrap_or_default();
        let error = envelope.error.unwrap_or_else(|| "it says no more".to_owned());
        return Err(format!("{url} answered {status}: {word}{}", shortened(&error)));
    }
    let data = envelope.data.ok_or_else(|| format!("{url} answered without data"))?;
    let items = items(&data).map_err(|error| format!("{url}: {error}"))?;
    let warnings = envelope.warnings.into_iter().chain(envelope.infos).map(|it| shortened(&it)).collect();
    Ok(Told { items, warnings, ahead })
}

fn no_answer(url: &str, status: u16, kind: &str) -> String {
    let what = match status {
        401 => "401: it wants to know who asks; give the source a `token`, or a `user` and a `password`".to_owned(),
        403 => "403: whoever the source's secrets stand for may not read it".to_owned(),
        404 => "404: there is no API of Prometheus at this URL".to_owned(),
        300..=399 => format!("{status}: it sends us elsewhere, and redirects are not followed"),
        200 if kind.is_empty() => "what is no JSON: is this the API of Prometheus?".to_owned(),
        200 => format!("`{kind}`, which is no JSON: is this the API of Prometheus?"),
        other => other.to_string(),
    };
    format!("{url} answered {what}")
}

/// A server's words, of a length that fits into a line.
fn shortened(text: &str) -> String {
    const LONGEST: usize = 300;
    let line: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

fn items(data: &Data) -> Result<Vec<Item>, String> {
    let list = match (data.kind.as_str(), &data.result) {
        ("vector" | "matrix", Value::Array(list)) => list,
        (other, _) => return Err(format!("it gives a `{other}` where series are asked for")),
    };
    if list.len() > MOST {
        return Err(format!("it gives {} series, and no more than {MOST} are read", list.len()));
    }
    let mut found = Vec::new();
    for series in list {
        of_series(series, &mut found).ok_or("a series of its answer cannot be read")?;
    }
    Ok(found)
}

fn of_series(series: &Value, found: &mut Vec<Item>) -> Option<()> {
    let label = |(name, value): (&String, &Value)| Some((name.clone(), value.as_str()?.to_owned()));
    let labels: BTreeMap<String, String> =
        series.get("metric")?.as_object()?.iter().map(label).collect::<Option<_>>()?;
    let one = |name: &str| series.get(name).map(std::slice::from_ref);
    let many = |name: &str| series.get(name).and_then(Value::as_array).map(Vec::as_slice);
    let plain = one("value").or_else(|| many("values")).unwrap_or_default();
    let histograms = one("histogram").or_else(|| many("histograms")).unwrap_or_default();
    if plain.is_empty() && histograms.is_empty() {
        return None;
    }
    for point in plain {
        let (at, value) = (point.get(0)?.as_f64()?, number(point.get(1)?.as_str()?)?);
        found.push(Item { labels: labels.clone(), at, value, is_histogram: false });
    }
    for point in histograms {
        found.push(Item { labels: labels.clone(), at: point.get(0)?.as_f64()?, value: f64::NAN, is_histogram: true });
    }
    Some(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{Answer, Told, read};

    fn answered(status: u16, body: &str) -> Result<Told, String> {
        let answer =
            Answer { status, kind: "application/json".to_owned(), ahead: None, body: body.as_bytes().to_vec() };
        read("http://p", answer)
    }

    fn vector(result: &str) -> Result<Told, String> {
        answered(200, &format!(r#"{{"status":"success","data":{{"resultType":"vector","result":{result}}}}}"#))
    }

    #[test]
    fn values_are_read_with_their_instants() {
        let told = vector(r#"[{"metric":{"__name__":"up","job":"a"},"value":[1700000000.5,"+Inf"]}]"#).unwrap();
        let item = told.items.first().unwrap();
        assert_eq!((item.at, item.value), (1_700_000_000.5, f64::INFINITY));
        assert!(vector("[]").unwrap().items.is_empty());
        let told = vector(r#"[{"metric":{},"histogram":[1.0,{"count":"3"}]}]"#).unwrap();
        assert!(told.items.first().unwrap().is_histogram);
    }

    #[test]
    fn errors_say_what_the_server_said() {
        let body = r#"{"status":"error","errorType":"execution","error":"many-to-many matching"}"#;
        for status in [200, 422] {
            let error = answered(status, body).unwrap_err();
            assert!(error.contains(&format!("answered {status}: execution: many-to-many matching")), "{error}");
        }
        assert!(answered(401, "Unauthorized").unwrap_err().contains("give the source a `token`"));
        assert!(answered(302, "").unwrap_err().contains("redirects are not followed"));
        assert!(answered(200, "<html>").unwrap_err().contains("no JSON"));
        assert!(answered(503, "").unwrap_err().ends_with("answered 503"));
    }

    #[test]
    fn answers_of_another_form_are_errors() {
        for body in [
            r#"{"status":"success"}"#,
            r#"{"status":"success","data":{"resultType":"scalar","result":[1,"2"]}}"#,
            r#"{"status":"success","data":{"resultType":"vector","result":[{"metric":{"a":1},"value":[1,"2"]}]}}"#,
            r#"{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1,2]}]}}"#,
            r#"{"status":"success","data":{"resultType":"vector","result":[{"metric":{}}]}}"#,
        ] {
            assert!(answered(200, body).is_err(), "{body}");
        }
    }

    #[test]
    fn warnings_are_kept() {
        let body = r#"{"status":"success","warnings":["partial response"],"infos":["rate of a gauge?"],
            "data":{"resultType":"vector","result":[]}}"#;
        assert_eq!(answered(200, body).unwrap().warnings, ["partial response", "rate of a gauge?"]);
    }
}
