//! The loop: messages in, answers out.

use super::findings::Board;
use super::pulls::Pull;
use super::workspace::Workspace;
use super::{World, address, asked, capabilities, outside};
use crate::base::Overlay;
use crate::names::Shelf;
use gen_lsp_types as lsp;
use gen_lsp_types::{
    DidChangeTextDocumentParams, DidOpenTextDocumentParams, InitializeParams, PublishDiagnosticsParams, Uri,
};
use lsp_server::{Connection, ErrorCode, Message, Notification, Request, RequestId, Response};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::cell::Cell;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

/// Answers a client until it says `exit` or goes away; whether it ended as it should.
pub fn serve(connection: &Connection, world: &dyn World) -> bool {
    let files = Overlay::over(world);
    let shelf = Shelf::new(&files);
    let mut server = Server {
        connection,
        workspace: Workspace::new(world, &files, &shelf),
        board: Board::default(),
        waiting: VecDeque::new(),
        pulls: VecDeque::new(),
        asks_of_all: false,
        stage: Stage::Strange,
        client: capabilities::Client::default(),
        sent: 0,
        is_alone: Cell::new(false),
    };
    server.run()
}

/// How far the client has come.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// It has not said who it is.
    Strange,
    /// It asks.
    Known,
    /// It said that it is about to leave.
    Leaving,
}

struct Server<'w> {
    connection: &'w Connection,
    workspace: Workspace<'w>,
    board: Board,
    /// Messages that have come and are not answered yet.
    waiting: VecDeque<Message>,
    /// Questions about the whole workspace that are not answered yet.
    pulls: VecDeque<Pull>,
    /// Whether the client asks for the findings of all files, open or not.
    asks_of_all: bool,
    stage: Stage,
    client: capabilities::Client,
    /// Requests of our own that were sent.
    sent: i32,
    /// Whether nobody takes what is sent.
    is_alone: Cell<bool>,
}

impl Server<'_> {
    fn run(&mut self) -> bool {
        while let Some(message) = self.next() {
            match message {
                Message::Request(request) => self.request(request),
                Message::Notification(notification) if notification.method == "exit" => {
                    return self.stage == Stage::Leaving;
                }
                Message::Notification(notification) => self.notified(notification),
                Message::Response(_) => {}
            }
        }
        false
    }

    /// The next message; while none waits, what has changed is checked. None when the client has gone away.
    fn next(&mut self) -> Option<Message> {
        loop {
            self.take_all();
            if self.is_alone.get() {
                return None;
            }
            if let Some(message) = self.waiting.pop_front() {
                return Some(message);
            }
            if self.workspace.is_stale() {
                self.show();
            } else if !self.pulls.is_empty() {
                self.work_on_pull();
            } else {
                return self.connection.receiver.recv().ok();
            }
        }
    }

    /// Takes what has come meanwhile. A request that is cancelled before its turn is answered so.
    fn take_all(&mut self) {
        while let Ok(message) = self.connection.receiver.try_recv() {
            match &message {
                Message::Notification(it) if it.method == "$/cancelRequest" => self.cancel(&it.params["id"]),
                _ => self.waiting.push_back(message),
            }
        }
    }

    fn cancel(&mut self, id: &Value) {
        let Ok(id) = serde_json::from_value::<RequestId>(id.clone()) else { return };
        let is_it = |message: &Message| matches!(message, Message::Request(request) if request.id == id);
        if let Some(at) = self.waiting.iter().position(is_it) {
            self.waiting.remove(at);
            self.refuse(id, ErrorCode::RequestCanceled, "cancelled before its turn".to_owned());
        } else if let Some(at) = self.pulls.iter().position(|pull| pull.id == id) {
            self.pulls.remove(at);
            self.refuse(id, ErrorCode::RequestCanceled, "cancelled while files were checked".to_owned());
        }
    }

    fn send(&self, message: impl Into<Message>) {
        if self.connection.sender.send(message.into()).is_err() {
            self.is_alone.set(true);
        }
    }

    fn refuse(&self, id: RequestId, code: ErrorCode, why: String) {
        self.send(Response::new_err(id, code as i32, why));
    }

    fn request(&mut self, request: Request) {
        let Request { id, method, params } = request;
        match (self.stage, method.as_str()) {
            (Stage::Strange, "initialize") => self.initialize(id, params),
            (Stage::Strange, _) => {
                self.refuse(id, ErrorCode::ServerNotInitialized, "`initialize` comes first".to_owned());
            }
            (Stage::Known, "shutdown") => {
                self.stage = Stage::Leaving;
                for pull in std::mem::take(&mut self.pulls) {
                    self.refuse(pull.id, ErrorCode::RequestCanceled, "the client leaves".to_owned());
                }
                self.send(Response { id, response_result: Ok(Value::Null) });
            }
            (Stage::Leaving, _) | (_, "initialize") => {
                let why = format!("`{method}` comes at the wrong time");
                self.refuse(id, ErrorCode::InvalidRequest, why);
            }
            (Stage::Known, "workspace/diagnostic") => self.pull(id, params),
            (Stage::Known, _) => self.answer(id, &method, params),
        }
    }

    /// Answers a question. Should it ever break the server, it is answered by an error, and the next one is taken.
    fn answer(&mut self, id: RequestId, method: &str, params: Value) {
        if self.workspace.is_stale() {
            self.show();
        }
        let (workspace, board) = (&mut self.workspace, &self.board);
        let answered = catch_unwind(AssertUnwindSafe(|| asked::answer(workspace, board, method, params)));
        match answered {
            Ok(Ok(value)) => self.send(Response { id, response_result: Ok(value) }),
            Ok(Err((code, why))) => self.refuse(id, code, why),
            Err(_) => self.failed(id, method),
        }
    }

    fn failed(&self, id: RequestId, method: &str) {
        self.refuse(id, ErrorCode::InternalError, format!("`{method}` failed; this is a defect of chaos"));
    }

    /// Takes a question about the whole workspace. From then on the client knows of files that are not open by asking.
    fn pull(&mut self, id: RequestId, params: Value) {
        let params = match serde_json::from_value(params) {
            Ok(params) => params,
            Err(error) => return self.refuse(id, ErrorCode::InvalidParams, error.to_string()),
        };
        if !std::mem::replace(&mut self.asks_of_all, true) {
            let told = self.board.all().iter().filter(|(path, found)| !found.is_empty() && !self.is_open(path));
            let withdrawn: Vec<Uri> = told.map(|(path, _)| address::address(path)).collect();
            for uri in withdrawn {
                self.tell(PublishDiagnosticsParams { uri, version: None, diagnostics: Vec::new() });
            }
        }
        let pull = Pull::new(id, params, &mut self.workspace);
        self.pulls.push_back(pull);
    }

    /// Checks some files for the oldest question about the workspace, and answers it when none are left.
    fn work_on_pull(&mut self) {
        let Some(pull) = self.pulls.pop_front() else { return };
        let (workspace, board) = (&mut self.workspace, &self.board);
        let worked = catch_unwind(AssertUnwindSafe(|| pull.work(workspace).then(|| pull.report(workspace, board))));
        match worked {
            Ok(None) => self.pulls.push_front(pull),
            Ok(Some(report)) => {
                let report = serde_json::to_value(report).unwrap_or_default();
                self.send(Response { id: pull.id, response_result: Ok(report) });
            }
            Err(_) => self.failed(pull.id, "workspace/diagnostic"),
        }
    }

    fn is_open(&self, path: &Path) -> bool {
        self.workspace.documents.contains_key(path)
    }

    fn tell(&self, params: PublishDiagnosticsParams) {
        self.send(Notification::new("textDocument/publishDiagnostics".to_owned(), params));
    }

    fn initialize(&mut self, id: RequestId, params: Value) {
        let params: InitializeParams = match serde_json::from_value(params) {
            Ok(params) => params,
            Err(error) => return self.refuse(id, ErrorCode::InvalidParams, error.to_string()),
        };
        self.client = capabilities::Client::of(&params);
        self.workspace.encoding = self.client.encoding;
        self.workspace.lints = self.client.lints;
        self.workspace.inserting = self.client.inserting;
        self.workspace.roots.extend(outside::roots(params));
        let result = serde_json::to_value(capabilities::offered(&self.client)).unwrap_or_default();
        self.stage = Stage::Known;
        self.send(Response { id, response_result: Ok(result) });
    }

    fn notified(&mut self, notification: Notification) {
        let Notification { method, params } = notification;
        match (self.stage, method.as_str()) {
            (Stage::Known, "initialized") => self.watch(),
            (Stage::Known, "textDocument/didOpen") => self.with(params, Self::open),
            (Stage::Known, "textDocument/didChange") => self.with(params, Self::change),
            (Stage::Known, "textDocument/didSave") if !self.client.watches => self.workspace.doubt(),
            (Stage::Known, "textDocument/didClose") => {
                self.with(params, |server, it: lsp::DidCloseTextDocumentParams| {
                    server.workspace.close(&address::path(&it.text_document.uri));
                    server.show();
                })
            }
            (Stage::Known, "workspace/didChangeWatchedFiles") => {
                self.with(params, |server, it: lsp::DidChangeWatchedFilesParams| {
                    server.changed_outside(it.changes.iter().map(|change| address::path(&change.uri)).collect());
                });
            }
            // Of a folder that goes, whoever watches files is told nothing of those in it.
            (Stage::Known, "workspace/didCreateFiles" | "workspace/didRenameFiles" | "workspace/didDeleteFiles") => {
                self.changed_outside(outside::paths_of(&params));
            }
            (Stage::Known, "workspace/didChangeWorkspaceFolders") => self.with(params, Self::folders),
            _ => {}
        }
    }

    /// Does something with what a notification says; one that says nothing sensible is passed over.
    fn with<P: DeserializeOwned>(&mut self, params: Value, work: impl FnOnce(&mut Self, P)) {
        if let Ok(params) = serde_json::from_value(params) {
            work(self, params);
        }
    }

    fn open(&mut self, params: DidOpenTextDocumentParams) {
        let it = params.text_document;
        let path = address::path(&it.uri);
        if !self.client.watches {
            self.workspace.doubt();
        }
        self.workspace.put(&path, super::documents::Document::new(it.uri, it.version, it.text));
    }

    fn change(&mut self, params: DidChangeTextDocumentParams) {
        let path = address::path(&params.text_document.text_document_identifier.uri);
        let (version, changes) = (params.text_document.version, params.content_changes);
        self.workspace.change(&path, |document, encoding| document.change(version, changes, encoding));
    }

    fn folders(&mut self, params: lsp::DidChangeWorkspaceFoldersParams) {
        for gone in &params.event.removed {
            self.workspace.roots.remove(&address::path(&gone.uri));
        }
        self.workspace.roots.extend(params.event.added.iter().map(|new| address::path(&new.uri)));
    }

    /// Checks what has changed, and tells the client what is found now.
    fn show(&mut self) {
        // A defect of the compiler must not take the editor's server away: the next edit is checked again.
        let _shown_before = catch_unwind(AssertUnwindSafe(|| self.workspace.refresh()));
        let changed = self.board.update(&self.workspace);
        for (path, params) in changed {
            // Whoever asks for the findings of a file is not told them, too.
            let asks = if self.is_open(&path) { self.client.pulls } else { self.asks_of_all };
            if !asks {
                self.tell(params);
            }
        }
    }

    /// Files and folders have changed, came or went outside the documents.
    fn changed_outside(&mut self, paths: Vec<PathBuf>) {
        if self.workspace.changed_outside(&paths) {
            self.have_asked_again();
        }
    }

    /// Whoever asks for findings cannot know that files have changed outside the editor.
    fn have_asked_again(&mut self) {
        if self.client.asks_again && (self.client.pulls || self.asks_of_all) {
            self.ask("workspace/diagnostic/refresh", Value::Null);
        }
    }

    /// Sends a request of our own. Nothing depends on the answer.
    fn ask(&mut self, method: &str, params: Value) {
        self.sent += 1;
        self.send(Request { id: self.sent.into(), method: method.to_owned(), params });
    }

    /// Asks to be told of files that change outside the editor.
    fn watch(&mut self) {
        if !self.client.watches {
            return;
        }
        self.ask("client/registerCapability", outside::watching());
    }
}
