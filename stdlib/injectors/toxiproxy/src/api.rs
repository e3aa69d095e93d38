//! The HTTP API of a Toxiproxy of line 2, and of what speaks it.

use crate::bindings::chaos::injector::http::{self, Request, Response};
use crate::bindings::chaos::injector::types::{Error, ErrorCode};
use crate::toxic::Toxic;
use serde::{Deserialize, Serialize};
use serde_json::{json, Value};

/// Its origin, such as `http://127.0.0.1:8474`.
#[derive(Serialize, Deserialize)]
pub struct Server(pub String);

/// A proxy, as the server tells of it.
#[derive(Deserialize)]
pub struct Proxy {
    pub name: String,
    listen: String,
    upstream: String,
    pub enabled: bool,
    #[serde(default)]
    pub toxics: Vec<Listed>,
}

/// A toxic that a proxy has.
#[derive(Deserialize)]
pub struct Listed {
    name: String,
    #[serde(rename = "type")]
    kind: String,
    /// noxious, which speaks this API too, calls it the direction.
    #[serde(alias = "direction")]
    stream: String,
    toxicity: f64,
    attributes: Value,
}

impl Listed {
    pub fn is_called(&self, name: &str) -> bool {
        self.name == name
    }

    /// Whether it is this toxic. Servers keep the toxicity with the precision of a `float`.
    pub fn is(&self, toxic: &Toxic) -> bool {
        let same = |(name, value): (&String, &u64)| self.attributes[name].as_u64() == Some(*value);
        self.kind == toxic.kind
            && self.stream == toxic.stream
            && (self.toxicity - toxic.toxicity).abs() < 1e-6
            && toxic.attributes.iter().all(same)
    }
}

impl Server {
    /// A proxy by its name, if there is one.
    pub fn proxy(&self, name: &str) -> Result<Option<Proxy>, Error> {
        let answer = self.ask("GET", &proxy_path(name), None)?;
        match answer.status {
            404 => Ok(None),
            200 => serde_json::from_slice(&answer.body).map(Some).map_err(|error| self.strange(&error.to_string())),
            _ => Err(self.refused(&answer)),
        }
    }

    /// Takes a proxy down, or puts it up again. The whole proxy is sent: a server may take what is left out for changed.
    pub fn enable(&self, proxy: &Proxy, enabled: bool) -> Result<(), Error> {
        let Proxy { name, listen, upstream, .. } = proxy;
        let whole = json!({ "name": name, "listen": listen, "upstream": upstream, "enabled": enabled });
        let answer = self.ask("PATCH", &proxy_path(name), Some(&whole))?;
        // Before 2.6 it is a POST.
        let answer = match answer.status {
            404 | 405 | 501 => self.ask("POST", &proxy_path(name), Some(&whole))?,
            _ => answer,
        };
        if answer.status == 200 { Ok(()) } else { Err(self.refused(&answer)) }
    }

    /// Adds a toxic; that it is there already, since it was added before, is success.
    pub fn add(&self, proxy: &str, name: &str, toxic: &Toxic) -> Result<(), Error> {
        let Toxic { kind, stream, toxicity, attributes } = toxic;
        let named = json!({
            "name": name, "type": kind, "stream": stream, "toxicity": toxicity, "attributes": attributes
        });
        let answer = self.ask("POST", &format!("{}/toxics", proxy_path(proxy)), Some(&named))?;
        match answer.status {
            200 | 201 | 409 => Ok(()),
            400 if kind == "reset_peer" => {
                let error = self.refused(&answer);
                Err(Error { message: format!("{}; `reset_peer` came with Toxiproxy 2.2", error.message), ..error })
            }
            _ => Err(self.refused(&answer)),
        }
    }

    /// Takes a toxic away; that it, or its proxy, is gone already is success.
    pub fn remove(&self, proxy: &str, name: &str) -> Result<(), Error> {
        let answer = self.ask("DELETE", &format!("{}/toxics/{}", proxy_path(proxy), escaped(name)), None)?;
        match answer.status {
            200 | 204 | 404 => Ok(()),
            _ => Err(self.refused(&answer)),
        }
    }

    fn ask(&self, method: &str, path: &str, body: Option<&Value>) -> Result<Response, Error> {
        // Toxiproxy refuses browsers by this header, and nobody who names himself otherwise.
        let mut headers = vec![("user-agent".to_owned(), "chaos".to_owned())];
        headers.extend(body.map(|_| ("content-type".to_owned(), "application/json".to_owned())));
        http::send(&Request {
            method: method.to_owned(),
            url: format!("{}{path}", self.0),
            headers,
            body: body.map(|body| body.to_string().into_bytes()),
            timeout: None,
        })
    }

    /// In its own words: `error`, or `title` before 2.1.
    fn refused(&self, answer: &Response) -> Error {
        let told: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        let why = told["error"].as_str().or_else(|| told["title"].as_str()).unwrap_or("no reason was given");
        let message = format!("the Toxiproxy at {} answered {}: {why}", self.0, answer.status);
        let code = if answer.status == 404 { ErrorCode::UnsupportedTarget } else { ErrorCode::Other("refused".into()) };
        Error { code, message, retryable: answer.status >= 500 }
    }

    fn strange(&self, why: &str) -> Error {
        let message = format!("what is at {} does not answer as a Toxiproxy does: {why}", self.0);
        Error { code: ErrorCode::UnsupportedTarget, message, retryable: false }
    }
}

fn proxy_path(name: &str) -> String {
    format!("/proxies/{}", escaped(name))
}

/// A name as one segment of a path.
fn escaped(name: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    name.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}
