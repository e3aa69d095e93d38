//! What the client can do, and what the server offers it.

use super::completion::Inserting;
use super::text::Encoding;
use super::{completion, tokens};
use gen_lsp_types::{
    ChangeNotifications, CodeActionKind, CodeActionOptions, CodeActionProvider, CodeLensOptions, CompletionOptions,
    DefinitionProvider, DiagnosticOptions, DiagnosticProvider, DocumentFormattingProvider, DocumentHighlightProvider,
    DocumentLinkOptions, DocumentOnTypeFormattingOptions, DocumentRangeFormattingProvider, DocumentSymbolProvider,
    FileOperationFilter, FileOperationOptions, FileOperationPattern, FileOperationPatternKind,
    FileOperationRegistrationOptions, FoldingRangeProvider, Full, HoverProvider, InitializeParams, InitializeResult,
    InlayHintProvider, PositionEncodingKind, ReferencesProvider, RenameOptions, RenameProvider, Save,
    SelectionRangeProvider, SemanticTokensLegend, SemanticTokensOptions, SemanticTokensOptionsRange,
    SemanticTokensProvider, ServerCapabilities, ServerInfo, SignatureHelpOptions, TextDocumentContent,
    TextDocumentContentOptions, TextDocumentSync, TextDocumentSyncKind, TextDocumentSyncOptions,
    WorkspaceFoldersServerCapabilities, WorkspaceOptions, WorkspaceSymbolProvider,
};
use serde_json::Value;

/// What is known of the client.
#[derive(Clone, Debug)]
pub struct Client {
    /// How it counts columns.
    pub encoding: Encoding,
    /// Whether it asks for findings, so that it need not be told.
    pub pulls: bool,
    /// Whether it can be asked to ask for findings again.
    pub asks_again: bool,
    /// Whether it tells of files that change outside.
    pub watches: bool,
    /// Whether it wants the linter's findings.
    pub lints: bool,
    /// How it writes what it is offered.
    pub inserting: Inserting,
}

impl Default for Client {
    fn default() -> Self {
        Self {
            encoding: Encoding::Utf16,
            pulls: false,
            asks_again: false,
            watches: false,
            lints: true,
            inserting: Inserting::default(),
        }
    }
}

impl Client {
    /// As it introduces itself.
    pub fn of(params: &InitializeParams) -> Self {
        // The form of what a client can do is deep and all optional: paths into it say what is meant.
        let can = serde_json::to_value(&params.capabilities).unwrap_or_default();
        let has = |path: &str| can.pointer(path).is_some_and(|it| it.as_bool().unwrap_or(!it.is_null()));
        let encodings = can.pointer("/general/positionEncodings").and_then(Value::as_array);
        let encoding = encodings.and_then(|all| all.iter().find_map(|it| encoding(it.as_str()?)));
        let lints = params.initialization_options.as_ref().and_then(|options| options["lints"].as_bool());
        Self {
            encoding: encoding.unwrap_or(Encoding::Utf16),
            pulls: has("/textDocument/diagnostic"),
            asks_again: has("/workspace/diagnostics/refreshSupport"),
            watches: has("/workspace/didChangeWatchedFiles/dynamicRegistration"),
            lints: lints.unwrap_or(true),
            inserting: Inserting {
                snippets: has("/textDocument/completion/completionItem/snippetSupport"),
                replaces: has("/textDocument/completion/completionItem/insertReplaceSupport"),
            },
        }
    }
}

/// The way of counting columns with this name, where it is known here. Clients name the one they like best first.
fn encoding(name: &str) -> Option<Encoding> {
    match name {
        "utf-8" => Some(Encoding::Utf8),
        "utf-16" => Some(Encoding::Utf16),
        "utf-32" => Some(Encoding::Utf32),
        _ => None,
    }
}

fn words(list: &[&str]) -> Option<Vec<String>> {
    Some(list.iter().map(|word| (*word).to_owned()).collect())
}

/// What the server offers.
pub fn offered(client: &Client) -> InitializeResult {
    let encoding = match client.encoding {
        Encoding::Utf8 => PositionEncodingKind::UTF8,
        Encoding::Utf16 => PositionEncodingKind::UTF16,
        Encoding::Utf32 => PositionEncodingKind::UTF32,
    };
    let capabilities = ServerCapabilities {
        position_encoding: Some(encoding),
        text_document_sync: Some(TextDocumentSync::Options(TextDocumentSyncOptions {
            open_close: Some(true),
            change: Some(TextDocumentSyncKind::Incremental),
            save: Some(Save::Bool(true)),
            ..Default::default()
        })),
        diagnostic_provider: Some(DiagnosticProvider::DiagnosticOptions(DiagnosticOptions {
            inter_file_dependencies: true,
            workspace_diagnostics: true,
            ..Default::default()
        })),
        hover_provider: Some(HoverProvider::Bool(true)),
        completion_provider: Some(CompletionOptions {
            trigger_characters: words(completion::TRIGGERS),
            ..Default::default()
        }),
        signature_help_provider: Some(SignatureHelpOptions {
            trigger_characters: words(&["(", ","]),
            retrigger_characters: words(&[":"]),
            ..Default::default()
        }),
        definition_provider: Some(DefinitionProvider::Bool(true)),
        references_provider: Some(ReferencesProvider::Bool(true)),
        document_highlight_provider: Some(DocumentHighlightProvider::Bool(true)),
        rename_provider: Some(RenameProvider::RenameOptions(RenameOptions {
            prepare_provider: Some(true),
            ..Default::default()
        })),
        document_symbol_provider: Some(DocumentSymbolProvider::Bool(true)),
        workspace_symbol_provider: Some(WorkspaceSymbolProvider::Bool(true)),
        inlay_hint_provider: Some(InlayHintProvider::Bool(true)),
        code_action_provider: Some(CodeActionProvider::CodeActionOptions(CodeActionOptions {
            code_action_kinds: Some(vec![CodeActionKind::QuickFix, CodeActionKind::SourceFixAll]),
            ..Default::default()
        })),
        code_lens_provider: Some(CodeLensOptions::default()),
        document_link_provider: Some(DocumentLinkOptions::default()),
        folding_range_provider: Some(FoldingRangeProvider::Bool(true)),
        selection_range_provider: Some(SelectionRangeProvider::Bool(true)),
        semantic_tokens_provider: Some(coloured()),
        workspace: Some(of_workspace()),
        ..formatted()
    };
    let version = Some(env!("CARGO_PKG_VERSION").to_owned());
    InitializeResult { capabilities, server_info: Some(ServerInfo { name: "chaos".to_owned(), version }) }
}

fn formatted() -> ServerCapabilities {
    ServerCapabilities {
        document_formatting_provider: Some(DocumentFormattingProvider::Bool(true)),
        document_range_formatting_provider: Some(DocumentRangeFormattingProvider::Bool(true)),
        document_on_type_formatting_provider: Some(DocumentOnTypeFormattingOptions {
            first_trigger_character: "}".to_owned(),
            more_trigger_character: words(&["\n"]),
        }),
        ..Default::default()
    }
}

fn coloured() -> SemanticTokensProvider {
    SemanticTokensProvider::SemanticTokensOptions(SemanticTokensOptions {
        legend: SemanticTokensLegend {
            token_types: words(tokens::TYPES).unwrap_or_default(),
            token_modifiers: words(tokens::MODIFIERS).unwrap_or_default(),
        },
        range: Some(SemanticTokensOptionsRange::Bool(true)),
        full: Some(Full::Bool(true)),
        ..Default::default()
    })
}

fn of_workspace() -> WorkspaceOptions {
    let folders = WorkspaceFoldersServerCapabilities {
        supported: Some(true),
        change_notifications: Some(ChangeNotifications::Bool(true)),
    };
    let pages = TextDocumentContentOptions { schemes: words(&[super::links::PAGES]).unwrap_or_default() };
    let moving = |glob: &str, kind: FileOperationPatternKind| FileOperationFilter {
        scheme: Some("file".to_owned()),
        pattern: FileOperationPattern { glob: glob.to_owned(), matches: Some(kind), options: None },
    };
    let moves = [("**/*.chaos", FileOperationPatternKind::File), ("**", FileOperationPatternKind::Folder)];
    let moves = FileOperationRegistrationOptions { filters: moves.map(|(glob, kind)| moving(glob, kind)).to_vec() };
    WorkspaceOptions {
        workspace_folders: Some(folders),
        file_operations: Some(FileOperationOptions {
            will_rename: Some(moves.clone()),
            did_create: Some(moves.clone()),
            did_rename: Some(moves.clone()),
            did_delete: Some(moves),
            ..Default::default()
        }),
        text_document_content: Some(TextDocumentContent::Options(pages)),
    }
}
