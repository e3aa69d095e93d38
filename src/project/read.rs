//! From the text of a `chaos.toml` to a [`Project`].

use super::{EVERY_RULE, Level, Plugin, PluginSource, Project, errors, is_module_name};
use crate::base::{SourceId, Span};
use crate::diagnostics::{Diagnostic, lints};
use ignore::gitignore::{Gitignore, GitignoreBuilder};
use std::ops::Range;
use std::path::Path;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// What may stand at the top.
const KEYS: &[&str] = &["check", "exclude", "format", "lint", "plugins", "policy", "stop", "store"];

pub(super) fn read(folder: &Path, source: SourceId, text: &str) -> (Project, Vec<Diagnostic>) {
    let mut reader = Reader { source, project: Project::empty(folder), findings: Vec::new() };
    // TOML does not know a byte order mark in the middle; at the start it is blanked, so that places stay what they are.
    let text = text.strip_prefix('\u{FEFF}').map_or_else(|| text.to_owned(), |rest| format!("   {rest}"));
    let (table, errors) = DeTable::parse_recoverable(&text);
    for error in &errors {
        let at = reader.span(error.span().unwrap_or(text.len()..text.len()));
        reader.findings.push(errors::not_toml(error.message(), at));
    }
    // A damaged text is read as far as it goes; what it seems to say of keys that there are not would mislead.
    let damaged = !errors.is_empty();
    reader.file(table.get_ref());
    if damaged {
        reader.findings.truncate(errors.len());
        reader.project.unclear = true;
    }
    (reader.project, reader.findings)
}

type Entry<'t, 'i> = (&'t Spanned<std::borrow::Cow<'i, str>>, &'t Spanned<DeValue<'i>>);

struct Reader {
    source: SourceId,
    project: Project,
    findings: Vec<Diagnostic>,
}

impl Reader {
    fn span(&self, range: Range<usize>) -> Span {
        Span::new(self.source, range.start, range.end)
    }

    fn file(&mut self, table: &DeTable) {
        for (key, value) in table {
            match key.get_ref().as_ref() {
                "exclude" => self.exclude(value),
                "check" => self.section("check", value, |reader, entry| reader.check(entry)),
                "lint" => self.section("lint", value, |reader, entry| reader.lint(entry)),
                "plugins" => self.section("plugins", value, |reader, entry| reader.plugin(entry)),
                "policy" => self.section("policy", value, |reader, entry| reader.policy(entry)),
                "stop" => self.section("stop", value, |reader, entry| reader.stop(entry)),
                "store" => self.store(value),
                "format" => self.section("format", value, |reader, entry| reader.unknown("format", entry, &[])),
                other => self.findings.push(errors::unknown_key(other, self.span(key.span()), "", KEYS)),
            }
        }
    }

    fn section(&mut self, name: &str, value: &Spanned<DeValue>, each: impl Fn(&mut Self, Entry)) {
        match value.get_ref() {
            DeValue::Table(table) => table.iter().for_each(|entry| each(self, entry)),
            _ => {
                self.project.unclear |= name == "stop";
                self.wrong(name, "a table", value, &format!("[{name}]"));
            }
        }
    }

    fn check(&mut self, entry: Entry) {
        let (key, value) = entry;
        match (key.get_ref().as_ref(), value.get_ref()) {
            ("environment", DeValue::String(name)) if is_name(name) => {
                self.project.environment = Some((name.to_string(), self.span(value.span())));
            }
            ("environment", _) => {
                self.wrong("environment", "an environment's name", value, "environment = \"local\"");
            }
            _ => self.unknown("check", entry, &["environment"]),
        }
    }

    fn policy(&mut self, entry: Entry) {
        let (key, value) = entry;
        const EXAMPLE: &str = "use = [\"policies/production.chaos\"]";
        match (key.get_ref().as_ref(), value.get_ref()) {
            ("use", DeValue::Array(places)) => {
                for place in places {
                    match place.get_ref() {
                        DeValue::String(text) if !text.trim().is_empty() => {
                            self.project.policies.push((text.to_string(), self.span(place.span())));
                        }
                        _ => self.wrong("use", "a file or a module", place, EXAMPLE),
                    }
                }
            }
            ("use", _) => self.wrong("use", "a list of files and modules", value, EXAMPLE),
            _ => self.unknown("policy", entry, &["use"]),
        }
    }

    fn plugin(&mut self, (key, value): Entry) {
        let name = key.get_ref().as_ref();
        let at = self.span(key.span());
        if let Err(why) = is_module_name(name) {
            return self.findings.push(errors::no_plugin_name(name, &why, at));
        }
        if let DeValue::Table(_) = value.get_ref() {
            return self.findings.push(errors::nested_plugin(name, at));
        }
        let source = match value.get_ref() {
            DeValue::String(text) => PluginSource::parse(text),
            _ => None,
        };
        let Some(source) = source else {
            const EXAMPLE: &str = "kafka = \"oci://registry.example.com/chaos/kafka:1.2\"";
            return self.wrong(name, "a path, a URL or a name in a registry", value, EXAMPLE);
        };
        let last = |name: &str| name.rsplit('.').next().unwrap_or_default().to_owned();
        if let Some(other) = self.project.plugins.iter().find(|other| last(&other.name) == last(name)) {
            return self.findings.push(errors::plugins_called_alike(name, at, &other.name, other.span));
        }
        self.project.plugins.push(Plugin { name: name.to_owned(), source, span: at });
    }

    /// The store's folder, from the file's own on.
    fn store(&mut self, value: &Spanned<DeValue>) {
        match value.get_ref() {
            DeValue::String(text) if is_folder(text) => self.project.store = Some(self.project.folder.join(&**text)),
            DeValue::String(text) if text.starts_with('~') => {
                self.project.unclear = true;
                self.findings.push(errors::no_home(self.span(value.span())));
            }
            _ => {
                self.project.unclear = true;
                self.wrong("store", "a folder", value, "store = \".chaos-store\"");
            }
        }
    }

    fn stop(&mut self, entry: Entry) {
        let (key, value) = entry;
        match (key.get_ref().as_ref(), value.get_ref()) {
            ("url", DeValue::String(text)) if is_url(text) => self.project.stop_url = Some(text.to_string()),
            ("url", _) => {
                self.project.unclear = true;
                self.wrong("url", "a URL without a user", value, "url = \"https://ops.example.com/chaos/stop\"");
            }
            _ => {
                self.project.unclear = true;
                self.unknown("stop", entry, &["url"]);
            }
        }
    }

    fn lint(&mut self, (key, value): Entry) {
        let rule = key.get_ref().as_ref();
        if rule != EVERY_RULE && lints::find(rule).is_none() {
            let known: Vec<&str> = lints::ALL.iter().map(|rule| rule.name).chain([EVERY_RULE]).collect();
            self.findings.push(errors::unknown_rule(rule, self.span(key.span()), &known));
            return;
        }
        let DeValue::String(word) = value.get_ref() else {
            return self.wrong(rule, "`allow`, `warn` or `deny`", value, &format!("{rule} = \"deny\""));
        };
        match Level::named(word) {
            Some(level) => drop(self.project.levels.insert(rule.to_owned(), level)),
            None => self.findings.push(errors::unknown_level(rule, word, self.span(value.span()))),
        }
    }

    fn exclude(&mut self, value: &Spanned<DeValue>) {
        let DeValue::Array(patterns) = value.get_ref() else {
            return self.wrong("exclude", "a list of patterns", value, "exclude = [\"vendor/\"]");
        };
        let mut builder = GitignoreBuilder::new("");
        builder.allow_unclosed_class(false);
        for pattern in patterns {
            let DeValue::String(text) = pattern.get_ref() else {
                self.wrong("exclude", "a pattern", pattern, "exclude = [\"vendor/\"]");
                continue;
            };
            if let Err(error) = builder.add_line(None, text) {
                let at = self.span(pattern.span());
                self.findings.push(errors::no_glob(&reason(error), at));
            }
        }
        self.project.exclude = builder.build().unwrap_or_else(|_| Gitignore::empty());
    }

    fn unknown(&mut self, table: &str, (key, _): Entry, known: &[&str]) {
        self.findings.push(errors::unknown_key(key.get_ref(), self.span(key.span()), table, known));
    }

    fn wrong(&mut self, key: &str, wanted: &str, value: &Spanned<DeValue>, example: &str) {
        let found = kind(value.get_ref());
        self.findings.push(errors::wrong_value(key, wanted, found, self.span(value.span()), example));
    }
}

/// Whether a text can be a name of the language.
fn is_name(text: &str) -> bool {
    let mut letters = text.chars();
    letters.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && letters.all(|letter| letter.is_ascii_alphanumeric() || "_-".contains(letter))
}

fn is_folder(text: &str) -> bool {
    !text.trim().is_empty() && !text.starts_with('~') && !text.chars().any(char::is_control)
}

/// Whether a text can be an address of the web. One with a user would hold a password, which belongs in no file.
fn is_url(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let host = rest.map(|rest| rest.split(['/', '?', '#']).next().unwrap_or_default());
    host.is_some_and(|host| !host.is_empty() && !host.contains('@'))
        && !text.chars().any(|letter| letter.is_whitespace() || letter.is_control())
}

/// A value's kind, in words.
fn kind(value: &DeValue) -> &'static str {
    match value {
        DeValue::String(text) if text.is_empty() => "an empty text",
        DeValue::String(_) => "a text",
        DeValue::Integer(_) | DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "a truth value",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

/// Why a pattern is none, without the pattern itself.
fn reason(error: ignore::Error) -> String {
    match error {
        ignore::Error::Glob { err, .. } => err,
        other => other.to_string(),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use crate::base::SourceId;
    use crate::project::{Level, Project};
    use std::path::Path;

    fn read(text: &str) -> (Project, Vec<String>) {
        let (project, findings) = Project::read(Path::new("p"), SourceId(0), text);
        let shown = findings.iter().map(|finding| {
            let place = finding.place().unwrap();
            format!("{} | {}", place.of(text), finding.headline)
        });
        (project, shown.collect())
    }

    #[test]
    fn a_whole_file_is_read() {
        let text = "exclude = [\"vendor/\", \"*_old.chaos\"]\n[check]\nenvironment = \"staging\"\n\
                    [lint]\nno-abort = \"deny\"\nall = \"allow\"\n[format]\n\
                    [policy]\nuse = [\"a.chaos\", \"std.policy.production\"]\n";
        let (project, wrong) = read(text);
        assert_eq!(wrong, [""; 0]);
        assert_eq!(project.environment_name().as_deref(), Some("staging"));
        assert_eq!(project.levels.get("no-abort"), Some(&Level::Deny));
        assert_eq!(project.levels.get("all"), Some(&Level::Allow));
        let policies: Vec<&str> = project.policies.iter().map(|(place, _)| place.as_str()).collect();
        assert_eq!(policies, ["a.chaos", "std.policy.production"]);
    }

    #[test]
    fn patterns_are_those_of_gitignore() {
        let (project, _) = read("exclude = [\"vendor/\", \"*_old.chaos\", \"/drafts/*.chaos\"]");
        let excluded = |path: &str| project.excludes(Path::new(path));
        assert!(excluded("p/vendor/a.chaos") && excluded("p/deep/vendor/b/a.chaos") && excluded("p/x/a_old.chaos"));
        assert!(excluded("p/drafts/a.chaos") && !excluded("p/deep/drafts/a.chaos"));
        assert!(!excluded("p/a.chaos") && !excluded("other/vendor/a.chaos"));
        assert!(project.prunes(Path::new("p/vendor"), true) && !project.prunes(Path::new("p/vendor"), false));
    }

    #[test]
    fn what_is_wrong_is_named_with_its_place() {
        let (project, wrong) = read("exlude = []\nexclude = [1, \"a[\", \"b/\"]\ncheck = 3\n");
        assert_eq!(
            wrong,
            [
                "3 | expected a table for `check`, found a number",
                "1 | expected a pattern for `exclude`, found a number",
                "\"a[\" | this pattern cannot be read: unclosed character class; missing ']'",
                "exlude | unknown key `exlude`",
            ]
        );
        assert!(project.prunes(Path::new("p/b"), true), "the rest holds");
        let (_, wrong) = read(
            "[check]\nenvironment = \"\"\nenv = \"x\"\n[lint]\nno-abotr = \"deny\"\nno-abort = \"dney\"\nno-recovery = true\n[format]\nwidth = 3",
        );
        assert_eq!(
            wrong,
            [
                "env | unknown key `env` in `[check]`",
                "\"\" | expected an environment's name for `environment`, found an empty text",
                "width | unknown key `width` in `[format]`",
                "\"dney\" | expected `allow`, `warn` or `deny` for `no-abort`, found `dney`",
                "no-abotr | unknown rule `no-abotr`",
                "true | expected `allow`, `warn` or `deny` for `no-recovery`, found a truth value",
            ]
        );
    }

    #[test]
    fn places_of_policies_are_texts_in_a_list() {
        let (project, wrong) = read("[policy]\nuse = [1, \"a.chaos\", \"\"]\nused = []\n");
        assert_eq!(project.policies.len(), 1);
        assert_eq!(
            wrong,
            [
                "1 | expected a file or a module for `use`, found a number",
                "\"\" | expected a file or a module for `use`, found an empty text",
                "used | unknown key `used` in `[policy]`",
            ]
        );
        let (_, wrong) = read("[policy]\nuse = \"a.chaos\"\n");
        assert_eq!(wrong, ["\"a.chaos\" | expected a list of files and modules for `use`, found a text"]);
    }

    #[test]
    fn the_store_and_what_stops_runs_are_told() {
        let (project, wrong) =
            read("store = \"state/runs\"\n[stop]\nurl = \"https://ops.example.com/stop?of=chaos\"\n");
        assert_eq!(wrong, [""; 0]);
        assert_eq!(project.store.as_deref(), Some(Path::new("p/state/runs")));
        assert_eq!(project.stop_url.as_deref(), Some("https://ops.example.com/stop?of=chaos"));
        assert!(!project.unclear);
        let absolute = read("store = \"/var/lib/chaos\"").0;
        assert_eq!(absolute.store.as_deref(), Some(Path::new("/var/lib/chaos")));
        for (text, told) in [
            ("store = \"\"", "\"\" | expected a folder for `store`, found an empty text"),
            ("store = 3", "3 | expected a folder for `store`, found a number"),
            ("store = \"~/runs\"", "\"~/runs\" | `~` is not a home folder here"),
            ("stop = 3", "3 | expected a table for `stop`, found a number"),
            ("[stop]\nurl = \"ops/stop\"", "\"ops/stop\" | expected a URL without a user for `url`, found a text"),
            (
                "[stop]\nurl = \"https://me:pw@ops/stop\"",
                "\"https://me:pw@ops/stop\" | expected a URL without a user for `url`, found a text",
            ),
            ("[stop]\nurls = \"https://ops/stop\"", "urls | unknown key `urls` in `[stop]`"),
        ] {
            let (project, wrong) = read(text);
            assert_eq!(wrong, [told]);
            assert!(project.unclear && project.store.is_none() && project.stop_url.is_none(), "{text}");
        }
        assert!(read("store = \"runs").0.unclear, "nobody knows what a damaged file says");
        assert!(!read("exlude = []").0.unclear);
    }

    #[test]
    fn no_text_panics() {
        for text in
            ["", "\u{FEFF}exclude = []", "[", "exclude = [", "a = \"\\u{}\"", "[[lint]]", "\u{0}", &"[".repeat(5_000)]
        {
            read(text);
        }
        let (_, wrong) = read("exclude = [\nx");
        assert!(wrong.iter().all(|wrong| wrong.contains("this is no TOML")) && !wrong.is_empty(), "{wrong:?}");
        assert_eq!(read("\u{FEFF}exclude = []").1, [""; 0]);
    }
}
