//! Tells Zed how the language server is started.

use zed_extension_api::{self as zed, Command, LanguageServerId, Result, Worktree, settings::LspSettings};

struct Chaos;

impl zed::Extension for Chaos {
    fn new() -> Self {
        Self
    }

    /// The program that the settings name (`lsp.chaos.binary.path`), else the one on the path.
    fn language_server_command(&mut self, server: &LanguageServerId, worktree: &Worktree) -> Result<Command> {
        let binary = LspSettings::for_worktree(server.as_ref(), worktree).ok().and_then(|settings| settings.binary);
        let named = binary.as_ref().and_then(|binary| binary.path.clone());
        let command = named
            .or_else(|| worktree.which("chaos"))
            .ok_or("`chaos` is not on the path: install it, or say where it is in `lsp.chaos.binary.path`")?;
        let args = binary.and_then(|binary| binary.arguments).unwrap_or_else(|| vec!["lsp".to_owned()]);
        Ok(Command { command, args, env: worktree.shell_env() })
    }
}

zed::register_extension!(Chaos);
