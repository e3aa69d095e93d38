if vim.g.loaded_chaos then
  return
end
vim.g.loaded_chaos = true

-- `vim.g.chaos_path` says where the program is; else it is looked for on the path.
local function program()
  return vim.g.chaos_path or "chaos"
end

-- The folder of a file's project.
local function root_of(file)
  local folder = vim.fn.fnamemodify(file, ":p:h")
  for _, marker in ipairs({ "chaos.toml", ".git" }) do
    local found = vim.fn.findfile(marker, folder .. ";")
    if found == "" then
      found = vim.fn.finddir(marker, folder .. ";")
    end
    if found ~= "" then
      return vim.fn.fnamemodify(found, ":p"):gsub("/$", ""):match("^(.*)/[^/]*$")
    end
  end
  return folder
end

local clients = {}

-- Neovim 0.7 has no `vim.lsp.start`: one client for each project.
local function start_client(buffer, config)
  local id = clients[config.root_dir]
  if not id or not vim.lsp.get_client_by_id(id) then
    id = vim.lsp.start_client(config)
    clients[config.root_dir] = id
  end
  if id then
    vim.lsp.buf_attach_client(buffer, id)
  end
end

if vim.lsp.enable then
  vim.lsp.enable("chaos")
else
  vim.api.nvim_create_autocmd("FileType", {
    pattern = "chaos",
    callback = function(it)
      local file = vim.api.nvim_buf_get_name(it.buf)
      local config = { name = "chaos", cmd = { program(), "lsp" }, root_dir = root_of(file) }
      if vim.lsp.start then
        vim.lsp.start(config)
      else
        start_client(it.buf, config)
      end
    end,
  })
end

-- Runs the program in a split below.
local function run(arguments)
  vim.cmd("botright 15new")
  vim.fn.termopen(vim.list_extend({ program() }, arguments))
end

-- What the server's lenses ask for: the document's address, and the name of the experiment or test.
local function lens(make)
  return function(command)
    local file = vim.uri_to_fname(command.arguments[1])
    run(make(file, command.arguments[2]))
  end
end

vim.lsp.commands["chaos.plan"] = lens(function(file, name)
  return { "plan", file, "--experiment", name }
end)
vim.lsp.commands["chaos.test"] = lens(function(file, name)
  return { "test", file, "--filter", name }
end)
