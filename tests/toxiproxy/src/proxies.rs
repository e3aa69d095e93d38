//! The proxies, with what is known of each while it is down.

use bmrng::RequestSender;
use noxious::proxy::{ProxyConfig, ProxyRunner, ProxyWithToxics, Runner, Toxics};
use noxious::signal::{Close, Stop, Stopper};
use noxious::state::SharedProxyInfo;
use noxious::toxic::{StreamDirection, Toxic, ToxicEvent, ToxicEventKind, ToxicEventResult};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use noxious::socket::TcpListener;
use tokio::sync::{Mutex, MutexGuard};

/// What is answered when something cannot be done.
pub struct Failure {
    pub status: u16,
    pub message: String,
}

impl Failure {
    pub fn new(status: u16, message: impl Into<String>) -> Self {
        Self { status, message: message.into() }
    }
}

fn unreadable(error: serde_json::Error) -> Failure {
    Failure::new(400, format!("bad request body: {error}"))
}

struct Running {
    stopper: Stopper,
    closed: Close,
    events: RequestSender<ToxicEvent, ToxicEventResult>,
}

struct Proxy {
    info: SharedProxyInfo,
    running: Option<Running>,
    /// The toxics that stand for a `reset_peer`, by name.
    resets: BTreeSet<String>,
}

impl Proxy {
    async fn start(config: ProxyConfig, toxics: Toxics) -> Result<Self, Failure> {
        if !config.enabled {
            let state = Arc::new(noxious::state::ProxyState::new(toxics));
            return Ok(Self { info: SharedProxyInfo { config: Arc::new(config), state }, running: None, resets: BTreeSet::new() });
        }
        let (listener, info): (TcpListener, _) = ProxyRunner::initialize_proxy(config, toxics)
            .await
            .map_err(|error| Failure::new(500, format!("listen: {error}")))?;
        // Whoever stops by the second needs the first to live.
        let (stop, stopper) = Stop::new();
        let (closed, closer) = Close::new();
        let (events, receiver) = bmrng::channel(2);
        let own = info.clone();
        tokio::spawn(async move { ProxyRunner::run_proxy(listener, own, receiver, stop, closer).await });
        Ok(Self { info, running: Some(Running { stopper, closed, events }), resets: BTreeSet::new() })
    }

    async fn stop(&mut self) {
        if let Some(running) = self.running.take() {
            running.stopper.stop();
            let _closed = running.closed.recv().await;
        }
    }

    fn shown(&self) -> Value {
        let mut proxy = json!(ProxyWithToxics::from_shared_proxy_info(self.info.clone()));
        for toxic in proxy["toxics"].as_array_mut().into_iter().flatten() {
            *toxic = self.told(toxic.take());
        }
        proxy
    }

    fn toxic(&self, name: &str) -> Option<Toxic> {
        self.info.state.lock().toxics.find_by_name(name)
    }

    /// noxious calls the stream a direction, and a `timeout` stands for what it has not.
    fn told(&self, toxic: Value) -> Value {
        let Value::Object(mut toxic) = toxic else { return toxic };
        if let Some(direction) = toxic.remove("direction") {
            toxic.insert("stream".to_owned(), direction);
        }
        if toxic["name"].as_str().is_some_and(|name| self.resets.contains(name)) {
            toxic.insert("type".to_owned(), json!("reset_peer"));
        }
        Value::Object(toxic)
    }

    async fn change(&self, kind: ToxicEventKind) -> Result<(), Failure> {
        let Some(running) = &self.running else {
            let mut state = self.info.state.lock();
            let Toxics { upstream, downstream } = &mut state.toxics;
            match kind {
                ToxicEventKind::AddToxic(toxic) if toxic.direction == StreamDirection::Upstream => upstream.push(toxic),
                ToxicEventKind::AddToxic(toxic) => downstream.push(toxic),
                ToxicEventKind::RemoveToxic(name) => {
                    upstream.retain(|toxic| toxic.name != name);
                    downstream.retain(|toxic| toxic.name != name);
                }
                _ => {}
            }
            return Ok(());
        };
        let event = ToxicEvent::new(self.info.config.name.clone(), kind);
        let answer = running.events.send_receive(event).await.map_err(|_| Failure::new(500, "the proxy has ended"))?;
        answer.map_err(|error| Failure::new(404, error.to_string()))
    }
}

/// All proxies, by their names, and whether there is a `reset_peer`.
#[derive(Clone)]
pub struct Proxies(Arc<Mutex<BTreeMap<String, Proxy>>>, bool);

fn of<'a>(all: &'a mut MutexGuard<'_, BTreeMap<String, Proxy>>, name: &str) -> Result<&'a mut Proxy, Failure> {
    all.get_mut(name).ok_or_else(|| Failure::new(404, "proxy not found"))
}

impl Proxies {
    pub fn new(resets: bool) -> Self {
        Self(Arc::default(), resets)
    }

    pub async fn all(&self) -> Value {
        let all = self.0.lock().await;
        Value::Object(all.iter().map(|(name, proxy)| (name.clone(), proxy.shown())).collect::<Map<_, _>>())
    }

    pub async fn show(&self, name: &str) -> Result<Value, Failure> {
        of(&mut self.0.lock().await, name).map(|proxy| proxy.shown())
    }

    pub async fn create(&self, body: Value) -> Result<Value, Failure> {
        let config: ProxyConfig = serde_json::from_value(body).map_err(unreadable)?;
        config.validate().map_err(|error| Failure::new(400, error.to_string()))?;
        let mut all = self.0.lock().await;
        if all.contains_key(&config.name) {
            return Err(Failure::new(409, "proxy already exists"));
        }
        let name = config.name.clone();
        let proxy = Proxy::start(config, Toxics::empty()).await?;
        let shown = proxy.shown();
        all.insert(name, proxy);
        Ok(shown)
    }

    pub async fn update(&self, name: &str, body: &Value) -> Result<Value, Failure> {
        let mut all = self.0.lock().await;
        let proxy = of(&mut all, name)?;
        let mut config = proxy.info.clone_config();
        if let Some(enabled) = body["enabled"].as_bool() {
            config.enabled = enabled;
        }
        if let Some(upstream) = body["upstream"].as_str() {
            upstream.clone_into(&mut config.upstream);
        }
        if config != *proxy.info.config {
            let toxics = proxy.info.state.lock().toxics.clone();
            proxy.stop().await;
            let resets = std::mem::take(&mut proxy.resets);
            *proxy = Proxy { resets, ..Proxy::start(config, toxics).await? };
        }
        Ok(proxy.shown())
    }

    pub async fn remove(&self, name: &str) -> Result<(), Failure> {
        let mut all = self.0.lock().await;
        of(&mut all, name)?.stop().await;
        all.remove(name);
        Ok(())
    }

    pub async fn add(&self, name: &str, mut body: Value) -> Result<Value, Failure> {
        let mut all = self.0.lock().await;
        let proxy = of(&mut all, name)?;
        let known = ["latency", "bandwidth", "slow_close", "timeout", "slicer", "limit_data"];
        let is_reset = self.1 && body["type"] == "reset_peer";
        if is_reset {
            body["type"] = json!("timeout");
        }
        if !body["type"].as_str().is_some_and(|kind| known.contains(&kind)) {
            return Err(Failure::new(400, "invalid toxic type"));
        }
        if let Some(Value::Null) = body.get("stream") {
            body["stream"] = json!("downstream");
        }
        let mut toxic: Toxic = serde_json::from_value(body).map_err(unreadable)?;
        toxic.set_default_name();
        if proxy.toxic(&toxic.name).is_some() {
            return Err(Failure::new(409, "toxic already exists"));
        }
        proxy.change(ToxicEventKind::AddToxic(toxic.clone())).await?;
        if is_reset {
            proxy.resets.insert(toxic.name.clone());
        }
        Ok(proxy.told(json!(toxic)))
    }

    pub async fn toxic(&self, name: &str, toxic: &str) -> Result<Value, Failure> {
        let mut all = self.0.lock().await;
        let proxy = of(&mut all, name)?;
        proxy.toxic(toxic).map(|toxic| proxy.told(json!(toxic))).ok_or_else(|| Failure::new(404, "toxic not found"))
    }

    pub async fn drop_toxic(&self, name: &str, toxic: &str) -> Result<(), Failure> {
        let mut all = self.0.lock().await;
        let proxy = of(&mut all, name)?;
        if proxy.toxic(toxic).is_none() {
            return Err(Failure::new(404, "toxic not found"));
        }
        proxy.resets.remove(toxic);
        proxy.change(ToxicEventKind::RemoveToxic(toxic.to_owned())).await
    }
}
