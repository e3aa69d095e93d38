//! The example injectors in other languages, as `scripts/build-guests` built them, on the real host against real programs.

use crate::harness::{Place, Running, answers, free_port, nginx_that, root, status, wait_for};
use chaos_lang::injector::{Call, Grant, Handle, Host, Injector, InjectorError, Origin, Phase, Target};
use chaos_lang::journal::Journal;
use chaos_lang::plan::PlannedArgument;
use chaos_lang::types::Type;
use chaos_lang::types::model::Argument;
use chaos_lang::types::program::ProgramPattern;
use chaos_lang::types::term::Term;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;

fn component(language: &str) -> PathBuf {
    let path = root().join("target/guests").join(language).join("injector.wasm");
    assert!(path.is_file(), "{} is missing: run scripts/build-guests", path.display());
    path
}

/// An example injector, and what it works on.
struct Guest<'a> {
    language: &'static str,
    fault: &'static str,
    arguments: Vec<(&'static str, Type, Argument)>,
    grant: Grant,
    /// Whether the fault is in force, as its target shows it.
    in_force: &'a dyn Fn() -> bool,
    /// Somebody else changes what the injector changes.
    meddle: &'a dyn Fn(),
    /// Whether what somebody else did is still there.
    meddled: &'a dyn Fn() -> bool,
}

/// The experiment of an example as it is written for a new plugin, but on a port of its own.
fn runs_as_written(language: &str, word: &str, name: &str, experiment: &str, port: &str) {
    let (place, own) = (Place::new(), free_port().to_string());
    place.run(&["plugin", "new", name, "--lang", word, "--dir", "."]).ended(0);
    for file in [experiment, "nginx.conf"] {
        if let Ok(text) = std::fs::read_to_string(place.path().join(file)) {
            place.write(file, text.replace(port, &own));
        }
    }
    std::fs::copy(component(language), place.path().join("injector.wasm")).unwrap();
    place.run(&["plan", experiment]).ended(0).says("may ");
    place.run(&["exec", experiment]).ended(0).says("seen to act").says("confirmed");
    place.run(&["status"]).ended(0).says("nothing is in force");
}

fn text(name: &'static str, text: &str) -> (&'static str, Type, Argument) {
    (name, Type::String, Argument::Text(text.to_owned()))
}

impl Guest<'_> {
    /// The component on a host of its own, as after a restart; the store outlives it.
    fn on_a_host(&self, journal: &Arc<Journal>) -> Injector {
        let cache = dirs::cache_dir().map(|folder| folder.join("chaos/components"));
        let host = Host::new(cache, Arc::clone(journal)).unwrap();
        host.load_bytes(self.language, &std::fs::read(component(self.language)).unwrap()).unwrap()
    }

    fn arguments(&self) -> BTreeMap<String, PlannedArgument> {
        let all = self.arguments.iter().cloned();
        all.map(|(name, ty, value)| (name.to_owned(), PlannedArgument { ty, value })).collect()
    }

    async fn prepared(&self, injector: &Injector, by: &Call) -> Result<Handle, InjectorError> {
        let target = Target { service: "shop".to_owned(), ..Target::default() };
        injector.prepare(&self.grant, by, self.fault, &target, &self.arguments()).await
    }

    /// What every injector owes its host.
    async fn conforms(&self) {
        let journal = Arc::new(Journal::in_memory().unwrap());
        let injector = self.on_a_host(&journal);
        let by = call("first");
        let handle = self.prepared(&injector, &by).await.unwrap();
        assert!(!(self.in_force)(), "prepare changes nothing");

        let dry = Call { dry_run: true, ..by.clone() };
        injector.inject(&self.grant, &dry, &handle).await.unwrap();
        assert!(!(self.in_force)(), "a dry run changes nothing");

        let refused = injector.inject(&Grant::default(), &by, &handle).await;
        assert_eq!(refused.map_err(code), Err("permission-denied".to_owned()), "without a grant");

        for _twice in 0..2 {
            injector.inject(&self.grant, &by, &handle).await.unwrap();
            assert!((self.in_force)(), "it is injected");
        }
        injector.renew(&self.grant, &by, &handle).await.unwrap();
        let evidence = injector.status(&self.grant, &by, &handle).await.unwrap();
        assert_eq!((evidence.phase, evidence.acted), (Phase::Active, 1), "{}", evidence.message);

        let restarted = self.on_a_host(&journal);
        for _twice in 0..2 {
            restarted.revert(&self.grant, &by, &handle).await.unwrap();
            assert!(!(self.in_force)(), "it is reverted, from the handle alone");
        }
        let evidence = restarted.status(&self.grant, &by, &handle).await.unwrap();
        assert_eq!((evidence.phase, evidence.acted), (Phase::Reverted, 0), "{}", evidence.message);

        self.refuses_what_it_does_not_know(&restarted).await;
        self.leaves_what_somebody_else_did(&restarted).await;
    }

    async fn refuses_what_it_does_not_know(&self, injector: &Injector) {
        let by = call("second");
        let never_injected = self.prepared(injector, &by).await.unwrap();
        injector.revert(&self.grant, &by, &never_injected).await.unwrap();
        for data in [&b""[..], b"{", b"{}", b"\xff\xfe"] {
            let nonsense = Handle { id: by.fault(), data: data.to_vec() };
            let refused = injector.revert(&self.grant, &by, &nonsense).await;
            assert_eq!(refused.map_err(code), Err("unknown-handle".to_owned()), "{data:?}");
        }
        let target = Target::default();
        let refused = injector.prepare(&self.grant, &by, self.fault, &target, &BTreeMap::new()).await;
        assert!(refused.is_err(), "a parameter is missing");
    }

    async fn leaves_what_somebody_else_did(&self, injector: &Injector) {
        let by = call("third");
        let handle = self.prepared(injector, &by).await.unwrap();
        injector.inject(&self.grant, &by, &handle).await.unwrap();
        (self.meddle)();
        let evidence = injector.status(&self.grant, &by, &handle).await.unwrap();
        assert_eq!((evidence.phase, evidence.acted), (Phase::Lost, 0), "{}", evidence.message);
        injector.revert(&self.grant, &by, &handle).await.unwrap();
        assert!((self.meddled)(), "what somebody else did stays");
    }
}

fn call(step: &str) -> Call {
    let (run, experiment) = ("r".to_owned(), "e".to_owned());
    Call { run, experiment, step: step.to_owned(), fence: 1, lease: None, dry_run: false }
}

fn code(error: InjectorError) -> String {
    match error {
        InjectorError::Refused { code, .. } => code,
        other => other.to_string(),
    }
}

/// A page that answers 503 while a file is there. What lies under `/flags/` can be set over HTTP.
fn page(place: &Place, port: u16, flag: &str) -> Running {
    let folder = place.path().display();
    std::fs::create_dir_all(place.path().join("flags")).unwrap();
    let does = format!(
        "if (-f {folder}/flags/{flag}) {{ return 503; }} return 200 'hello'; }}
         location /flags/ {{ root {folder}; dav_methods PUT DELETE;"
    );
    nginx_that(place, "page", port, &does)
}

#[tokio::test]
async fn the_one_in_c_conforms_and_its_experiment_runs_as_written() {
    let (place, port) = (Place::new(), free_port());
    let _nginx = page(&place, port, "down");
    let file = place.path().join("flags/down");
    let guest = Guest {
        language: "c",
        fault: "flag",
        arguments: vec![text("file", file.to_str().unwrap())],
        grant: Grant { files: vec![place.path().join("flags")], ..Grant::default() },
        in_force: &|| status(port, "GET", "/") == Some(503),
        meddle: &|| std::fs::write(&file, "by hand").unwrap(),
        meddled: &|| std::fs::read_to_string(&file).unwrap() == "by hand",
    };
    guest.conforms().await;
    runs_as_written("c", "c", "flag-file", "maintenance.chaos", "7480");
}

#[tokio::test]
async fn the_one_in_javascript_conforms_and_its_experiment_runs_as_written() {
    let (place, port) = (Place::new(), free_port());
    let _nginx = page(&place, port, "down");
    let file = place.path().join("flags/down");
    let url = format!("http://127.0.0.1:{port}/flags/down");
    let origin = Origin { secure: false, address: format!("127.0.0.1:{port}"), token: None };
    let guest = Guest {
        language: "javascript",
        fault: "setting",
        arguments: vec![text("url", &url), text("value", "by chaos, äöü")],
        grant: Grant { http: vec![origin], ..Grant::default() },
        in_force: &|| status(port, "GET", "/") == Some(503),
        meddle: &|| std::fs::write(&file, "by hand").unwrap(),
        meddled: &|| std::fs::read_to_string(&file).unwrap() == "by hand",
    };
    guest.conforms().await;
    // A value that was there comes back.
    let journal = Arc::new(Journal::in_memory().unwrap());
    let (injector, by) = (guest.on_a_host(&journal), call("fourth"));
    let handle = guest.prepared(&injector, &by).await.unwrap();
    injector.inject(&guest.grant, &by, &handle).await.unwrap();
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "by chaos, äöü");
    injector.revert(&guest.grant, &by, &handle).await.unwrap();
    assert!((guest.meddled)());
    runs_as_written("javascript", "js", "web-setting", "maintenance.chaos", "7481");
}

/// A Redis server of its own.
fn redis(place: &Place, port: u16) -> Running {
    let mut server = Command::new("redis-server");
    server.args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", ""]).current_dir(place.path());
    let running = Running::start(server.stdout(Stdio::null()));
    wait_for("redis", 20, || answers(port));
    running
}

fn redis_says(port: u16, words: &[&str]) -> String {
    let said = Command::new("redis-cli").args(["-p", &port.to_string()]).args(words).output().unwrap();
    String::from_utf8(said.stdout).unwrap()
}

#[tokio::test]
async fn the_one_in_python_conforms_and_its_experiment_runs_as_written() {
    let (place, port) = (Place::new(), free_port());
    let _redis = redis(&place, port);
    let granted =
        |what: &str| ProgramPattern::parse(&format!("/usr/bin/redis-cli -e -p {port} CONFIG {what}")).unwrap();
    let guest = Guest {
        language: "python",
        fault: "setting",
        arguments: vec![
            text("setting", "maxmemory"),
            text("value", "1"),
            ("port", Type::Int, Argument::Term(Term::Constant(f64::from(port)))),
        ],
        grant: Grant { programs: vec![granted("GET maxmemory"), granted("SET maxmemory *")], ..Grant::default() },
        in_force: &|| redis_says(port, &["SET", "key", "value"]).contains("OOM"),
        meddle: &|| assert!(redis_says(port, &["CONFIG", "SET", "maxmemory", "2mb"]).contains("OK")),
        meddled: &|| redis_says(port, &["CONFIG", "GET", "maxmemory"]).contains("2097152"),
    };
    guest.conforms().await;
    runs_as_written("python", "python", "redis-setting", "full.chaos", "7482");
}

/// Its life is the conformance suite's affair; here is what that cannot know.
#[tokio::test]
async fn the_one_in_rust_leaves_the_locks_of_others_and_its_experiment_runs_as_written() {
    let (place, port) = (Place::new(), free_port());
    let _redis = redis(&place, port);
    let address = format!("127.0.0.1:{port}");
    let guest = Guest {
        language: "rust",
        fault: "hold",
        arguments: vec![text("address", &address), text("key", "job")],
        grant: Grant { tcp: vec![address.clone()], ..Grant::default() },
        in_force: &|| redis_says(port, &["EXISTS", "job"]).starts_with('1'),
        meddle: &|| assert!(redis_says(port, &["SET", "job", "by hand"]).contains("OK")),
        meddled: &|| redis_says(port, &["GET", "job"]).contains("by hand"),
    };
    let journal = Arc::new(Journal::in_memory().unwrap());
    guest.leaves_what_somebody_else_did(&guest.on_a_host(&journal)).await;
    runs_as_written("rust", "rust", "redis-lock", "held.chaos", "7483");
}

/// What `scripts/bind-c` wrote down.
#[test]
fn the_bindings_of_c_are_those_of_the_interface() {
    use sha2::{Digest, Sha256};
    let wit = std::fs::read(root().join("stdlib/wit/v0.2/injector.wit")).unwrap();
    let digest: String = Sha256::digest(wit).iter().map(|byte| format!("{byte:02x}")).collect();
    let noted = std::fs::read_to_string(root().join("examples/injectors/c/bindings/wit.sha256")).unwrap();
    assert_eq!(noted, format!("{digest}  injector.wit\n"), "the interface has changed: run scripts/bind-c");
}
