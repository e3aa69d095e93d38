vim.bo.commentstring = "# %s"
vim.bo.comments = "b:##,b:#"
vim.bo.expandtab = true
vim.bo.shiftwidth = 2
vim.bo.softtabstop = 2

-- With the parser installed colours come from it; else from what the language server says.
if vim.treesitter.start then
  pcall(vim.treesitter.start, 0, "chaos")
end
