//! The real world: processes, proxies, endpoints, injectors.

use super::error::RunError;
use super::intent::{ClaimIntent, FaultIntent, Intent};
use super::keys::{Keys, from_anywhere, proxy_from_anywhere};
use super::means::{self, Started};
use super::world::{Future, Witness, World};
use super::{process, proxy};
use crate::base::Instant;
use crate::diagnostics::codes;
use crate::injector::{Call, Deed, Evidence, Grant, Host, Injector, Instance, Phase, Target};
use crate::journal::Journal;
use crate::metrics::{Fetcher, Found, NoSecret, Nothing, Read, SourceReader, Vault, parse, probe};
use crate::plan::{Injection, Plan, Proxy, QUERY_TIMEOUT};
use crate::types::model::{Class, ComponentPath, ProbeUse, SourceRef};
use crate::types::term::LimitName;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Mutex, OnceCell};

/// A source cannot be opened: nothing was touched yet.
fn unusable(error: &str) -> RunError {
    let help = "set it before the run, for example `export PROM_TOKEN=…`, or see that its file or command gives it; no file of an experiment holds a secret";
    RunError::new(codes::E0714, error).help(help)
}

/// The secrets of a plan, those of proxies as a journal names them.
async fn opened(plan: &Plan) -> (Arc<Vault>, Vec<NoSecret>) {
    let proxies: Vec<_> = plan.proxies.iter().filter_map(|proxy| proxy.token.as_ref()).map(from_anywhere).collect();
    let sources = plan.sources.values().flat_map(|source| source.access.secrets());
    let (vault, missing) = Vault::open(sources.chain(&proxies)).await;
    (Arc::new(vault), missing)
}

fn untrue(fault: &FaultIntent) -> RunError {
    let message = format!("{} was said to be taken back, and is still in force", fault.what);
    let help = format!("its injector `{}`, or what stands at its target, does not do what it says", fault.component);
    RunError { retryable: true, ..RunError::new(codes::E0718, message).help(help) }
}

/// A leased fault ends this long after its last renewal.
const LEASE: Duration = Duration::from_secs(10);

/// The sources that cannot be opened, each with the reason.
pub type Unopened = BTreeMap<SourceRef, String>;

/// Talks to what is really there.
pub struct RealWorld {
    run: String,
    experiment: String,
    store: PathBuf,
    fetcher: Fetcher,
    client: reqwest::Client,
    sources: BTreeMap<SourceRef, Mutex<SourceReader>>,
    keys: Keys,
    vault: Arc<Vault>,
    host: OnceCell<Arc<Host>>,
    injectors: Mutex<BTreeMap<String, Injector>>,
    started: Started,
    /// What the host saw each fault do, by its handle.
    deeds: std::sync::Mutex<BTreeMap<String, Vec<Deed>>>,
    tokens: std::sync::Mutex<BTreeMap<String, String>>,
    /// The limit `requests`, a second.
    requests: Option<f64>,
}

impl RealWorld {
    /// A world for one plan.
    ///
    /// # Errors
    /// The HTTP client cannot be made, or a source cannot be opened: a secret is not set or is not what it should be.
    pub async fn new(plan: &Plan, run: &str, store: &Path) -> Result<Self, RunError> {
        let (vault, missing) = opened(plan).await;
        if let Some(first) = missing.first() {
            return Err(unusable(&first.to_string()));
        }
        let reader = |source: &SourceRef| {
            let reader = SourceReader::of(plan, source, &vault);
            let reader = reader.map_err(|error| unusable(&format!("the source {source}: {error}")))?;
            Ok((source.clone(), Mutex::new(reader)))
        };
        let sources = plan.sources.keys().map(reader).collect::<Result<_, RunError>>()?;
        let requests = plan.limits.bound(LimitName::Requests).map(|bound| bound.value);
        let (keys, started) = (Keys::new(Arc::clone(&vault), missing), Started::of(plan));
        Ok(Self { requests, started, ..Self::with(sources, keys, vault, (run, &plan.experiment), store)? })
    }

    /// A world to look at, where what cannot be opened hinders nobody: such a source gives nothing when it is read. Also
    /// why each of them cannot be opened.
    ///
    /// # Errors
    /// The HTTP client cannot be made.
    pub async fn to_look_at(plan: &Plan, run: &str, store: &Path) -> Result<(Self, Unopened), RunError> {
        let (vault, missing) = opened(plan).await;
        let (mut sources, mut unopened) = (BTreeMap::new(), Unopened::new());
        for (name, source) in &plan.sources {
            let lacks = missing.iter().find(|it| source.access.secrets().any(|of| *of == it.of));
            let reader = match lacks {
                Some(missing) => Err(missing.to_string()),
                None => SourceReader::of(plan, name, &vault).map_err(|error| error.to_string()),
            };
            match reader {
                Ok(reader) => _ = sources.insert(name.clone(), Mutex::new(reader)),
                Err(why) => _ = unopened.insert(name.clone(), why),
            }
        }
        let requests = plan.limits.bound(LimitName::Requests).map(|bound| bound.value);
        let (keys, started) = (Keys::new(Arc::clone(&vault), missing), Started::of(plan));
        let world = Self { requests, started, ..Self::with(sources, keys, vault, (run, &plan.experiment), store)? };
        Ok((world, unopened))
    }

    /// A world without sources: enough to take back what is in a journal.
    ///
    /// # Errors
    /// The HTTP client cannot be made.
    pub fn for_recovery(store: &Path, keys: Keys) -> Result<Self, RunError> {
        Self::with(BTreeMap::new(), keys, Arc::default(), ("recovery", ""), store)
    }

    fn with(
        sources: BTreeMap<SourceRef, Mutex<SourceReader>>,
        keys: Keys,
        vault: Arc<Vault>,
        (run, experiment): (&str, &str),
        store: &Path,
    ) -> Result<Self, RunError> {
        let failed = |error: String| RunError::new(codes::E0710, format!("the HTTP client cannot be made: {error}"));
        let client = crate::web::client().build();
        Ok(Self {
            run: run.to_owned(),
            experiment: experiment.to_owned(),
            store: store.to_path_buf(),
            fetcher: Fetcher::new().map_err(|error| failed(error.to_string()))?,
            client: client.map_err(|error| failed(error.to_string()))?,
            sources,
            keys,
            vault,
            host: OnceCell::new(),
            injectors: Mutex::default(),
            started: Started::default(),
            deeds: std::sync::Mutex::default(),
            tokens: std::sync::Mutex::default(),
            requests: None,
        })
    }

    /// A text without the secrets of this world.
    pub fn redacted(&self, text: &str) -> String {
        self.vault.redacted(text)
    }

    /// What opens the proxies of its plan.
    pub fn keys(&self) -> &Keys {
        &self.keys
    }

    /// The component, compiled once a run.
    async fn injector(&self, name: &str, file: Option<&ComponentPath>) -> Result<Injector, RunError> {
        let cache = dirs::cache_dir().map(|folder| folder.join("chaos").join("components"));
        let open = async || -> Result<_, RunError> {
            let journal = Arc::new(Journal::open(&self.store)?);
            Ok(Arc::new(Host::new(cache, journal)?))
        };
        let host = self.host.get_or_try_init(open).await?;
        let mut loaded = self.injectors.lock().await;
        let key = file.map_or(name, |file| file.digest.as_str());
        if let Some(known) = loaded.get(key) {
            return Ok(known.clone());
        }
        let (host, component, store) = (Arc::clone(host), name.to_owned(), self.store.clone());
        let bytes = file.cloned();
        // Compiling keeps a thread busy; it must not be one that samples metrics or renews leases.
        let loading = tokio::task::spawn_blocking(move || match bytes {
            Some(file) => Ok(host.load_bytes(&component, &means::bytes(&store, &file)?)?),
            None => Ok::<_, RunError>(host.load(&component)?),
        })
        .await;
        let injector = loading.map_err(|error| RunError::new(codes::E0710, error.to_string()))??;
        loaded.insert(key.to_owned(), injector.clone());
        Ok(injector)
    }

    /// A fault's component, and what it may do.
    async fn component(&self, fault: &FaultIntent) -> Result<(Injector, Grant), RunError> {
        let injector = self.injector(&fault.component, fault.means.file.as_ref()).await?;
        let token = fault.proxy.as_ref().map(|proxy| self.token(proxy)).transpose()?.flatten();
        Ok((injector, means::grant(fault.proxy.as_ref(), token, &fault.means)))
    }

    /// The token of a proxy: what the environment names, else what a file has, which is kept once it is known: the store may go
    /// away meanwhile.
    fn token(&self, proxy: &Proxy) -> Result<Option<String>, RunError> {
        if let Some(named) = self.keys.named(proxy)? {
            return Ok(Some(named.to_owned()));
        }
        let mut tokens = self.tokens.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let known = tokens.get(&proxy.admin).cloned();
        let found = known.or_else(|| proxy::token(&self.store, &proxy.admin, &self.keys));
        if let Some(found) = &found {
            tokens.insert(proxy.admin.clone(), found.clone());
        }
        Ok(found)
    }

    /// The same, read anew: one that was there before the proxy is not that of the proxy.
    fn token_now(&self, proxy: &Proxy) -> Result<Option<String>, RunError> {
        let named = self.keys.named(proxy)?.map(str::to_owned);
        Ok(named.or_else(|| proxy::token(&self.store, &proxy.admin, &self.keys)))
    }

    fn deeds(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Vec<Deed>>> {
        self.deeds.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    async fn page(&self, proxy: &Proxy) -> Option<String> {
        self.fetcher.page(&format!("http://{}/metrics", proxy.admin)).await.ok()
    }

    async fn apply_now(&self, intent: &mut Intent, known: &(dyn Fn(&Intent) + Send + Sync)) -> Result<(), RunError> {
        if let Intent::Fault(fault) = intent {
            let (injector, grant) = self.component(fault).await?;
            let deeds = injector.inject(&grant, &fault.call, &fault.handle).await?;
            self.deeds().insert(fault.handle.id.clone(), deeds);
            return Ok(());
        }
        if let Intent::Claim(claim) = intent {
            return proxy::stake(&self.client, claim, self.token_now(&claim.proxy)?, LEASE).await;
        }
        self.started.note(intent);
        if let Some(process) = intent.process_mut() {
            process::start(process).await?;
        }
        known(intent);
        match intent.process() {
            Some(process) => process::wait_until_up(process).await,
            None => Ok(()),
        }
    }

    async fn revert_now(&self, intent: &Intent) -> Result<String, RunError> {
        match intent {
            Intent::Process(process) => process::stop(process).await,
            Intent::Proxy(proxy) => process::stop(&proxy.process).await,
            Intent::Claim(claim) => {
                let token = self.token_now(&claim.proxy)?;
                Ok(proxy::release(&self.client, claim, token).await)
            }
            Intent::Fault(fault) => {
                let (injector, grant) = self.component(fault).await?;
                injector.revert(&grant, &fault.call, &fault.handle).await?;
                if fault.proxy.is_none() || fault.means.beside_proxy {
                    return Ok(String::new());
                }
                // Whatever was said: what the proxy still has in force was not taken back.
                match injector.status(&grant, &fault.call, &fault.handle).await {
                    Ok(evidence) if evidence.phase == Phase::Active => Err(untrue(fault)),
                    _ => Ok(String::new()),
                }
            }
        }
    }

    async fn prepare_now(&self, injection: &Injection, step: &str) -> Result<FaultIntent, RunError> {
        let lease = (injection.class == Class::Leased).then_some(LEASE);
        let call = Call {
            run: self.run.clone(),
            experiment: self.experiment.clone(),
            step: step.to_owned(),
            fence: 0,
            lease,
            dry_run: false,
        };
        let admin = injection.proxy.iter().map(|proxy| ("admin".to_owned(), proxy.admin.clone()));
        let requests = self.requests.map(|most| ("limit.requests".to_owned(), most.to_string()));
        let instances = self.started.instances(&injection.target).map(|(id, address)| Instance {
            id: id.to_owned(),
            address: address.map(str::to_owned),
            namespace: None,
        });
        let target = Target {
            service: injection.target.clone(),
            instances: instances.collect(),
            attributes: admin.chain(requests).chain(means::attributes(&injection.permits)).collect(),
        };
        let means = self.started.means(injection);
        let injector = self.injector(&injection.component, means.file.as_ref()).await?;
        let token = injection.proxy.as_ref().map(|proxy| self.token(proxy)).transpose()?.flatten();
        let grant = means::grant(injection.proxy.as_ref(), token, &means);
        let handle = injector.prepare(&grant, &call, &injection.action, &target, &injection.arguments).await?;
        Ok(FaultIntent {
            what: format!("{} on {}", injection.fault, injection.target),
            target: injection.target.clone(),
            component: injection.component.clone(),
            call,
            handle,
            proxy: injection.proxy.as_ref().map(proxy_from_anywhere),
            means,
            class: injection.class,
        })
    }
}

impl World for RealWorld {
    fn read<'a>(&'a self, source: &'a SourceRef, at: Instant) -> Future<'a, Read> {
        Box::pin(async move {
            match self.sources.get(source) {
                Some(reader) => reader.lock().await.read(at).await,
                None => Read::default(),
            }
        })
    }

    fn probe<'a>(&'a self, of: &'a ProbeUse, _step: &'a str) -> Future<'a, Result<Found, Nothing>> {
        Box::pin(probe(of, &self.vault))
    }

    fn apply<'a>(
        &'a self,
        intent: &'a mut Intent,
        known: &'a (dyn Fn(&Intent) + Send + Sync),
    ) -> Future<'a, Result<(), RunError>> {
        Box::pin(self.apply_now(intent, known))
    }

    fn revert<'a>(&'a self, intent: &'a Intent) -> Future<'a, Result<String, RunError>> {
        Box::pin(self.revert_now(intent))
    }

    fn make_ready<'a>(&'a self, plan: &'a Plan) -> Future<'a, Result<(), RunError>> {
        Box::pin(async move {
            for (step, injection) in plan.injections() {
                self.prepare_now(injection, &step.name).await?;
            }
            Ok(())
        })
    }

    fn prepare<'a>(&'a self, injection: &'a Injection, step: &'a str) -> Future<'a, Result<FaultIntent, RunError>> {
        Box::pin(self.prepare_now(injection, step))
    }

    fn renew<'a>(&'a self, fault: &'a FaultIntent) -> Future<'a, Result<(), RunError>> {
        Box::pin(async move {
            let (injector, grant) = self.component(fault).await?;
            Ok(injector.renew(&grant, &fault.call, &fault.handle).await?)
        })
    }

    fn stake<'a>(&'a self, claim: &'a ClaimIntent) -> Future<'a, Result<(), RunError>> {
        Box::pin(async move { proxy::stake(&self.client, claim, self.token_now(&claim.proxy)?, LEASE).await })
    }

    fn status<'a>(&'a self, fault: &'a FaultIntent) -> Future<'a, Result<Evidence, RunError>> {
        Box::pin(async move {
            let (injector, grant) = self.component(fault).await?;
            Ok(injector.status(&grant, &fault.call, &fault.handle).await?)
        })
    }

    fn witnessed<'a>(&'a self, fault: &'a FaultIntent) -> Future<'a, Option<Witness>> {
        Box::pin(async move {
            if fault.means.beside_proxy {
                let acted = means::acted(self.deeds().get(&fault.handle.id)?);
                return Some(Witness { seen: acted, acted });
            }
            let page = self.page(fault.proxy.as_ref()?).await?;
            let counters = parse(&page, |name| name.starts_with("chaos_proxy_fault_")).ok()?;
            let own = |name: &str| {
                let mut own = counters.iter().filter(|series| series.labels.get("fault") == Some(&fault.handle.id));
                own.find(|series| series.name == name).map(|series| series.value as u64)
            };
            let (seen, acted) = (own("chaos_proxy_fault_seen_total")?, own("chaos_proxy_fault_acted_total")?);
            Some(Witness { seen, acted })
        })
    }

    fn passed<'a>(&'a self, proxy: &'a Proxy) -> Future<'a, Option<u64>> {
        Box::pin(async move {
            let page = self.page(proxy).await?;
            let counters = parse(&page, |name| name == "chaos_proxy_requests_total").ok()?;
            Some(counters.iter().map(|series| series.value).sum::<f64>() as u64)
        })
    }

    fn answers<'a>(&'a self, address: &'a str) -> Future<'a, Option<bool>> {
        let wait = Duration::from_secs_f64(QUERY_TIMEOUT);
        Box::pin(async move {
            let connecting = tokio::time::timeout(wait, tokio::net::TcpStream::connect(address));
            Some(matches!(connecting.await, Ok(Ok(_))))
        })
    }

    fn proxy_stands<'a>(&'a self, proxy: &'a Proxy) -> Future<'a, Result<bool, RunError>> {
        Box::pin(async move { proxy::stands(&self.client, proxy, || self.token_now(proxy)).await })
    }
}
