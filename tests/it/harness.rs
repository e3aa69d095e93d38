//! What the tests share: a folder of its own for each, free ports, the program, and waiting with a deadline.

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// The repository's root.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All files with this ending in a folder and its folders, sorted.
pub fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path, ending));
        } else if path.extension().is_some_and(|extension| extension == ending) {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// A test's own folder with its own run store. Whatever a test left in force, or left standing for others, goes when it is
/// dropped.
pub struct Place {
    folder: TempDir,
}

impl Drop for Place {
    fn drop(&mut self) {
        if !self.path().join("store").is_dir() {
            return;
        }
        let _left_nothing = self.chaos(&["recover"]).output();
        let said = self.chaos(&["status"]).output().map(|output| Ran::from(output).out).unwrap_or_default();
        for pid in pids(&said) {
            let _gone_already = Command::new("kill").arg(pid).status();
        }
    }
}

/// The processes that `chaos status` names.
fn pids(said: &str) -> Vec<&str> {
    said.split("(pid ").skip(1).filter_map(|rest| rest.split(')').next()).collect()
}

impl Place {
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn write(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    }

    /// The program, ready to be started in this folder.
    pub fn chaos(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_chaos"));
        command.args(arguments).current_dir(self.path()).env("CHAOS_STORE", self.path().join("store"));
        command.env_remove("CHAOS_PROXY_TOKEN").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// The program with no store named: it has a state folder of its own.
    pub fn unnamed(&self, arguments: &[&str]) -> Command {
        let mut command = self.chaos(arguments);
        command.env_remove("CHAOS_STORE").env("XDG_STATE_HOME", self.path().join("state"));
        command
    }

    /// Ends the proxies that stay after a run, since others call through them.
    pub fn stop_kept_proxy(&self) {
        for pid in pids(&self.run(&["status"]).out) {
            Command::new("kill").arg(pid).status().unwrap();
        }
    }

    /// Runs the program to its end.
    pub fn run(&self, arguments: &[&str]) -> Ran {
        Ran::from(self.chaos(arguments).output().unwrap())
    }
}

/// What a program said, and how it ended.
#[derive(Debug)]
pub struct Ran {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Self { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }
}

impl Ran {
    #[track_caller]
    pub fn ended(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "\n--- out\n{}\n--- err\n{}", self.out, self.err);
        self
    }

    #[track_caller]
    pub fn says(self, text: &str) -> Self {
        let flat = |text: &str| text.replace(['│', '×'], " ").split_whitespace().collect::<Vec<_>>().join(" ");
        let said = flat(&format!("{} {}", self.out, self.err));
        assert!(said.contains(&flat(text)), "`{text}` is not in\n--- out\n{}\n--- err\n{}", self.out, self.err);
        self
    }
}

/// `unshare` with these namespaces, or nothing, with a printed reason, where this user may not have them.
pub fn unshare(flags: &[&str]) -> Option<Command> {
    let tried = Command::new("unshare").args(flags).arg("true").output();
    if !tried.as_ref().is_ok_and(|output| output.status.success()) {
        println!("skipped: no namespaces {flags:?} here: {tried:?}");
        return None;
    }
    let mut command = Command::new("unshare");
    command.args(flags).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    Some(command)
}

/// A port on which nobody listens, and neither 10000 higher. Both lie below those that outgoing connections take.
pub fn free_port() -> u16 {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let start = 12_000 + (std::process::id() % 480) * 20;
    loop {
        let port = u16::try_from(start + NEXT.fetch_add(1, Ordering::Relaxed)).unwrap();
        let free = |port| TcpListener::bind(("127.0.0.1", port)).is_ok();
        if free(port) && free(port + 10_000) {
            return port;
        }
    }
}

pub fn answers(port: u16) -> bool {
    TcpStream::connect_timeout(&([127, 0, 0, 1], port).into(), Duration::from_millis(500)).is_ok()
}

/// Polls until `ready`, for `seconds`, and for a minute at least: a loaded machine is slow, and that decides nothing.
#[track_caller]
pub fn wait_for(what: &str, seconds: u64, mut ready: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(seconds.max(60));
    while !ready() {
        assert!(Instant::now() < deadline, "{what} did not happen");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// A program that is stopped when it is dropped.
pub struct Running(pub Child);

impl Running {
    pub fn start(command: &mut Command) -> Self {
        Self(command.spawn().unwrap())
    }

    pub fn signal(&self, name: &str) {
        Command::new("kill").args([format!("-{name}"), self.0.id().to_string()]).status().unwrap();
    }

    pub fn wait(&mut self) -> ExitStatus {
        self.0.wait().unwrap()
    }

    /// Waits for its end and gives what it said.
    pub fn finish(mut self) -> Ran {
        let (mut out, mut err) = (String::new(), String::new());
        let mut stderr = self.0.stderr.take().unwrap();
        let reading = std::thread::spawn(move || {
            stderr.read_to_string(&mut err).unwrap();
            err
        });
        self.0.stdout.take().unwrap().read_to_string(&mut out).unwrap();
        let code = self.wait().code();
        Ran { code, out, err: reading.join().unwrap() }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _already_dead = self.0.kill();
        let _reaped = self.0.wait();
    }
}

/// nginx, serving one page on a port of its own.
pub fn nginx(place: &Place, port: u16) -> Running {
    nginx_that(place, "page", port, "return 200 'hello';")
}

/// An nginx with a folder of its own, which does this with every request.
pub fn nginx_that(place: &Place, name: &str, port: u16, does: &str) -> Running {
    let own = place.path().join(name);
    fs::create_dir_all(&own).unwrap();
    let folder = own.display();
    let text = format!(
        "daemon off; master_process off; pid {folder}/nginx.pid; error_log {folder}/nginx.log;\n\
         events {{ worker_connections 64; }}\n\
         http {{ access_log off; client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;\n\
         uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;\n\
         server {{ listen 127.0.0.1:{port}; location / {{ {does} }} }} }}\n"
    );
    let config = place.write(&format!("{name}.conf"), text);
    let mut command = Command::new("nginx");
    command.arg("-p").arg(&own).arg("-c").arg(config).stdout(Stdio::null()).stderr(Stdio::null());
    let running = Running::start(&mut command);
    wait_for("nginx", 10, || answers(port));
    running
}

/// One request, by hand: the status, or nothing where there is no answer.
pub fn status(port: u16, method: &str, path: &str) -> Option<u16> {
    ask(port, method, path, "").map(|(status, _)| status)
}

/// One request with more lines in its head: the status and the body, or nothing where there is no answer.
pub fn ask(port: u16, method: &str, path: &str, head: &str) -> Option<(u16, String)> {
    let mut stream = TcpStream::connect_timeout(&([127, 0, 0, 1], port).into(), Duration::from_secs(1)).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(3))).ok()?;
    write!(stream, "{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{head}Content-Length: 0\r\n\r\n")
        .ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    Some((answer.split(' ').nth(1)?.parse().ok()?, body.to_owned()))
}

/// About 40 requests a second to a port until it is dropped; a dead address is tried again.
pub struct Load {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<Vec<Option<u16>>>>,
}

impl Load {
    pub fn on(port: u16) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&stop);
        let thread = std::thread::spawn(move || {
            let mut seen = Vec::new();
            while !told.load(Ordering::Relaxed) {
                seen.push(status(port, "GET", "/"));
                std::thread::sleep(Duration::from_millis(25));
            }
            seen
        });
        Self { stop, thread: Some(thread) }
    }

    /// Ends it and gives all answers.
    pub fn end(mut self) -> Vec<Option<u16>> {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.take().unwrap().join().unwrap()
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}
