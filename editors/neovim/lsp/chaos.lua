-- Read by Neovim from 0.11 on, where `vim.lsp.enable("chaos")` starts the server.
return {
  cmd = { vim.g.chaos_path or "chaos", "lsp" },
  filetypes = { "chaos" },
  root_markers = { "chaos.toml", ".git" },
}
