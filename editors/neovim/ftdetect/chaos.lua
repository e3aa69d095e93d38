vim.api.nvim_create_autocmd({ "BufNewFile", "BufRead" }, {
  pattern = "*.chaos",
  callback = function()
    vim.bo.filetype = "chaos"
  end,
})
