//! Probes: reads that the runner makes itself, of a URL, an address, or a program.

mod command;
mod http;
mod tcp;

use super::bound::within;
use super::fetch::describe;
use super::secret::Vault;
use super::source::Read;
use crate::base::{Instant, Interval, number as written};
use crate::monitor::{Cause, Point, Sample};
use crate::types::Type;
use crate::types::model::{Argument, ProbeUse};
use crate::types::term::{MetricId, Term};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// What a probe found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Found {
    /// A quantity in base units.
    Number(#[serde(with = "written")] f64),
    /// Yes or no.
    Truth(bool),
    /// A text.
    Text(String),
}

impl Found {
    /// As people write it, as a value of a type.
    pub fn shown(&self, ty: &Type) -> String {
        match self {
            Found::Number(value) => ty.show(*value),
            Found::Truth(value) => value.to_string(),
            Found::Text(text) => format!("{:?}", text.chars().take(200).collect::<String>()),
        }
    }

    /// Whether it is what the probe says it returns; a component's action decides what it finds, a declaration what it is.
    fn fits(&self, ty: &Type) -> bool {
        match self {
            Found::Number(value) => ty.is_quantity() && (*ty != Type::Int || value.fract() == 0.0),
            Found::Truth(_) => *ty == Type::Bool,
            Found::Text(_) => *ty == Type::String,
        }
    }
}

/// Why a probe found nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Nothing(String);

impl fmt::Display for Nothing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Nothing {}

impl From<String> for Nothing {
    fn from(text: String) -> Self {
        Self(text)
    }
}

/// The longest time that a probe may take.
const LONGEST: Duration = Duration::from_secs(60);

/// Makes a probe once.
///
/// # Errors
/// It found nothing, or something of another type than its declaration says.
pub async fn probe(of: &ProbeUse, vault: &Vault) -> Result<Found, Nothing> {
    let given = Given(of);
    let wait = given.time("timeout").unwrap_or(Duration::from_secs(2)).min(LONGEST);
    let found = match of.component.as_str() {
        "http" => http::probe(given, wait).await,
        "tcp" => tcp::probe(given, wait).await,
        "command" => command::probe(given, wait, vault).await,
        other => Err(Nothing(format!("the component `{other}` makes no probes"))),
    };
    let found = found.map_err(|error| Nothing(vault.redacted(&error.0)))?;
    if !found.fits(&of.returns) {
        let shown = found.shown(&Type::Float);
        return Err(Nothing(format!("it found {shown}, which is no `{}`", of.returns)));
    }
    Ok(found)
}

/// The arguments of a probe.
#[derive(Clone, Copy)]
struct Given<'a>(&'a ProbeUse);

impl Given<'_> {
    fn action(&self) -> &str {
        &self.0.action
    }

    fn text(&self, name: &str) -> Result<&str, Nothing> {
        match self.0.arguments.get(name) {
            Some(Argument::Text(text)) => Ok(text),
            _ => Err(Nothing(format!("its argument `{name}` is no text"))),
        }
    }

    fn time(&self, name: &str) -> Option<Duration> {
        match self.0.arguments.get(name) {
            Some(Argument::Term(Term::Constant(seconds))) => Duration::try_from_secs_f64(*seconds).ok(),
            _ => None,
        }
    }

    fn wrong_action(&self) -> Nothing {
        Nothing(format!("the component `{}` has no probe `{}`", self.0.component, self.0.action))
    }
}

/// The number in a text, with blanks around it.
fn number(text: &str) -> Result<f64, Nothing> {
    let text = text.trim();
    let short: String = text.chars().take(40).collect();
    text.parse::<f64>().ok().filter(|it| it.is_finite()).ok_or_else(|| Nothing(format!("`{short}` is no number")))
}

/// The number in the first group of a pattern.
fn captured(pattern: &str, text: &str) -> Result<Found, Nothing> {
    let regex = crate::types::probe::pattern(pattern)?;
    let found = regex.captures(text).ok_or_else(|| Nothing(format!("`{pattern}` is not found")))?;
    let group = found.get(1).ok_or_else(|| Nothing(format!("`{pattern}` has no group that was found")))?;
    number(group.as_str()).map(Found::Number)
}

fn says(pattern: &str, text: &str) -> Result<Found, Nothing> {
    Ok(Found::Truth(crate::types::probe::pattern(pattern)?.is_match(text)))
}

/// A probe as a source of one metric.
pub struct Prober {
    metric: MetricId,
    of: ProbeUse,
    unit: f64,
    range: Interval,
    vault: Arc<Vault>,
    last: Option<Instant>,
}

impl Prober {
    /// A source that makes a probe whenever it is read.
    pub fn new(metric: MetricId, of: ProbeUse, unit: f64, range: Interval, vault: Arc<Vault>) -> Self {
        Self { metric, of, unit, range, vault, last: None }
    }

    /// Makes the probe, at the moment `at`.
    pub async fn read(&mut self, at: Instant) -> Read {
        let value = match probe(&self.of, &self.vault).await {
            Ok(Found::Number(value)) => within(Point::Gauge(value * self.unit), self.range),
            Ok(Found::Truth(good)) => Ok(Point::Ratio { good: f64::from(u8::from(good)), all: 1.0 }),
            Ok(Found::Text(_)) => Err(Cause::NotANumber),
            Err(error) => Err(Cause::Unreadable(error.0)),
        };
        let from = match value {
            Ok(Point::Ratio { .. }) | Err(_) => self.last.unwrap_or(at),
            _ => at,
        };
        let mut read = Read::default();
        match &value {
            Ok(_) => self.last = Some(at),
            Err(cause) => read.failures.push(format!("{}: {}: {cause}", self.metric, self.of.probe)),
        }
        read.samples.push((self.metric.clone(), Sample { from, at, value }));
        read
    }
}

fn client(wait: Duration, secure: bool) -> Result<reqwest::Client, Nothing> {
    let builder = if secure { crate::web::secure(None) } else { crate::web::client() };
    builder.timeout(wait).build().map_err(|error| Nothing(describe(&error)))
}
