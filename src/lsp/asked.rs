//! What is asked, and who answers it.

use super::findings::Board;
use super::known::Known;
use super::text::Page;
use super::workspace::Workspace;
use super::{
    actions, address, completion, folding, formatting, goto, hints, hover, lenses, links, moves, pulls, rename,
    selection, signature, symbols, tokens,
};
use crate::base::SourceId;
use gen_lsp_types as lsp;
use gen_lsp_types::{CodeActionKind, Position, TextDocumentContentResult, TextDocumentPositionParams, Uri};
use lsp_server::ErrorCode;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::path::{Path, PathBuf};

/// An open document that something is asked of.
pub struct Asked<'a> {
    /// Its path.
    pub path: &'a Path,
    /// Its text.
    pub page: Page<'a>,
    /// What it means.
    pub known: Option<&'a Known>,
    /// Everything else that is known.
    pub workspace: &'a Workspace<'a>,
}

impl Asked<'_> {
    /// The document's text in its program.
    pub fn source(&self) -> Option<SourceId> {
        self.known.and_then(Known::source)
    }
}

type Answer = Result<Value, (ErrorCode, String)>;

/// Answers one request.
///
/// # Errors
/// Its parameters say nothing sensible, nobody knows the method, or what is asked cannot be done.
pub fn answer(workspace: &mut Workspace, board: &Board, method: &str, params: Value) -> Answer {
    let mut asks = Asks { workspace, params };
    match method {
        "textDocument/diagnostic" => asks.report(board),
        "textDocument/hover" => asks.at(hover::hover),
        "textDocument/completion" => asks.at(completion::complete),
        "textDocument/signatureHelp" => asks.at(signature::help),
        "textDocument/definition" => asks.at(goto::definition),
        "textDocument/documentHighlight" => asks.at(goto::highlights),
        "textDocument/references" => asks.references(),
        "textDocument/prepareRename" => asks.at(rename::prepare),
        "textDocument/rename" => asks.rename(),
        "textDocument/documentSymbol" => asks.document(symbols::of_document),
        "textDocument/semanticTokens/full" => asks.document(|asked| Some(tokens::all(asked))),
        "textDocument/semanticTokens/range" => asks.ranged(|asked, range| Some(tokens::of_range(asked, range))),
        "textDocument/inlayHint" => asks.ranged(hints::hints),
        "textDocument/codeAction" => asks.actions(),
        "textDocument/codeLens" => asks.document(lenses::lenses),
        "textDocument/documentLink" => asks.document(links::links),
        "textDocument/foldingRange" => asks.document(folding::ranges),
        "textDocument/selectionRange" => asks.selection(),
        "textDocument/formatting" => asks.document(formatting::whole),
        "textDocument/rangeFormatting" => asks.ranged(formatting::range),
        "textDocument/onTypeFormatting" => asks.at(formatting::on_type),
        "workspace/symbol" => asks.symbols(),
        "workspace/willRenameFiles" => asks.moves(),
        "workspace/textDocumentContent" => {
            let params: lsp::TextDocumentContentParams = read(asks.params)?;
            let text = links::content(&params.uri, asks.workspace);
            let text = text.ok_or((ErrorCode::RequestFailed, format!("there is no `{}`", params.uri.0)))?;
            give(TextDocumentContentResult { text })
        }
        _ => Err((ErrorCode::MethodNotFound, format!("nobody knows `{method}`"))),
    }
}

fn read<T: DeserializeOwned>(params: Value) -> Result<T, (ErrorCode, String)> {
    serde_json::from_value(params).map_err(|error| (ErrorCode::InvalidParams, error.to_string()))
}

fn give(value: impl Serialize) -> Answer {
    serde_json::to_value(value).map_err(|error| (ErrorCode::InternalError, error.to_string()))
}

struct Asks<'a, 'w> {
    workspace: &'a mut Workspace<'w>,
    params: Value,
}

impl Asks<'_, '_> {
    /// The document that is asked of. One that is not open has no answer.
    fn with<T: Serialize>(&self, uri: &Uri, answer: impl FnOnce(&Asked) -> T) -> Answer {
        let path = address::path(uri);
        let Some(document) = self.workspace.documents.get(&path) else { return Ok(Value::Null) };
        let page = document.page(self.workspace.encoding);
        let known = self.workspace.known(&path);
        give(answer(&Asked { path: &path, page, known, workspace: self.workspace }))
    }

    fn uri(&self) -> Result<Uri, (ErrorCode, String)> {
        read(self.params.pointer("/textDocument/uri").cloned().unwrap_or_default())
    }

    fn report(&self, board: &Board) -> Answer {
        let previous = self.params["previousResultId"].as_str();
        give(pulls::of_document(board, &address::path(&self.uri()?), previous))
    }

    fn document<T: Serialize>(&self, answer: impl FnOnce(&Asked) -> T) -> Answer {
        self.with(&self.uri()?, answer)
    }

    /// Of a place in a document.
    fn at<T: Serialize>(&self, answer: impl FnOnce(&Asked, usize) -> T) -> Answer {
        let position: Position = read(self.params["position"].clone())?;
        self.document(|asked| answer(asked, asked.page.offset(position)))
    }

    /// Of a part of a document.
    fn ranged<T: Serialize>(&self, answer: impl FnOnce(&Asked, std::ops::Range<usize>) -> T) -> Answer {
        let range: lsp::Range = read(self.params["range"].clone())?;
        self.document(|asked| answer(asked, asked.page.bytes(range)))
    }

    fn actions(&self) -> Answer {
        let only: Option<Vec<CodeActionKind>> =
            read(self.params.pointer("/context/only").cloned().unwrap_or_default())?;
        self.ranged(|asked, bytes| actions::actions(asked, bytes, only.as_deref()))
    }

    fn selection(&self) -> Answer {
        let positions: Vec<Position> = read(self.params["positions"].clone())?;
        let at = |asked: &Asked, position| selection::around(asked, asked.page.offset(position));
        self.document(|asked| positions.iter().map(|position| at(asked, *position)).collect::<Vec<_>>())
    }

    fn references(&mut self) -> Answer {
        let params: lsp::ReferenceParams = read(self.params.take())?;
        let TextDocumentPositionParams { text_document, position } = params.text_document_position_params;
        let programs = self.workspace.programs_in_reach();
        let declaration = params.context.include_declaration;
        self.with(&text_document.uri, |asked| {
            goto::references(asked, asked.page.offset(position), &programs, declaration)
        })
    }

    fn rename(&mut self) -> Answer {
        let params: lsp::RenameParams = read(self.params.take())?;
        let TextDocumentPositionParams { text_document, position } = params.text_document_position_params;
        let programs = self.workspace.programs_in_reach();
        let path = address::path(&text_document.uri);
        let Some(document) = self.workspace.documents.get(&path) else { return Ok(Value::Null) };
        let page = document.page(self.workspace.encoding);
        let known = self.workspace.known(&path);
        let asked = Asked { path: &path, page, known, workspace: self.workspace };
        let renamed = rename::rename(&asked, page.offset(position), &params.new_name, &programs);
        renamed.map_err(|why| (ErrorCode::RequestFailed, why)).and_then(give)
    }

    fn moves(&mut self) -> Answer {
        let params: lsp::RenameFilesParams = read(self.params.take())?;
        let programs = self.workspace.programs();
        give(moves::follow(self.workspace, &params.files, &programs))
    }

    fn symbols(&mut self) -> Answer {
        let params: lsp::WorkspaceSymbolParams = read(self.params.take())?;
        let programs: Vec<PathBuf> = self.workspace.programs();
        give(symbols::of_workspace(self.workspace, &params.query, &programs))
    }
}
