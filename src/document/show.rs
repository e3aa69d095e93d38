//! Parts of a document in words.

use crate::base::unit;
use crate::types::Type;
use crate::types::term::LimitName;
use serde_json::Value;

/// What the numbers of a field are measured in, where no `type` beside them says it.
pub fn measure(key: &str) -> Option<Type> {
    if let Some((_, ty)) = LimitName::named(key) {
        return Some(ty.clone());
    }
    match key {
        "after" | "window" | "baseline" | "no_data" | "every" | "hold" | "deadline" | "holding" | "within"
        | "duration" | "length" | "detection" | "period" | "start" => Some(Type::Duration),
        "touches" | "fails" | "share" | "instance_share" => Some(Type::Ratio),
        _ => None,
    }
}

/// The type that an object gives to its numbers.
pub fn own_type(value: &Value) -> Option<Type> {
    serde_json::from_value(value.get("type")?.clone()).ok()
}

/// The author's words for a condition or what demands it.
pub fn words(value: &Value) -> Option<&str> {
    match value {
        Value::Object(fields) => match (fields.get("written"), wrapped(value)) {
            (Some(Value::String(text)), _) => Some(text),
            (_, Some((_, inner))) => words(inner),
            _ => None,
        },
        _ => None,
    }
}

/// The one field of an object that has one.
pub fn wrapped(value: &Value) -> Option<(&str, &Value)> {
    let fields = value.as_object().filter(|fields| fields.len() == 1)?;
    fields.iter().next().map(|(key, value)| (key.as_str(), value))
}

/// `lo` and `hi` of an interval; nothing: no bound on that side.
pub fn interval(value: &Value) -> Option<(Option<f64>, Option<f64>)> {
    let fields = value.as_object().filter(|fields| fields.len() == 2)?;
    Some((fields.get("lo")?.as_f64(), fields.get("hi")?.as_f64()))
}

/// A value for people, its numbers as values of `ty`.
pub fn show(value: &Value, ty: &Type) -> String {
    let text = match value {
        Value::Null => "none".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Number(number) => ty.show(number.as_f64().unwrap_or(f64::NAN)),
        Value::String(text) => text.clone(),
        Value::Array(items) if items.is_empty() => "none".to_owned(),
        Value::Array(items) => items.iter().map(|item| show(item, element(ty))).collect::<Vec<_>>().join(", "),
        Value::Object(_) => object(value, ty),
    };
    one_line(&text)
}

fn element(ty: &Type) -> &Type {
    if let Type::List(of) = ty { of } else { ty }
}

fn object(value: &Value, ty: &Type) -> String {
    if let Some(words) = words(value) {
        return words.to_owned();
    }
    if let Some((lo, hi)) = interval(value) {
        let side = |it: Option<f64>| it.map_or_else(|| "…".to_owned(), |it| ty.show(it));
        return if lo == hi { side(lo) } else { format!("{}..{}", side(lo), side(hi)) };
    }
    let ty = own_type(value).unwrap_or_else(|| ty.clone());
    if let (Some(value), true) = (value.get("value"), value.get("type").is_some() || value.get("origin").is_some()) {
        return show(value, &ty);
    }
    if value.get("metric").is_some() {
        return reading(value);
    }
    match wrapped(value) {
        Some((operator @ ("plus" | "minus" | "times" | "over"), Value::Array(sides))) => {
            let sign = match operator {
                "plus" => "+",
                "minus" => "-",
                "times" => "*",
                _ => "/",
            };
            sides.iter().map(|side| show(side, &Type::Float)).collect::<Vec<_>>().join(&format!(" {sign} "))
        }
        Some(("list", items)) => format!("[{}]", show(items, &ty)),
        Some(("quantity" | "text" | "bool" | "service" | "word" | "reading" | "parameter", inner)) => show(inner, &ty),
        Some((key, Value::Object(inner))) if inner.is_empty() => key.to_owned(),
        Some((key, inner)) => format!("{key} {}", show(inner, &measure(key).unwrap_or(ty))),
        None => fields(value, &ty),
    }
}

/// `deadline 30s, holding 5s`.
fn fields(value: &Value, ty: &Type) -> String {
    let shown = value.as_object().into_iter().flatten().filter(|(_, value)| !value.is_null());
    let shown = shown.map(|(key, value)| format!("{key} {}", show(value, &measure(key).unwrap_or_else(|| ty.clone()))));
    shown.collect::<Vec<_>>().join(", ")
}

fn reading(value: &Value) -> String {
    let metric = value["metric"].as_str().unwrap_or_default();
    let window = value["window"].as_f64().map(|window| format!(" over {}", unit::show_duration(window)));
    let window = window.unwrap_or_default();
    let cohort = value["cohort"].as_str().map(|cohort| format!(" of {cohort}")).unwrap_or_default();
    match &value["aggregate"] {
        Value::String(word) if word == "plain" => format!("{metric}{window}{cohort}"),
        Value::String(word) => format!("{word}({metric}{window}{cohort})"),
        other => {
            let quantile = other["quantile"].as_f64().map_or(f64::NAN, |it| it * 100.0);
            format!("p{}({metric}{window}{cohort})", unit::show_number(quantile))
        }
    }
}

/// What a step does, in a few words.
pub fn step(does: &Value) -> String {
    match wrapped(does) {
        Some(("inject", inner)) => one_line(&format!("inject {} on {}", field(inner, "fault"), field(inner, "target"))),
        Some(("call", inner)) => one_line(&format!("call {}", field(inner, "probe"))),
        Some(("mark", _)) => "a mark".to_owned(),
        _ => whole_step(does),
    }
}

/// What a step does, with its arguments.
pub fn whole_step(does: &Value) -> String {
    let Some((kind, inner)) = wrapped(does) else { return "nothing".to_owned() };
    let time = |key: &str| show(&inner[key], &Type::Duration);
    let text = match kind {
        "inject" => {
            let held = match words(&inner["until"]) {
                Some(until) => until.to_owned(),
                None => format!("for {}", time("duration")),
            };
            let is_of_http = field(inner, "component") == "http" && inner["file"].is_null();
            let telling = arguments(inner).into_iter().filter(|it| !(is_of_http && says_nothing(it)));
            let given = [field(inner, "target").to_owned()].into_iter().chain(telling);
            format!("inject {}({}) {held}", field(inner, "fault"), given.collect::<Vec<_>>().join(", "))
        }
        "call" => format!("call {}({})", field(inner, "probe"), arguments(inner).join(", ")),
        "choose" => format!("when {}", field(inner, "written")),
        "mark" => "begins".to_owned(),
        "wait" => format!("wait {}", time("duration")),
        "stable" => format!("wait until stable within {}", time("deadline")),
        "approve" => format!("approve {:?} within {}", field(inner, "text"), time("within")),
        "expect" => field(inner, "written").to_owned(),
        other => format!("{other} {}", show(inner, &Type::Float)),
    };
    one_line(&text)
}

fn field<'v>(value: &'v Value, key: &str) -> &'v str {
    value[key].as_str().unwrap_or_default()
}

/// `rate: 40%`, for each argument.
fn arguments(of: &Value) -> Vec<String> {
    let all = of["arguments"].as_object().into_iter().flatten();
    all.map(|(name, argument)| format!("{name}: {}", show(argument, &Type::Float))).collect()
}

/// Whether an argument, as it is shown, has a fault of HTTP take every request, or adds no header field: what one has that says
/// nothing of it.
fn says_nothing(argument: &str) -> bool {
    ["among: all", "methods: [*]", "path: *", "headers: [none]", "retry_after: 0s"].contains(&argument)
}

/// A text on one line.
fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
