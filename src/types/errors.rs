//! What can be wrong with names in use, types, units and times: E02, E03, E04, E07.

use crate::base::{Interval, Span, unit};
use crate::diagnostics::{Code, Diagnostic, Edit, codes};
use crate::syntax::tree::{Expr, ExprKind};
use crate::types::Type;
use crate::types::address::Url;
use crate::types::toy::{Measure, Model};

/// An unknown name; `at` holds the name and nothing else.
pub fn unknown<'a>(kind: &str, name: &str, at: Span, known: impl IntoIterator<Item = &'a str>) -> Diagnostic {
    Diagnostic::error(codes::E0203, format!("unknown {kind} `{name}`")).at(at, "").did_you_mean(name, at, known)
}

/// An unknown name that is written as a text, in quotes.
pub fn unknown_text<'a>(kind: &str, name: &str, at: Span, known: impl IntoIterator<Item = &'a str>) -> Diagnostic {
    let quoted: Vec<String> = known.into_iter().map(|name| format!("\"{name}\"")).collect();
    let finding = Diagnostic::error(codes::E0203, format!("unknown {kind} `{name}`")).at(at, "");
    finding.did_you_mean(&format!("\"{name}\""), at, quoted.iter().map(String::as_str))
}

/// A grant that says nothing, or too much.
pub fn grant(headline: String, at: Span, help: &str) -> Diagnostic {
    Diagnostic::error(codes::E0335, headline).at(at, "").help(help)
}

pub fn twice(kind: &str, name: &str, first: Span, again: Span) -> Diagnostic {
    Diagnostic::error(codes::E0205, format!("two {kind}s are called `{name}`"))
        .at(again, "again here")
        .at(first, "first here")
        .help("rename one of them")
}

pub fn long_name(most: usize, at: Span) -> Diagnostic {
    Diagnostic::error(codes::E0207, format!("a step's name has at most {most} characters"))
        .at(at, "")
        .help("shorten it")
}

pub fn argument(headline: String, at: Span, label: &str, help: Option<String>) -> Diagnostic {
    Diagnostic::error(codes::E0206, headline).at(at, label).maybe_help(help)
}

pub fn mismatch(wanted: &Type, found: &Type, at: Span, why: Option<(Span, &str)>) -> Diagnostic {
    let finding =
        Diagnostic::error(codes::E0301, format!("expected `{wanted}`, found `{found}`")).at(at, this_is(found));
    let finding = match why {
        Some((span, why)) => finding.at(span, why),
        None => finding,
    };
    finding.maybe_help(unit_help(wanted))
}

/// The same where an expression stands, which may be a number that only lacks its unit.
pub fn mismatch_at(wanted: &Type, found: &Type, expr: &Expr, why: Option<(Span, &str)>) -> Diagnostic {
    let mut finding = mismatch(wanted, found, expr.span, why);
    let ExprKind::Number(number) = expr.kind else { return finding };
    if *wanted == Type::Ratio && number > 0.0 && number <= 1.0 {
        let percent = format!("{}%", unit::show_number(number * 100.0));
        finding = finding.replace(expr.span, format!("write `{percent}`"), percent);
    }
    let unit = match wanted {
        Type::Duration => "s",
        Type::Ratio if number >= 1.0 => "%",
        Type::Points => "pp",
        Type::Bytes => "B",
        Type::Frequency => "/s",
        _ => return finding,
    };
    finding.fix(format!("add the unit `{unit}`"), vec![Edit::after(expr.span, unit)])
}

/// `this is a …`, with the right article.
pub fn this_is(ty: &Type) -> String {
    let name = ty.to_string();
    let article = if name.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
    format!("this is {article} `{name}`")
}

/// How a value of a type is written.
fn unit_help(wanted: &Type) -> Option<String> {
    let example = match wanted {
        Type::Duration => "a duration has a unit: `450ms`, `30s`, `2m`",
        Type::Ratio => "a ratio is written in percent: `40%`",
        Type::Points => "points are the difference of two ratios: `2pp`",
        Type::Bytes => "bytes have a unit: `10MiB`",
        Type::Frequency => "a frequency is a count per time: `50/s`",
        Type::String => "a text stands in quotes: `\"…\"`",
        _ => return None,
    };
    Some(example.to_owned())
}

pub fn operands(operator: &str, left: (&Type, Span), right: (&Type, Span)) -> Diagnostic {
    Diagnostic::error(codes::E0301, format!("`{}` {operator} `{}` means nothing", left.0, right.0))
        .at(left.1, this_is(left.0))
        .at(right.1, this_is(right.0))
}

pub fn outside(found: Interval, at: Span, range: Interval, ty: &Type, declared: Option<Span>) -> Diagnostic {
    let mut shown = ty.show_apart(&[range.lo, range.hi, found.lo, found.hi]).into_iter();
    let mut next = || shown.next().unwrap_or_default();
    let (lo, hi, least, most) = (next(), next(), next(), next());
    let value = match found.lo.is_finite() && found.hi.is_finite() {
        false => "one without bounds".to_owned(),
        true if found.is_point() => least,
        true => format!("{least} to {most}"),
    };
    let wanted = match (range.lo.is_finite(), range.hi.is_finite()) {
        (true, true) => format!("between {lo} and {hi}"),
        (true, false) => format!("at least {lo}"),
        _ => format!("at most {hi}"),
    };
    let finding = Diagnostic::error(codes::E0302, format!("expected a value {wanted}, found {value}")).at(at, "");
    match declared {
        Some(span) => finding.at(span, "the range is declared here"),
        None => finding,
    }
}

/// A size that is no whole number of bytes.
pub fn part_of_a_byte(found: f64, at: Span) -> Diagnostic {
    let shown = unit::number_to(found, 9);
    Diagnostic::error(codes::E0302, format!("expected a whole number of bytes, found {shown}B"))
        .at(at, "")
        .help("no fault knows parts of a byte: write a whole number")
}

/// A range whose bounds, given with their texts, stand in the wrong order.
pub fn empty_range(low: (Span, &str), high: (Span, &str)) -> Diagnostic {
    let swapped = vec![Edit::new(low.0, high.1), Edit::new(high.0, low.1)];
    Diagnostic::error(codes::E0302, "this range holds no value")
        .at(low.0.to(high.0), "")
        .help("write the smaller bound first")
        .safe_fix("write the smaller bound first", swapped)
}

pub fn needs_aggregate(ty: &Type, text: &str, at: Span) -> Diagnostic {
    let help = match ty {
        Type::Counter => format!("write `increase({text})` or `rate({text})`"),
        _ => format!("write `p95({text})`, `p50({text})`, `mean({text})` or `max({text})`"),
    };
    let readings: &[&str] = if *ty == Type::Counter { &["increase", "rate"] } else { &["p95", "mean", "max"] };
    let finding = Diagnostic::error(codes::E0303, format!("a `{ty}` has no single value to compare"));
    let finding = finding.at(at, this_is(ty)).help(help);
    readings
        .iter()
        .map(|reading| format!("{reading}({text})"))
        .fold(finding, |finding, call| finding.replace(at, format!("write `{call}`"), call))
}

pub fn wrong_aggregate(name: &str, ty: &Type, at: Span) -> Diagnostic {
    let fitting = match ty {
        Type::Counter => "`increase` and `rate`",
        Type::Distribution(_) => "`p95` (any of p0 to p100), `mean` and `max`",
        Type::Ratio => "its name alone, or `avg(… over 30s)`",
        _ => "`avg`, `min`, `max` and `sum`",
    };
    Diagnostic::error(codes::E0303, format!("`{name}` cannot read a `{ty}`"))
        .at(at, "")
        .help(format!("a `{ty}` is read by {fitting}"))
}

pub fn unknown_type(name: &str, at: Span) -> Diagnostic {
    Diagnostic::error(codes::E0304, format!("unknown type `{name}`")).at(at, "").did_you_mean(
        name,
        at,
        Type::NAMES.iter().copied(),
    )
}

pub fn no_metric_type(ty: &Type, at: Span) -> Diagnostic {
    Diagnostic::error(codes::E0304, format!("a metric cannot be a `{ty}`"))
        .at(at, "")
        .help("use a quantity (`ratio`, `duration`, `count`, …), `counter`, or `distribution<duration>`")
}

pub fn no_quantity(ty: &Type, at: Span) -> Diagnostic {
    Diagnostic::error(codes::E0304, format!("an experiment's parameter cannot be a `{ty}`"))
        .at(at, "")
        .help("use a quantity: `ratio`, `duration`, `int`, `float`, `count`, `bytes` or `frequency`")
}

pub fn not_a_condition(found: &str, at: Span) -> Diagnostic {
    Diagnostic::error(codes::E0305, format!("expected a condition, found {found}"))
        .at(at, "this is neither true nor false")
        .help("compare it with something: `… >= 99%`")
}

pub fn not_a_value(at: Span) -> Diagnostic {
    Diagnostic::error(codes::E0305, "expected a value, found a condition").at(at, "this is true or false")
}

pub fn not_constant(what: &str, at: Span) -> Diagnostic {
    Diagnostic::error(codes::E0306, format!("`{what}` must be known before the run"))
        .at(at, "this is no constant")
        .help("write a constant")
}

pub fn misplaced_baseline(at: Span) -> Diagnostic {
    Diagnostic::error(codes::E0307, "`baseline` needs a metric on the other side of a comparison")
        .at(at, "")
        .note("`baseline` stands for what the other side was over the baseline window before the first inject")
        .help("write it like `checkout.success >= 90% of baseline`")
}

pub fn misplaced_block(at: Span) -> Diagnostic {
    Diagnostic::error(codes::E0307, "`block` belongs behind `for at least`")
        .at(at, "")
        .note("`block` stands for the time in which an expectation is judged")
        .help("write it like `expect checkout.success >= 99% for at least 95% of block`")
}

pub fn no_quantity_here(ty: &Type, at: Span) -> Diagnostic {
    Diagnostic::error(codes::E0301, format!("expected a quantity, found `{ty}`")).at(at, this_is(ty))
}

pub fn growth_against_baseline(at: Span) -> Diagnostic {
    Diagnostic::error(codes::E0307, "`increase` and `sum` cannot be compared with the baseline")
        .at(at, "the baseline is longer than the window, so it has grown more")
        .help("compare `rate(…)` or `mean(…)`, which do not depend on the length")
}

pub fn baseline_in_slo(at: Span) -> Diagnostic {
    Diagnostic::error(codes::E0307, "an SLO cannot be compared with the baseline")
        .at(at, "the baseline is judged by this SLO")
        .help("compare it with a constant: `success >= 99%`")
}

pub fn time(code: Code, headline: String, at: Span, label: &str, help: &str) -> Diagnostic {
    Diagnostic::error(code, headline).at(at, label).help(help)
}

/// Offers a deadline behind a condition that has none.
pub fn with_deadline(finding: Diagnostic, condition: Span) -> Diagnostic {
    finding.fix("add `within 30s`", vec![Edit::after(condition, " within 30s")])
}

/// Offers `always` before a condition.
pub fn with_always(finding: Diagnostic, condition: Span) -> Diagnostic {
    finding.fix("write `expect always …`", vec![Edit::before(condition, "always ")])
}

pub fn missing(code: Code, headline: &str, at: Span, help: &str) -> Diagnostic {
    Diagnostic::error(code, headline).at(at, "").help(help)
}

pub fn place(headline: String, at: Span, help: &str) -> Diagnostic {
    Diagnostic::error(codes::E0706, headline).at(at, "").help(help)
}

pub fn binding(headline: String, at: Span, help: Option<String>) -> Diagnostic {
    Diagnostic::error(codes::E0705, headline).at(at, "").maybe_help(help)
}

pub fn endpoint_twice(url: &Url, again: Span, first: Span) -> Diagnostic {
    binding(format!("this source reads `{url}` twice"), again, Some("leave it out here".to_owned()))
        .at(first, "first here")
        .note("what an endpoint counts would count twice")
}

pub fn circle(what: &str, names: &[String], at: Span) -> Diagnostic {
    let shown = names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" → ");
    Diagnostic::error(codes::E0202, format!("{what}: {shown}"))
        .at(at, "closes the circle")
        .help("break the circle: one of them must do without the other")
}

pub fn no_content(ty: &Type, inner: &Type, at: Span) -> Diagnostic {
    Diagnostic::error(codes::E0304, format!("there is no `{ty}`"))
        .at(at, this_is(inner))
        .help("use a quantity: `ratio`, `duration`, `int`, `float`, `count`, `bytes` or `frequency`")
}

pub fn no_result(ty: &Type, at: Span) -> Diagnostic {
    Diagnostic::error(codes::E0304, format!("a probe cannot return a `{ty}`"))
        .at(at, "")
        .help("use a quantity, `string` or `bool`")
}

pub fn no_list(ty: &Type, at: Span) -> Diagnostic {
    Diagnostic::error(codes::E0301, format!("expected a list of quantities, found `{ty}`"))
        .at(at, this_is(ty))
        .help("write it like `[5%, 10%, 20%, 40%]`")
}

pub fn no_levels(at: Span) -> Diagnostic {
    Diagnostic::error(codes::E0408, "an escalation needs levels")
        .at(at, "this list is empty")
        .help("write it like `[5%, 10%, 20%, 40%]`")
}

pub fn rounds(found: &str, most: f64, at: Span) -> Diagnostic {
    Diagnostic::error(codes::E0408, format!("expected 1 to {most} rounds, found {found}"))
        .at(at, "")
        .note("a block that is repeated is unrolled before the run, so that its worst case is known")
}

pub fn too_many_steps(most: usize, at: Span) -> Diagnostic {
    Diagnostic::error(codes::E0410, format!("this experiment has more than {most} steps"))
        .at(at, "counting the steps of scenarios and of every round")
        .help("repeat less, or split it into several experiments")
}

pub fn lacks_metrics(service: &str, missing: &[String], at: Span, declared: Span) -> Diagnostic {
    Diagnostic::error(codes::E0308, format!("`{service}` lacks what this needs: {}", missing.join(", ")))
        .at(at, "given here")
        .at(declared, "asked for here")
        .help(format!("declare it in the system: `metric {}`", missing.first().map_or("", String::as_str)))
}

pub fn calendar(headline: String, at: Span, help: &str) -> Diagnostic {
    Diagnostic::error(codes::E0411, headline).at(at, "").help(help)
}

pub fn no_order(ty: &Type, at: Span) -> Diagnostic {
    Diagnostic::error(codes::E0301, format!("a `{ty}` has no order")).at(at, "").help("compare it with `==` or `!=`")
}

pub fn no_type(at: Span) -> Diagnostic {
    Diagnostic::error(codes::E0304, "this parameter has no type")
        .at(at, "of what?")
        .help("write its type, `rate: ratio`, or a default from which it is plain, `rate = 40%`")
}

pub fn division_by_zero(at: Span) -> Diagnostic {
    Diagnostic::error(codes::E0302, "division by zero").at(at, "this is nothing").help("divide by something else")
}

pub fn said_twice(what: &str, first: Span, again: Span) -> Diagnostic {
    Diagnostic::error(codes::E0107, format!("`{what}` is said twice"))
        .at(again, "again here")
        .at(first, "first here")
        .help("keep one of them")
}

pub fn model_of_another(model: &Model, system: &str, at: Span) -> Diagnostic {
    let headline = format!("the model `{}` is of `{}`, but the experiment is on `{system}`", model.name, model.system);
    Diagnostic::error(codes::E0203, headline)
        .at(at, "")
        .at(model.span, "declared here")
        .help(format!("name a model of `{system}`"))
}

pub fn calls_nobody(service: &str, word: &str, at: Span) -> Diagnostic {
    contradiction(
        format!("`{service}` calls nobody, so `{word}` says nothing"),
        at,
        None,
        "remove it, or say `calls` in the system",
    )
}

/// What a model says cannot be true together.
pub fn contradiction(headline: String, at: Span, other: Option<Span>, help: &str) -> Diagnostic {
    let finding = Diagnostic::error(codes::E0417, headline).at(at, "");
    let finding = match other {
        Some(span) => finding.at(span, "because of this"),
        None => finding,
    };
    finding.help(help)
}

pub fn shows_no(measure: Measure, ty: &Type, at: Span, metric: Span) -> Diagnostic {
    let fitting = match measure {
        Measure::Success | Measure::Errors => "a `ratio`",
        Measure::Latency => "a `distribution<duration>`",
        Measure::Requests | Measure::Failures | Measure::Retried => "a `counter` or a `frequency`",
        Measure::Waiting | Measure::Busy | Measure::Open => "a `count`, an `int` or a `float`",
    };
    Diagnostic::error(codes::E0301, format!("a `{ty}` cannot show `{}`", measure.word()))
        .at(at, "")
        .at(metric, this_is(ty))
        .help(format!("{fitting} can"))
}
