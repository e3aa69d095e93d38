//! What the words in braces of `conformance.toml` stand for.

use regex::{Captures, Regex};
use std::collections::BTreeMap;
use std::net::TcpListener;
use std::path::PathBuf;

/// Where a component is tried.
#[derive(Clone, Debug)]
pub struct Places {
    /// A new folder of this trial.
    pub dir: PathBuf,
    /// The folder of `conformance.toml`.
    pub here: PathBuf,
    /// `host:port` of a target that runs already; none: a free port of this machine.
    pub target: Option<String>,
}

impl Places {
    /// The text with all that its words in braces stand for: `{dir}`, `{here}`, `{address}`, `{port}`, `{port:admin}`.
    ///
    /// # Errors
    /// There is no free port.
    pub fn fill(&self, text: &str) -> Result<String, String> {
        let words =
            Regex::new(r"\{(dir|here|address|port(?::[a-z][a-z0-9_]*)?)\}").map_err(|error| error.to_string())?;
        let mut ports: BTreeMap<String, u16> = BTreeMap::new();
        for found in words.captures_iter(text).filter_map(|found| found.get(1)) {
            let wanted = if found.as_str() == "address" { "port" } else { found.as_str() };
            if wanted.starts_with("port") && !ports.contains_key(wanted) {
                ports.insert(wanted.to_owned(), free_port()?);
            }
        }
        let own = ports.get("port").map_or_else(String::new, |port| format!("127.0.0.1:{port}"));
        let address = self.target.clone().unwrap_or(own);
        let stands_for = |word: &str| match word {
            "dir" => self.dir.display().to_string(),
            "here" => self.here.display().to_string(),
            "address" => address.clone(),
            "port" => address.rsplit_once(':').map_or_else(String::new, |(_, port)| port.to_owned()),
            named => ports.get(named).map_or_else(String::new, u16::to_string),
        };
        Ok(words.replace_all(text, |found: &Captures| stands_for(&found[1])).into_owned())
    }
}

fn free_port() -> Result<u16, String> {
    let free = TcpListener::bind(("127.0.0.1", 0)).and_then(|listener| listener.local_addr());
    free.map(|address| address.port()).map_err(|error| format!("there is no free port: {error}"))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::Places;

    fn filled(target: Option<&str>, text: &str) -> String {
        let places = Places { dir: "/d".into(), here: "/h".into(), target: target.map(str::to_owned) };
        places.fill(text).unwrap()
    }

    #[test]
    fn words_in_braces_stand_for_places() {
        assert_eq!(filled(None, "{dir}/a {here}/b {other} { x }"), "/d/a /h/b {other} { x }");
        assert_eq!(filled(Some("shop:80"), "{address} {port}"), "shop:80 80");
        let text = filled(None, "{address} {port} {port:admin} {port:admin}");
        let ports: Vec<&str> = text.split(' ').collect();
        assert_eq!(ports[0], format!("127.0.0.1:{}", ports[1]));
        assert_eq!(ports[2], ports[3]);
        assert_ne!(ports[1], ports[2]);
    }
}
