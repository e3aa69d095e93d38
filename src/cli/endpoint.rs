//! Endpoints that stop runs: each runner asks them again and again whether it is to stop, so that one switch on a server holds
//! the runs of all machines.

use super::project_of;
use crate::diagnostics::{Diagnostic, codes, printable};
use crate::run::{Events, Halt, RunError, Verdict};
use crate::web;
use reqwest::StatusCode;
use std::path::Path;
use std::time::{Duration, Instant};

/// The variable that names one, beside that of `chaos.toml`.
const VARIABLE: &str = "CHAOS_STOP_URL";
/// How often each is asked.
const EVERY: Duration = Duration::from_secs(2);
/// How long an answer may take.
const TIMEOUT: Duration = Duration::from_secs(3);
/// How long a run goes on without an answer.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often it is asked before a run until it counts as unreachable.
const TRIES: u32 = 2;
/// So many characters of a reason are shown.
const SHOWN: usize = 200;

/// What an endpoint says.
#[derive(Debug, PartialEq, Eq)]
enum Answer {
    GoOn,
    /// Stop, for this reason.
    Stop(String),
}

/// An endpoint that may stop runs.
pub struct Endpoint {
    url: String,
    client: reqwest::Client,
}

/// Those that the environment and the project of a file name: each of them may stop a run.
///
/// # Errors
/// One is no URL, or the project says nothing clear of it.
pub fn of(file: &Path) -> Result<Vec<Endpoint>, RunError> {
    let variable = std::env::var(VARIABLE).ok().filter(|url| !url.trim().is_empty());
    let project = project_of::of(file)?.and_then(|project| project.stop_url);
    let mut urls: Vec<String> = variable.into_iter().chain(project).collect();
    urls.dedup();
    urls.into_iter().map(Endpoint::new).collect()
}

impl Endpoint {
    fn new(url: String) -> Result<Self, RunError> {
        let wrong = |why: String| {
            RunError::new(codes::E0813, why).help(format!("mend it in `chaos.toml` under `[stop]`, or in {VARIABLE}"))
        };
        let parsed = reqwest::Url::parse(&url);
        let parsed = parsed.map_err(|error| wrong(format!("what may stop the run is no URL: {error}")))?;
        if !matches!(parsed.scheme(), "http" | "https") || !parsed.username().is_empty() || parsed.password().is_some()
        {
            return Err(wrong("what may stop the run is no URL of http or https without a user".to_owned()));
        }
        let builder = if parsed.scheme() == "https" { web::secure(None) } else { web::client() };
        let client = builder.timeout(TIMEOUT).build();
        let client = client.map_err(|error| wrong(format!("there is no HTTP client: {error}")))?;
        Ok(Self { url, client })
    }

    /// Its URL without what may be a key in it.
    pub fn name(&self) -> &str {
        self.url.split(['?', '#']).next().unwrap_or_default()
    }

    async fn ask(&self) -> Result<Answer, String> {
        let asked = self.client.get(&self.url).send().await;
        let mut response = asked.map_err(|error| cause(error.without_url()))?;
        match response.status() {
            StatusCode::NO_CONTENT | StatusCode::NOT_FOUND | StatusCode::GONE => return Ok(Answer::GoOn),
            StatusCode::OK => {}
            other => return Err(format!("it answers with status {}", other.as_u16())),
        }
        // That it says stop is known; a reason that is cut off or does not come changes nothing of it.
        let mut text = Vec::new();
        while let Ok(Some(part)) = response.chunk().await {
            text.extend_from_slice(&part);
            if text.len() > 4 * SHOWN {
                break;
            }
        }
        Ok(Answer::Stop(self.reason(&String::from_utf8_lossy(&text))))
    }

    fn reason(&self, text: &str) -> String {
        let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let line: String = printable(&line).chars().take(SHOWN).collect();
        if line.is_empty() { format!("{} says so", self.name()) } else { format!("{line} ({})", self.name()) }
    }

    /// Why no run may begin, if it says so or says nothing.
    pub async fn hinders(&self) -> Option<Diagnostic> {
        let mut answer = self.ask().await;
        for _ in 1..TRIES {
            if answer.is_err() {
                answer = self.ask().await;
            }
        }
        match answer {
            Ok(Answer::GoOn) => None,
            Ok(Answer::Stop(why)) => Some(
                Diagnostic::error(codes::E0809, format!("no run may begin: {why}"))
                    .help(format!("it may when {} answers 204 or 404", self.name())),
            ),
            Err(why) => Some(
                Diagnostic::error(
                    codes::E0813,
                    format!("what may stop the run does not answer: {}: {why}", self.name()),
                )
                .help("a run that could not be stopped from there does not begin; see why it gives no answer"),
            ),
        }
    }

    /// Stops the run when it says so, or when it has not answered for too long.
    pub async fn watch(&self, halt: &Halt, events: &Events) {
        let mut answered = Instant::now();
        let mut silent = false;
        loop {
            tokio::time::sleep(EVERY).await;
            match self.ask().await {
                Ok(Answer::Stop(why)) => return halt.stop(Verdict::Aborted, why),
                Ok(Answer::GoOn) => {
                    if silent {
                        events.note(format!("{} answers again", self.name()));
                    }
                    (answered, silent) = (Instant::now(), false);
                }
                Err(why) => {
                    let limit = PATIENCE.as_secs();
                    if answered.elapsed() >= PATIENCE {
                        let why = format!(
                            "{} has not answered for {limit} s, so nobody could stop the run from there: {why}",
                            self.name()
                        );
                        return halt.stop(Verdict::Aborted, why);
                    }
                    if !silent {
                        let what = format!("{}, which may stop the run, does not answer: {why}", self.name());
                        events.note(format!("{what}; without an answer for {limit} s the run is stopped"));
                    }
                    silent = true;
                }
            }
        }
    }
}

/// The innermost cause: what is around it says that a request failed.
fn cause(error: reqwest::Error) -> String {
    let mut innermost: &dyn std::error::Error = &error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    if error.is_timeout() { "no answer in time".to_owned() } else { innermost.to_string() }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::Endpoint;

    #[test]
    fn what_is_shown_holds_no_key() {
        let endpoint = Endpoint::new("https://ops.example.com/stop?key=s3cr3t".to_owned()).unwrap();
        assert_eq!(endpoint.name(), "https://ops.example.com/stop");
        assert_eq!(endpoint.reason(" an\n incident "), "an incident (https://ops.example.com/stop)");
        assert!(!endpoint.reason("\u{1b}[2J").contains('\u{1b}'));
        assert_eq!(endpoint.reason(" \n"), "https://ops.example.com/stop says so");
        for wrong in ["ops/stop", "ftp://ops/stop", "https://me:pw@ops/stop"] {
            let error = Endpoint::new(wrong.to_owned()).err().unwrap();
            assert!(error.code.name == "E0813" && !error.message.contains("pw"), "{error}");
        }
    }
}
