//! `chaos init`.

use super::ask::{Answers, Question};
use super::disk::Disk;
use super::replace::write_all;
use super::{REFUSED, block_on, print};
use crate::analysis::{DEFAULT_ENVIRONMENT, analyse, plan};
use crate::base::files::plain;
use crate::base::unit::show_duration;
use crate::base::{Files, Overlay, SourceId, Sources};
use crate::diagnostics::{Diagnostic, any_error};
use crate::format::format;
use crate::metrics::Fetcher;
use crate::report::Paint;
use crate::starter::{Latency, NAMES, Page, Requests, Starter};
use crate::syntax::parse_expression;
use crate::syntax::tree::ExprKind;
use crate::types::address::{Address, Url};
use std::io::{BufRead, IsTerminal, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};

/// Write a system, an environment and a first experiment for a service that runs somewhere.
///
/// Asks for what is not given. Looks at the service's metrics, to read from them what is really there. The files are
/// checked, planned and laid out before they are written; all are written, or none.
///
/// Exit code: 0 written, 2 refused: nothing was written.
#[derive(Debug, clap::Args)]
pub struct Init {
    /// Where the service answers, for example http://127.0.0.1:8080.
    #[arg(long, value_name = "URL")]
    service_url: Option<String>,
    /// Where its metrics are, in Prometheus text or OpenMetrics (default: /metrics at the service's URL).
    #[arg(long, value_name = "URL")]
    metrics_url: Option<String>,
    /// What the service is called in the files (default: from the URL's host, else `app`).
    #[arg(long)]
    name: Option<String>,
    /// Where the fault proxy before the service will listen (default: a free port of this machine).
    #[arg(long, value_name = "HOST:PORT")]
    through: Option<String>,
    /// The folder for the files.
    #[arg(long, default_value = "chaos")]
    dir: PathBuf,
    /// Ask nothing: take the default of whatever is not given.
    #[arg(long)]
    yes: bool,
    /// Replace files that are there already.
    #[arg(long)]
    force: bool,
}

impl Init {
    pub fn run(self) -> u8 {
        match self.write() {
            Ok(()) => 0,
            Err(reason) => {
                complain_of!("{reason}");
                complain_of!("nothing was written");
                REFUSED
            }
        }
    }

    fn write(&self) -> Result<(), String> {
        let paths = NAMES.map(|name| plain(&self.dir.join(name)));
        self.nothing_in_the_way(&paths)?;
        let starter = look(self.starter()?)?;
        let texts = starter.texts().map(|text| format(SourceId(0), &text).unwrap_or(text)); // `check` finds what cannot be
        let files: Vec<(PathBuf, String)> = paths.into_iter().zip(texts).collect();
        check(&files)?;
        write_all(&files).map_err(|(path, reason)| format!("`{}` cannot be written: {reason}", path.display()))?;
        self.tell(&starter, &files);
        Ok(())
    }

    /// Files of the same names, unless they may be replaced.
    fn nothing_in_the_way(&self, paths: &[PathBuf]) -> Result<(), String> {
        match paths.iter().find(|path| Disk.exists(path)) {
            Some(path) if !self.force => {
                Err(format!("`{}` is there already; --force replaces it, --dir takes another folder", path.display()))
            }
            _ => Ok(()),
        }
    }

    /// What is known of the service before anybody looked at it.
    fn starter(&self) -> Result<Starter, String> {
        if self.yes {
            return self.answered(&mut Answers::<&[u8], Vec<u8>>::Defaults);
        }
        if !std::io::stdin().is_terminal() {
            return self.answered(&mut Answers::<&[u8], Vec<u8>>::Given);
        }
        self.answered(&mut Answers::Asked(std::io::stdin().lock(), std::io::stderr()))
    }

    fn answered<I: BufRead, O: Write>(&self, answers: &mut Answers<I, O>) -> Result<Starter, String> {
        let question = |option, text, default| Question { option, text, default };
        let place = question("--service-url", "Where does the service answer (http://host:port)", None);
        let url = answers.to(&place, self.service_url.as_deref(), service_url)?;
        let metrics = question("--metrics-url", "Where are its metrics", Some(format!("{}/metrics", url.base())));
        let metrics = answers.to(&metrics, self.metrics_url.as_deref(), metrics_url)?;
        let called = question("--name", "What is the service called", Some(name_of(&url.address)));
        let service = match (answers, &self.name) {
            (Answers::Given, None) => name_of(&url.address),
            (answers, name) => answers.to(&called, name.as_deref(), service_name)?,
        };
        let through = match &self.through {
            Some(text) => proxy_address(text, &url.address).map_err(|reason| format!("--through: {reason}"))?,
            None => free_address(&url.address)?,
        };
        let (url, through, metrics) = (url.base(), through.to_string(), metrics.to_string());
        Ok(Starter { service, url, through, metrics, known: true, requests: None, latency: None })
    }

    /// What was written, and what to do now.
    fn tell(&self, starter: &Starter, files: &[(PathBuf, String)]) {
        let Starter { service, url, through, .. } = starter;
        let quoted = |path: &Path| shell_words::quote(&path.display().to_string()).into_owned();
        let paths: Vec<String> = files.iter().map(|(path, _)| path.display().to_string()).collect();
        let experiment = files.last().map(|(path, _)| quoted(path)).unwrap_or_default();
        say!("wrote {}", paths.join(", "));
        say!("");
        say!("Let the callers of {service} use {} instead of {url}: the fault proxy", Paint::bold(through));
        say!("listens there and passes everything on. `chaos exec` starts it if it is not up; to start it for good:");
        say!("  chaos proxy --listen {through} --upstream {url}");
        say!("");
        say!("Then");
        say!("  chaos check {}", quoted(&self.dir));
        say!("  chaos plan {experiment}");
        say!("  chaos exec {experiment}");
    }
}

fn http(text: &str) -> Result<Url, String> {
    let url = Url::parse(text)?;
    if url.secure {
        return Err("https is not supported yet; name an address where it answers plain http".to_owned());
    }
    if text.contains(['"', '\\', '`']) {
        return Err("a URL holds no quotes".to_owned());
    }
    Ok(url)
}

fn service_url(text: &str) -> Result<Url, String> {
    let url = http(text)?;
    if matches!(url.path.as_str(), "" | "/") {
        return Ok(url);
    }
    Err(format!("a service's URL has no path; write `{}`", url.base()))
}

fn metrics_url(text: &str) -> Result<Url, String> {
    let url = http(text)?;
    Ok(if url.path.is_empty() { Url { path: "/metrics".to_owned(), ..url } } else { url })
}

/// A name as the language has them.
pub fn service_name(text: &str) -> Result<String, String> {
    match parse_expression(SourceId(0), text).map(|expression| expression.kind) {
        Ok(ExprKind::Path(path)) if path.parts.len() == 1 && path.text() == text => Ok(text.to_owned()),
        _ => Err(format!("`{text}` is no name: letters, digits, `_` and `-`, and none of the language's own words")),
    }
}

/// The first part of a host's name, where it is a name and says something.
fn name_of(address: &Address) -> String {
    let first = address.host.split('.').next().unwrap_or_default();
    let named = !address.is_loopback() && !address.host.contains(':');
    let name = if named { service_name(first).ok() } else { None };
    name.unwrap_or_else(|| "app".to_owned())
}

fn proxy_address(text: &str, service: &Address) -> Result<Address, String> {
    let address = Address::parse(text)?;
    if address == *service {
        return Err(format!("the service itself is at `{text}`; the proxy needs an address of its own"));
    }
    if address.admin().is_none() {
        return Err(format!("above port {} no port is left for the proxy's admin API", u16::MAX - 10_000));
    }
    Ok(address)
}

/// An address on this machine on which nobody listens now, 90 ports above the service's if that can be.
fn free_address(service: &Address) -> Result<Address, String> {
    let near = if service.port < 1024 { service.port + 8000 } else { service.port };
    let free = |port: u16| TcpListener::bind(("127.0.0.1", port)).is_ok();
    let above = (1..=50).map(|step| near.saturating_add(90 * step)).filter(|port| *port <= u16::MAX - 10_000);
    let port = above.chain(18_090..18_190).find(|port| free(*port) && free(*port + 10_000));
    let port = port.ok_or("no free port was found for the fault proxy; name one with --through 127.0.0.1:PORT")?;
    Ok(Address { host: "127.0.0.1".to_owned(), port })
}

/// Looks at the metrics, and tells what is made of them.
fn look(starter: Starter) -> Result<Starter, String> {
    let fetched = block_on(async { Fetcher::new()?.page(&starter.metrics).await })?;
    let page = match fetched {
        Ok(text) => Page::read(&text),
        Err(error) if matches!(error.status, Some(404 | 405 | 410)) => {
            complain_of!("{error}: no metrics are there");
            Page::read("")
        }
        Err(error) => {
            complain_of!("{error}");
            complain_of!(
                "the names of its metrics are guessed: the comment with CHANGE in environments.chaos says what to do"
            );
            return Ok(starter.guessed());
        }
    };
    let starter = Starter { requests: page.requests(), latency: page.latency(), ..starter };
    complain_of!("{} shows {} series", starter.metrics, page.count());
    match &starter.requests {
        Some(Requests { series, label }) => complain_of!("  success is read from {series}, by its label `{label}`"),
        None => complain_of!("  none counts requests by status: success is the fault proxy's view"),
    }
    match &starter.latency {
        Some(Latency { series, p95 }) => complain_of!("  latency is read from {series}{}", so_far(*p95)),
        None => complain_of!(
            "  none is a histogram of durations whose name tells the unit: latency is the fault proxy's view"
        ),
    }
    Ok(starter)
}

fn so_far(p95: Option<f64>) -> String {
    p95.map_or(String::new(), |p95| format!(" (95% within {} so far)", show_duration(p95)))
}

/// Checks and plans the files as if they lay where they will.
fn check(files: &[(PathBuf, String)]) -> Result<(), String> {
    let overlay = Overlay::over(&Disk);
    for (path, text) in files {
        overlay.put(path.clone(), text.clone());
    }
    for (path, _) in files {
        let read = analyse(path, &overlay, None);
        let mut analysis = read.map_err(|error| format!("`{}` cannot be read: {error:?}", path.display()))?;
        let mut findings = analysis.findings.clone();
        if !analysis.experiments().is_empty() && !any_error(&findings) {
            findings.extend(plan(&mut analysis, None, Some(DEFAULT_ENVIRONMENT), &[]).err().unwrap_or_default());
        }
        none_wrong(&findings, &analysis.program.sources)?;
    }
    Ok(())
}

fn none_wrong(findings: &[Diagnostic], sources: &Sources) -> Result<(), String> {
    if !any_error(findings) {
        return Ok(());
    }
    print(findings, sources);
    Err("the files would not check together with what their folder holds".to_owned())
}
