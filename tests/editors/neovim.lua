-- Drives the plugin in a Neovim from 0.11 on (scripts/test-neovim): everything by what a user calls.

vim.g.chaos_path = vim.env.CHAOS
vim.opt.runtimepath:append(vim.env.PLUGIN)
vim.opt.runtimepath:append(vim.env.SITE)
vim.opt.swapfile = false
vim.cmd("filetype plugin indent on")

local function say(...)
  io.stdout:write("\n", table.concat({ ... }, " "))
end

local function check(what, ready)
  if not vim.wait(60000, ready, 20) then
    say("never:", what)
    vim.cmd("cquit")
  end
  say("yes:", what)
end

local function client()
  return vim.lsp.get_clients({ bufnr = 0 })[1]
end

-- Lines lose their indentation, and have it back.
function Indents()
  local lines = vim.api.nvim_buf_get_lines(0, 0, -1, false)
  local flat = vim.tbl_map(vim.trim, lines)
  vim.api.nvim_buf_set_lines(0, 0, -1, false, flat)
  vim.cmd("silent normal! gg=G")
  check("lines are indented as the formatter does it", function()
    return not vim.deep_equal(flat, lines) and vim.deep_equal(vim.api.nvim_buf_get_lines(0, 0, -1, false), lines)
  end)
end

-- The last step of this script: the plugin is there by then.
function Drive()
  vim.cmd("runtime! plugin/chaos.lua")
  vim.cmd("edit payment_outage.chaos")
  check("colours come from the grammar", function()
    return vim.treesitter.highlighter.active[vim.api.nvim_get_current_buf()] ~= nil
  end)
  check("folds come from the grammar, and are open", function()
    return vim.fn.foldlevel("$") > 0 and vim.fn.foldlevel(1) == 0 and vim.fn.foldclosed("$") == -1
  end)
  Indents()
  check("the server runs in the folder of the file", function()
    return client() and client().initialized and client().root_dir == vim.fn.getcwd()
  end)
  check("the mistake is found", function()
    local found = vim.diagnostic.get(0)
    return #found == 1 and found[1].code == "E0203"
  end)
  local found = vim.diagnostic.get(0)[1]
  vim.api.nvim_win_set_cursor(0, { found.lnum + 1, found.col })
  vim.lsp.buf.code_action({
    apply = true,
    filter = function(action)
      return action.isPreferred and action.kind == "quickfix"
    end,
  })
  check("its fix mends it", function()
    return #vim.diagnostic.get(0) == 0 and vim.api.nvim_get_current_line():find("checkout.success <", 1, true) ~= nil
  end)
  vim.lsp.buf.format()
  vim.cmd("write")

  vim.lsp.codelens.refresh()
  local plan
  check("a lens offers the plan", function()
    for _, lens in ipairs(vim.lsp.codelens.get(0)) do
      plan = lens.command.command == "chaos.plan" and lens.command or plan
    end
    return plan ~= nil
  end)
  vim.fn.search("checkout\\.\\zssuccess")
  vim.lsp.buf.definition()
  check("the definition is in the system's file", function()
    return vim.fn.expand("%:t") == "shop.chaos" and vim.api.nvim_get_current_line():find("metric success", 1, true) ~= nil
  end)
  vim.lsp.commands["chaos.plan"](plan)
  check("the plan is shown", function()
    return vim.bo.buftype == "terminal" and vim.fn.getline(1):find("payment_outage", 1, true) ~= nil
  end)
  vim.cmd("qall!")
end
