//! An editor, as far as these tests need one.

use super::{DEPOT, PLACES, TRIAL};
use crate::harness::{Place, Running};
use lsp_server::{Message, Notification, Request, Response};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{BufReader, Write};
use std::process::{ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

/// A client with the server that it started.
pub struct Client {
    pub place: Place,
    running: Running,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
    watch: Watch,
    asked: i32,
    /// What it was told last of each file.
    told: BTreeMap<String, Value>,
    /// Answers to requests that were not waited for yet.
    early: Vec<Response>,
    /// Answers that are to no request of ours.
    pub odd: Vec<String>,
    /// What the server asked for.
    pub requested: Vec<String>,
    /// What the server said it offers.
    pub offered: Value,
}

/// Ends a server that has answered nothing for five minutes: a test must fail, not wait.
struct Watch(Arc<AtomicU32>);

impl Watch {
    /// Stands for a client that has gone.
    const OVER: u32 = u32::MAX;

    fn over(pid: u32) -> Self {
        let beats = Arc::new(AtomicU32::new(0));
        let heard = Arc::clone(&beats);
        thread::spawn(move || {
            let (mut last, mut silent) = (0, 0);
            while silent < 300 {
                thread::sleep(Duration::from_secs(1));
                match heard.load(Ordering::Relaxed) {
                    Self::OVER => return,
                    now if now == last => silent += 1,
                    now => (last, silent) = (now, 0),
                }
            }
            Command::new("kill").args(["-9", &pid.to_string()]).status().unwrap();
        });
        Self(beats)
    }

    fn beat(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.0.store(Self::OVER, Ordering::Relaxed);
    }
}

/// A text without its marks, and where they stood: `⟨⟩`, `⟨name⟩`.
pub struct Marked {
    pub text: String,
    pub marks: BTreeMap<String, Value>,
}

/// Takes the marks out of a text.
pub fn marked(text: &str) -> Marked {
    let (mut out, mut marks, mut rest) = (String::new(), BTreeMap::new(), text);
    while let Some((before, behind)) = rest.split_once('⟨') {
        let (name, behind) = behind.split_once('⟩').unwrap();
        out.push_str(before);
        marks.insert(name.to_owned(), position(&out));
        rest = behind;
    }
    out.push_str(rest);
    Marked { text: out, marks }
}

/// The position of a text's end, in UTF-16.
pub fn position(text: &str) -> Value {
    let line = text.matches('\n').count();
    let column = text.rsplit('\n').next().unwrap().encode_utf16().count();
    json!({ "line": line, "character": column })
}

impl Client {
    /// An editor with the folder of a depot open, which counts in UTF-16.
    pub fn start() -> Self {
        let place = Place::new();
        place.write("depot.chaos", DEPOT);
        place.write("places.chaos", PLACES);
        place.write("trial.chaos", TRIAL);
        Self::that_can(
            place,
            json!({ "textDocument": { "completion": { "completionItem": { "snippetSupport": true } } } }),
        )
    }

    /// An editor with these abilities.
    pub fn that_can(place: Place, capabilities: Value) -> Self {
        let mut client = Self::silent(place);
        client.introduce(capabilities);
        client
    }

    /// Says who it is: an editor with its folder open.
    pub fn introduce(&mut self, capabilities: Value) {
        let root = self.address("");
        let folder = root.trim_end_matches('/').to_owned();
        let folders = json!([{ "uri": folder, "name": "depot" }]);
        let params = json!({
            "processId": null, "rootUri": folder, "capabilities": capabilities, "workspaceFolders": folders
        });
        self.offered = self.ask("initialize", params)["capabilities"].clone();
        self.tell("initialized", json!({}));
    }

    /// One that has said nothing yet.
    pub fn silent(place: Place) -> Self {
        let command = place.chaos(&["lsp"]);
        Self::of(place, command)
    }

    /// One that has started the server so.
    pub fn of(place: Place, mut command: Command) -> Self {
        let mut running = Running::start(command.stdin(Stdio::piped()));
        let input = running.0.stdin.take();
        let output = BufReader::new(running.0.stdout.take().unwrap());
        let watch = Watch::over(running.0.id());
        Self {
            place,
            running,
            input,
            output,
            watch,
            asked: 0,
            told: BTreeMap::new(),
            early: Vec::new(),
            odd: Vec::new(),
            requested: Vec::new(),
            offered: Value::Null,
        }
    }

    /// The address of a file in its folder.
    pub fn address(&self, name: &str) -> String {
        if name.contains(':') {
            return name.to_owned();
        }
        format!("file://{}/{name}", self.place.path().canonicalize().unwrap().display())
    }

    pub fn send(&mut self, message: impl Into<Message>) {
        message.into().write(self.input.as_mut().unwrap()).unwrap();
    }

    /// Bytes that are no message.
    pub fn send_bytes(&mut self, bytes: &[u8]) {
        self.input.as_mut().unwrap().write_all(bytes).unwrap();
    }

    pub fn tell(&mut self, method: &str, params: Value) {
        self.send(Notification::new(method.to_owned(), params));
    }

    /// Sends a request and gives its number.
    pub fn begin(&mut self, method: &str, params: Value) -> i32 {
        self.asked += 1;
        self.send(Request::new(self.asked.into(), method.to_owned(), params));
        self.asked
    }

    /// The answer to a request.
    pub fn answer(&mut self, id: i32) -> Response {
        if let Some(at) = self.early.iter().position(|it| it.id == id.into()) {
            return self.early.swap_remove(at);
        }
        loop {
            let message = match Message::read(&mut self.output) {
                Ok(message) => {
                    self.watch.beat();
                    message.expect("the server went away")
                }
                Err(error) => {
                    self.odd.push(error.to_string());
                    continue;
                }
            };
            match message {
                Message::Response(response) if response.id == id.into() => return response,
                Message::Response(other) => self.early.push(other),
                Message::Request(request) => {
                    self.requested.push(request.method);
                    self.send(Response::new_ok(request.id, Value::Null));
                }
                Message::Notification(it) => {
                    assert_eq!(it.method, "textDocument/publishDiagnostics");
                    let address = it.params["uri"].as_str().unwrap().to_owned();
                    self.told.insert(address, it.params["diagnostics"].clone());
                }
            }
        }
    }

    /// Answers that nobody waited for, in words.
    pub fn early_answers(&self) -> Vec<String> {
        self.early.iter().map(|answer| format!("{answer:?}")).collect()
    }

    /// Asks, and gives what is answered.
    #[track_caller]
    pub fn ask(&mut self, method: &str, params: Value) -> Value {
        let id = self.begin(method, params);
        self.answer(id).response_result.unwrap_or_else(|error| panic!("{method}: {}", error.message))
    }

    /// Asks what is refused; gives the code and the reason.
    #[track_caller]
    pub fn refused(&mut self, method: &str, params: Value) -> (i32, String) {
        let id = self.begin(method, params);
        let error = self.answer(id).response_result.unwrap_err();
        (error.code, error.message)
    }

    /// Opens a file with this text.
    pub fn open(&mut self, name: &str, text: &str) {
        let uri = self.address(name);
        let document = json!({ "uri": uri, "languageId": "chaos", "version": 1, "text": text });
        self.tell("textDocument/didOpen", json!({ "textDocument": document }));
    }

    /// Opens a file as it lies there.
    pub fn open_file(&mut self, name: &str) {
        let text = std::fs::read_to_string(self.place.path().join(name)).unwrap();
        self.open(name, &text);
    }

    /// Opens a file with marks in it.
    pub fn open_marked(&mut self, name: &str, text: &str) -> Marked {
        let marked = marked(text);
        self.open(name, &marked.text);
        marked
    }

    /// Gives a file another text.
    pub fn rewrite(&mut self, name: &str, version: i32, text: &str) {
        self.change(name, version, json!([{ "text": text }]));
    }

    pub fn change(&mut self, name: &str, version: i32, changes: Value) {
        let document = json!({ "uri": self.address(name), "version": version });
        self.tell("textDocument/didChange", json!({ "textDocument": document, "contentChanges": changes }));
    }

    /// Asks something of a file.
    #[track_caller]
    pub fn ask_of(&mut self, method: &str, name: &str, more: Value) -> Value {
        let mut params = json!({ "textDocument": { "uri": self.address(name) } });
        params.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.ask(&format!("textDocument/{method}"), params)
    }

    /// Asks something of a place in a file.
    #[track_caller]
    pub fn ask_at(&mut self, method: &str, name: &str, position: &Value) -> Value {
        self.ask_of(method, name, json!({ "position": position }))
    }

    /// What the server says is wrong with a file, once everything that was sent is taken in.
    pub fn findings(&mut self, name: &str) -> Vec<Value> {
        self.ask("workspace/symbol", json!({ "query": "no such thing" }));
        let address = self.address(name);
        self.told.get(&address).and_then(Value::as_array).cloned().unwrap_or_default()
    }

    /// The codes of what is wrong with a file, each with its line (from 1).
    pub fn codes(&mut self, name: &str) -> Vec<String> {
        let code = |it: &Value| {
            let line = it["range"]["start"]["line"].as_u64().unwrap() + 1;
            format!("{}@{line}", it["code"].as_str().unwrap())
        };
        self.findings(name).iter().map(code).collect()
    }

    /// Says goodbye, and gives how the server ended.
    pub fn leave(mut self) -> ExitStatus {
        self.ask("shutdown", Value::Null);
        self.tell("exit", Value::Null);
        self.running.wait()
    }

    /// Closes the end at which answers come.
    pub fn stop_reading(&mut self) {
        let (reader, _) = std::io::pipe().unwrap();
        let _old = std::mem::replace(
            &mut self.output,
            BufReader::new(std::process::ChildStdout::from(std::os::fd::OwnedFd::from(reader))),
        );
    }

    /// How the server ended by itself.
    pub fn ended(&mut self) -> Option<i32> {
        self.running.wait().code()
    }

    /// Goes away without a word.
    pub fn vanish(mut self) -> ExitStatus {
        drop(self.input.take());
        self.running.wait()
    }

    /// Ends without `shutdown`.
    pub fn rush_out(mut self) -> ExitStatus {
        self.tell("exit", Value::Null);
        self.running.wait()
    }
}

/// The text with the edits of an answer.
pub fn edited(text: &str, edits: &Value) -> String {
    let mut edits: Vec<(usize, usize, String)> = edits
        .as_array()
        .unwrap()
        .iter()
        .map(|edit| {
            let (start, end) = (byte(text, &edit["range"]["start"]), byte(text, &edit["range"]["end"]));
            (start, end, edit["newText"].as_str().unwrap().to_owned())
        })
        .collect();
    edits.sort();
    let mut out = text.to_owned();
    for (start, end, new) in edits.into_iter().rev() {
        out.replace_range(start..end, &new);
    }
    out
}

/// The byte at a position in UTF-16.
pub fn byte(text: &str, position: &Value) -> usize {
    let (line, column) = (position["line"].as_u64().unwrap(), position["character"].as_u64().unwrap());
    let start: usize = text.split_inclusive('\n').take(line as usize).map(str::len).sum();
    let mut left = column as usize;
    for (at, character) in text[start..].char_indices() {
        if left == 0 {
            return start + at;
        }
        left -= character.len_utf16();
    }
    text.len()
}

/// The words at a range.
pub fn at<'t>(text: &'t str, range: &Value) -> &'t str {
    &text[byte(text, &range["start"])..byte(text, &range["end"])]
}
