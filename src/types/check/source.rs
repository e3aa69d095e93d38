//! `source`: where an environment's metrics are read, how often, and what opens it.

use super::Checker;
use crate::base::{Interval, Span};
use crate::syntax::tree::{self, Expr, ExprKind};
use crate::types::address::Url;
use crate::types::expression::Context;
use crate::types::model::{Access, Environment, Source, SourceKind};
use crate::types::secret::SecretRef;
use crate::types::{Type, errors};
use std::path::{Path, PathBuf};

/// How often an endpoint is read where it is not said, in seconds.
pub const DEFAULT_EVERY: f64 = 1.0;
/// How often a Prometheus server is asked where it is not said, in seconds.
const DEFAULT_QUERY_EVERY: f64 = 5.0;
/// How often a Prometheus server is taken to scrape where it is not said, in seconds.
const DEFAULT_SCRAPE: f64 = 15.0;

/// How often a source may be read, in seconds.
pub(super) const EVERY: (f64, f64) = (0.1, 300.0);
/// How often a Prometheus server may be said to scrape, in seconds.
const SCRAPE: (f64, f64) = (0.1, 3600.0);

/// Arguments that every source takes beside its endpoints.
const COMMON: &[&str] = &["every", "token", "user", "password", "certificate", "key", "ca"];

impl Checker<'_> {
    pub(super) fn sources(
        &mut self,
        written: &tree::Environment,
        secrets: Option<&[String]>,
        environment: &mut Environment,
    ) {
        for source in &written.sources {
            if source.name.text == "proxy" {
                let help = Some("choose another name: `proxy` is the fault proxy's own view".to_owned());
                self.report(errors::binding("`proxy` cannot be declared".to_owned(), source.name.span, help));
                continue;
            }
            // One that cannot be understood is known all the same, so that its bindings are not reported again.
            let read = self.source(&source.value, secrets);
            environment.sources.insert(source.name.text.clone(), read.unwrap_or_else(|| empty(SourceKind::Scrape)));
        }
    }

    fn source(&mut self, written: &Expr, secrets: Option<&[String]>) -> Option<Source> {
        let ExprKind::Call(function, arguments) = &written.kind else {
            let help = Some("write `scrape(\"http://127.0.0.1:7301/metrics\", every: 1s)`".to_owned());
            self.report(errors::binding("expected a source".to_owned(), written.span, help));
            return None;
        };
        let kind = match function.text().as_str() {
            "scrape" => SourceKind::Scrape,
            "prometheus" => SourceKind::Prometheus,
            other => {
                self.report(errors::unknown("kind of source", other, function.span, ["scrape", "prometheus"]));
                return None;
            }
        };
        let mut source = empty(kind);
        self.distinct("argument", arguments.list.iter().filter_map(|argument| argument.name.as_ref()));
        let mut urls: Vec<(Url, Span)> = Vec::new();
        for argument in &arguments.list {
            match &argument.name {
                Some(name) => self.source_argument(name, &argument.value, secrets, &mut source),
                None => self.endpoint(&argument.value, &mut urls),
            }
        }
        source.urls = urls.iter().map(|(url, _)| url.to_string()).collect();
        self.endpoints(kind, arguments, written);
        self.access(&source.access, &source.urls, arguments.span);
        Some(source)
    }

    /// What an endpoint counts would count twice if it were read twice.
    fn endpoint(&mut self, written: &Expr, read: &mut Vec<(Url, Span)>) {
        let Some(url) = self.url(written) else { return };
        match read.iter().find(|(first, _)| first.is_same(&url)) {
            Some((_, first)) => self.report(errors::endpoint_twice(&url, written.span, *first)),
            None => read.push((url, written.span)),
        }
    }

    fn source_argument(&mut self, name: &tree::Name, value: &Expr, secrets: Option<&[String]>, source: &mut Source) {
        match name.text.as_str() {
            "every" => source.every = self.interval(value, "every", EVERY).unwrap_or(source.every),
            "scrape" if source.kind == SourceKind::Prometheus => {
                source.scrape = self.interval(value, "scrape", SCRAPE).unwrap_or(source.scrape);
            }
            "token" => source.access.token = self.secret(value, "token", "PROM", secrets),
            "password" => source.access.password = self.secret(value, "password", "PROM", secrets),
            "certificate" => source.access.certificate = self.secret(value, "certificate", "PROM", secrets),
            "key" => source.access.key = self.secret(value, "key", "PROM", secrets),
            "user" => source.access.user = self.user(value),
            "ca" => self.authorities(value, &mut source.access),
            other => {
                let own = (source.kind == SourceKind::Prometheus).then_some("scrape");
                let known = COMMON.iter().copied().chain(own);
                self.report(errors::unknown("argument", other, name.span, known));
            }
        }
    }

    /// A scrape reads any number of endpoints, a Prometheus server is one.
    fn endpoints(&mut self, kind: SourceKind, arguments: &tree::Arguments, written: &Expr) {
        let urls = arguments.list.iter().filter(|argument| argument.name.is_none()).count();
        if urls == 0 {
            let help = Some("name at least one endpoint".to_owned());
            self.report(errors::binding("this source reads nothing".to_owned(), written.span, help));
        }
        if kind == SourceKind::Prometheus && urls > 1 {
            let help = Some("declare a source for each".to_owned());
            self.report(errors::binding("a Prometheus server has one URL".to_owned(), arguments.span, help));
        }
    }

    /// What opens a source must fit together, and a secret does not go over an open line.
    fn access(&mut self, access: &Access, urls: &[String], at: Span) {
        let mut wrong = |headline: &str, help: &str| {
            self.report(errors::binding(headline.to_owned(), at, Some(help.to_owned())));
        };
        if access.token.is_some() && access.user.is_some() {
            wrong("a source has either a token or a user", "keep one of them");
        }
        if access.user.is_some() != access.password.is_some() {
            wrong("a user and a password go together", "write `user: \"chaos\", password: secret(\"PROM_PASSWORD\")`");
        }
        if access.certificate.is_some() != access.key.is_some() {
            let help = "write `certificate: secret(\"CLIENT_CERTIFICATE\"), key: secret(\"CLIENT_KEY\")`";
            wrong("a certificate and its key go together", help);
        }
        let plain = urls.iter().any(|url| url.starts_with("http://"));
        if plain && (access.ca.is_some() || access.certificate.is_some()) {
            wrong("certificates are for `https`", "write the endpoint's URL with `https://`, or leave them out");
        }
    }

    fn user(&mut self, written: &Expr) -> Option<String> {
        let user = self.typing(Context::default()).text(written)?;
        if user.is_empty() || user.chars().any(|c| c == ':' || c.is_control()) {
            let headline = "this is no user's name".to_owned();
            let help = Some("a name holds no colon, and is not empty".to_owned());
            self.report(errors::binding(headline, written.span, help));
            return None;
        }
        Some(user)
    }

    /// A file of certificates, relative to the file that names it.
    fn authorities(&mut self, written: &Expr, access: &mut Access) {
        let Some(file) = self.named_file(written, "ca: \"ca.pem\"") else { return };
        access.folder = self.folder_of(written);
        access.ca = Some(file);
    }

    /// `secret("PROM_TOKEN")`, `secret(file: "prom.token")`, `secret(command: "vault read …")`; `of` begins an example's name.
    pub(super) fn secret(
        &mut self,
        written: &Expr,
        what: &str,
        of: &str,
        secrets: Option<&[String]>,
    ) -> Option<SecretRef> {
        let ExprKind::Call(function, arguments) = &written.kind else {
            let example = format!("{what}: secret(\"{of}_{}\")", what.to_uppercase());
            let help = Some(format!("write `{example}`, so that it does not stand in the file"));
            self.report(errors::binding(format!("a {what} is a secret"), written.span, help));
            return None;
        };
        if function.text() != "secret" {
            self.report(errors::unknown("function", &function.text(), function.span, ["secret"]));
            return None;
        }
        let [argument] = arguments.list.as_slice() else {
            let help = Some("write `secret(\"PROM_TOKEN\")`, `secret(file: …)` or `secret(command: …)`".to_owned());
            let headline = "`secret` takes one name, file or command".to_owned();
            self.report(errors::argument(headline, arguments.span, "", help));
            return None;
        };
        match argument.name.as_ref().map(|name| (name.text.as_str(), name.span)) {
            None => self.secret_variable(&argument.value, secrets),
            Some(("file", _)) => self.secret_file(&argument.value),
            Some(("command", _)) => self.secret_command(&argument.value),
            Some((other, at)) => {
                self.report(errors::unknown("argument", other, at, ["file", "command"]));
                None
            }
        }
    }

    fn secret_variable(&mut self, written: &Expr, secrets: Option<&[String]>) -> Option<SecretRef> {
        let name = self.secret_name(written)?;
        if let Some(known) = secrets.filter(|known| !known.contains(&name)) {
            let known = known.iter().map(String::as_str);
            self.report(errors::unknown_text("secret", &name, written.span, known));
            return None;
        }
        Some(SecretRef::Variable(name))
    }

    fn secret_file(&mut self, written: &Expr) -> Option<SecretRef> {
        let file = self.named_file(written, "secret(file: \"prom.token\")")?;
        Some(SecretRef::File { file, folder: self.folder_of(written) })
    }

    fn secret_command(&mut self, written: &Expr) -> Option<SecretRef> {
        let command = self.typing(Context::default()).text(written)?;
        if let Err(headline) = crate::types::probe::command(&command) {
            let help = "write a program and its arguments; it is started without a shell".to_owned();
            self.report(errors::binding(headline, written.span, Some(help)));
            return None;
        }
        Some(SecretRef::Command { command })
    }

    /// The path of a file, as it is written.
    fn named_file(&mut self, written: &Expr, example: &str) -> Option<String> {
        let file = self.typing(Context::default()).text(written)?;
        if file.trim().is_empty() {
            let help = Some(format!("write `{example}`"));
            self.report(errors::binding("this is no file".to_owned(), written.span, help));
            return None;
        }
        Some(file)
    }

    /// The folder of the file in which something is written.
    fn folder_of(&self, written: &Expr) -> PathBuf {
        let own = self.program.sources.get(written.span.source).and_then(|source| source.path.parent());
        own.map(Path::to_path_buf).unwrap_or_default()
    }

    /// A time between two reads, in seconds.
    pub(super) fn interval(&mut self, written: &Expr, what: &str, (least, most): (f64, f64)) -> Option<f64> {
        let range = Interval::new(least, most);
        let seconds = self.typing(Context::default()).constant(written, &Type::Duration, what)?;
        if !Interval::point(seconds).within(range) {
            self.report(errors::outside(Interval::point(seconds), written.span, range, &Type::Duration, None));
            return None;
        }
        Some(seconds)
    }
}

fn empty(kind: SourceKind) -> Source {
    let (every, scrape) = match kind {
        SourceKind::Prometheus => (DEFAULT_QUERY_EVERY, DEFAULT_SCRAPE),
        SourceKind::Scrape | SourceKind::Probe => (DEFAULT_EVERY, 0.0),
    };
    Source { kind, urls: Vec::new(), every, scrape, access: Access::default() }
}
