-- Read by Neovim from 0.11 on, where `vim.lsp.enable("chaos")` starts the server.
return {
  cmd = { vim.g.chaos_path or "chaos", "lsp" },
  filetypes = { "chaos" },
  -- The folder of the project; without one that of the file, as for older Neovims.
  root_dir = function(buffer, use)
    local folder = vim.fs.dirname(vim.api.nvim_buf_get_name(buffer))
    use(vim.fs.root(buffer, { "chaos.toml", ".git" }) or folder)
  end,
}
