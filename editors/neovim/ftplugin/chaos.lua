vim.bo.commentstring = "# %s"
vim.bo.comments = "b:##,b:#"
vim.bo.expandtab = true
vim.bo.shiftwidth = 2
vim.bo.softtabstop = 2

vim.b.undo_ftplugin = "setlocal commentstring< comments< expandtab< shiftwidth< softtabstop<"

-- With the parser installed colours and folds come from it; without it colours are what the language server says.
if vim.treesitter.start and pcall(vim.treesitter.start, 0, "chaos") then
  vim.b.undo_ftplugin = vim.b.undo_ftplugin .. " | call v:lua.vim.treesitter.stop()"
  if vim.treesitter.foldexpr then
    vim.opt_local.foldmethod = "expr"
    vim.opt_local.foldexpr = "v:lua.vim.treesitter.foldexpr()"
    vim.opt_local.foldlevel = 99
    vim.b.undo_ftplugin = vim.b.undo_ftplugin .. " | setlocal foldmethod< foldexpr< foldlevel<"
  end
end
