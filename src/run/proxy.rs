//! Fault proxies: whether one stands, the token with which it is commanded, and starting one.

use super::error::RunError;
use super::intent::{ClaimIntent, ProcessIntent, ProxyIntent};
use super::keys::Keys;
use super::process;
use crate::diagnostics::codes;
use crate::plan::Proxy;
use serde::Deserialize;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// The variable that holds the token of proxies that somebody else started.
pub const TOKEN_VARIABLE: &str = "CHAOS_PROXY_TOKEN";

#[derive(Deserialize)]
struct Health {
    name: String,
    listen: String,
    upstreams: Vec<String>,
}

/// Where the token of the proxy with this admin address lies, for its owner only.
pub fn token_file(store: &Path, admin: &str) -> PathBuf {
    store
        .join("proxies")
        .join(format!("{}.token", admin.replace(|c: char| !c.is_ascii_alphanumeric() && c != '.', "_")))
}

/// A fresh token.
///
/// # Errors
/// The system gives no randomness.
pub fn new_token() -> Result<String, String> {
    let mut bytes = [0_u8; 24];
    getrandom::fill(&mut bytes).map_err(|error| error.to_string())?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// The token for a proxy: from its file, else that of proxies that somebody else has started.
pub fn token(store: &Path, admin: &str, keys: &Keys) -> Option<String> {
    let file = std::fs::read_to_string(token_file(store, admin)).ok();
    let found = file.or_else(|| keys.shared().map(str::to_owned));
    found.map(|token| token.trim().to_owned()).filter(|token| !token.is_empty())
}

/// What an intent to start a proxy says.
pub fn intent(proxy: &Proxy, store: &Path, log: PathBuf, marker: String) -> ProxyIntent {
    let token_file = token_file(store, &proxy.admin).display().to_string();
    let fixed = ["chaos", "proxy", "--listen", &proxy.listen, "--admin", &proxy.admin, "--token-file", &token_file];
    let upstreams = proxy.upstreams.iter().flat_map(|upstream| ["--upstream", upstream]);
    let process = ProcessIntent {
        name: format!("proxy of {}", proxy.service),
        service: proxy.service.clone(),
        calls: Vec::new(),
        command: fixed.into_iter().chain(upstreams).map(str::to_owned).collect(),
        address: Some(proxy.listen.clone()),
        log,
        marker,
        identity: None,
    };
    ProxyIntent { proxy: proxy.clone(), process }
}

/// Whether the right proxy stands at its addresses and takes our token. `Ok(false)`: nobody is there.
///
/// # Errors
/// Somebody else is there, or it passes on to another place, or it does not take our token.
pub async fn stands(
    client: &reqwest::Client,
    proxy: &Proxy,
    token: impl FnOnce() -> Result<Option<String>, RunError>,
) -> Result<bool, RunError> {
    if !process::answers(&proxy.admin).await {
        return nobody(proxy).await;
    }
    let health = health(client, proxy).await.ok_or_else(|| {
        not_ours(proxy, format!("what answers at {} is no fault proxy", proxy.admin))
            .help("another program uses this port: write `admin \"127.0.0.1:…\"` with a free one")
    })?;
    if health.upstreams != proxy.upstreams || !same_port(&health.listen, &proxy.listen) {
        let there = health.upstreams.join(", ");
        let there = format!("the proxy at {} passes {} on to {there}", proxy.admin, health.listen);
        let wanted = format!("not {} to {}", proxy.listen, proxy.upstreams.join(", "));
        return Err(not_ours(proxy, format!("{there}, {wanted}")).help("stop it, or mend the environment"));
    }
    commands(client, proxy, token()?).await.map(|()| true)
}

/// Nobody is at the admin address. A proxy elsewhere cannot be started from here; a taken port neither.
async fn nobody(proxy: &Proxy) -> Result<bool, RunError> {
    if !process::is_local(&proxy.listen) || !process::is_local(&proxy.admin) {
        let message = format!("no fault proxy answers at {}", proxy.admin);
        return Err(not_ours(proxy, message).help("start it there: `chaos proxy --listen … --upstream … --admin …`"));
    }
    if proxy.token.is_some() {
        let message = format!(
            "no fault proxy answers at {}, and one with a token of its own is not started by a run",
            proxy.admin
        );
        return Err(
            not_ours(proxy, message).help(format!("start it with that token in {TOKEN_VARIABLE}: `chaos proxy …`"))
        );
    }
    if process::answers(&proxy.listen).await {
        let message = format!("the proxy of `{}` cannot be started: {} is already in use", proxy.service, proxy.listen);
        return Err(RunError::new(codes::E0707, message).help("stop what listens there, or choose another port"));
    }
    Ok(false)
}

fn not_ours(proxy: &Proxy, message: String) -> RunError {
    RunError::new(codes::E0709, format!("`{}`: {message}", proxy.service))
}

/// Ports are what matters: a proxy may listen on all addresses and be called by a name.
fn same_port(a: &str, b: &str) -> bool {
    a.rsplit_once(':').map(|(_, port)| port) == b.rsplit_once(':').map(|(_, port)| port)
}

async fn health(client: &reqwest::Client, proxy: &Proxy) -> Option<Health> {
    let url = format!("http://{}/v1/health", proxy.admin);
    let response = client.get(url).timeout(Duration::from_secs(2)).send().await.ok()?;
    let health: Health = response.json().await.ok()?;
    (health.name == "chaos-proxy").then_some(health)
}

async fn commands(client: &reqwest::Client, proxy: &Proxy, token: Option<String>) -> Result<(), RunError> {
    let url = format!("http://{}/v1/faults", proxy.admin);
    let mut request = client.get(url).timeout(Duration::from_secs(2));
    if let Some(token) = token {
        request = request.bearer_auth(token);
    }
    let status = request.send().await.map(|response| response.status().as_u16());
    match status {
        Ok(200) => Ok(()),
        Ok(401 | 403) => Err(not_ours(proxy, format!("the proxy at {} does not take our token", proxy.admin)).help(
            match &proxy.token {
                Some(of) => format!("see that {of} is the token it was started with"),
                None => format!("set {TOKEN_VARIABLE} to the token it was started with"),
            },
        )),
        Ok(other) => Err(not_ours(proxy, format!("the proxy at {} answered {other}", proxy.admin))),
        Err(error) => Err(not_ours(proxy, format!("the proxy at {} does not answer: {error}", proxy.admin))),
    }
}

/// A command may take this long.
const COMMAND_TIMEOUT: Duration = Duration::from_secs(5);

fn command(
    client: &reqwest::Client,
    method: reqwest::Method,
    (admin, path): (&str, &str),
    token: Option<String>,
) -> reqwest::RequestBuilder {
    let request = client.request(method, format!("http://{admin}{path}")).timeout(COMMAND_TIMEOUT);
    match token {
        Some(token) => request.bearer_auth(token),
        None => request,
    }
}

fn place(claim: &ClaimIntent) -> String {
    format!("/v1/claims/{}", claim.run)
}

/// Enters a claim at its proxy, or renews it.
///
/// # Errors
/// All faults are stopped there, others claim too much, or the proxy does not answer.
pub async fn stake(
    client: &reqwest::Client,
    claim: &ClaimIntent,
    token: Option<String>,
    lease: Duration,
) -> Result<(), RunError> {
    let spec = serde_json::json!({
        "experiment": claim.experiment.chars().take(50).collect::<String>(),
        "share": claim.share,
        "most": claim.most,
        "faults": claim.faults.0,
        "most_faults": claim.faults.1,
        "lease_ms": u64::try_from(lease.as_millis()).unwrap_or(u64::MAX),
    });
    let sent =
        command(client, reqwest::Method::PUT, (&claim.proxy.admin, &place(claim)), token).json(&spec).send().await;
    let unreached = |error: reqwest::Error| RunError {
        retryable: true,
        unreachable: true,
        ..not_ours(&claim.proxy, format!("the proxy at {} does not answer: {error}", claim.proxy.admin))
    };
    let answer = sent.map_err(unreached)?;
    let status = answer.status();
    if status.is_success() {
        return Ok(());
    }
    let body: Option<Refusal> = answer.json().await.ok();
    Err(refused(&claim.proxy, status.as_u16(), body))
}

/// How a proxy says no.
#[derive(Deserialize)]
struct Refusal {
    error: String,
    code: String,
}

fn refused(proxy: &Proxy, status: u16, body: Option<Refusal>) -> RunError {
    let (code, said) = body.map_or((String::new(), format!("it answered {status}")), |body| (body.code, body.error));
    let message = format!("the proxy of `{}` at {} says: {said}", proxy.service, proxy.admin);
    match code.as_str() {
        "claimed" => RunError::new(codes::E0817, message).help(super::error::TOO_MUCH),
        "stopped" => RunError::new(codes::E0809, message)
            .help(format!("once it is over: `chaos stop --proxy {} --release`", proxy.admin)),
        _ => RunError::new(codes::E0709, message).help("is it of this version of chaos?"),
    }
}

/// Ends a claim. One that cannot be ended ends by itself.
pub async fn release(client: &reqwest::Client, claim: &ClaimIntent, token: Option<String>) -> String {
    match command(client, reqwest::Method::DELETE, (&claim.proxy.admin, &place(claim)), token).send().await {
        Ok(answer) if answer.status().is_success() => String::new(),
        _ => "the proxy does not take it; it ends when its lease runs out".to_owned(),
    }
}

/// Stops all faults at a proxy, and lets none begin there until it is released: `why` is nothing for a release.
///
/// # Errors
/// It does not answer, or does not take our token.
pub async fn stop_at(store: &Path, admin: &str, why: Option<&str>) -> Result<(), RunError> {
    let failed = |reason: String| RunError::new(codes::E0709, format!("the proxy at {admin} {reason}"));
    let client = crate::web::client().build().map_err(|error| failed(format!("cannot be asked: {error}")))?;
    let keys = Keys::new(Arc::default(), Vec::new());
    let method = if why.is_some() { reqwest::Method::PUT } else { reqwest::Method::DELETE };
    let mut request = command(&client, method, (admin, "/v1/stop"), token(store, admin, &keys));
    if let Some(why) = why {
        request = request.json(&serde_json::json!({ "why": why }));
    }
    let answer = request.send().await.map_err(|error| failed(format!("does not answer: {error}")))?;
    match answer.status().as_u16() {
        200 => Ok(()),
        401 | 403 => Err(failed("does not take our token".to_owned())
            .help(format!("set {TOKEN_VARIABLE} to the token it was started with, or name its store: `--store DIR`"))),
        other => Err(failed(format!("answered {other}")).help("is it a fault proxy of this version of chaos?")),
    }
}
