//! A real editor: Neovim opens a broken file, sees what is wrong, applies a fix, lays the file out and writes it.

use super::{DEPOT, PLACES, TRIAL};
use crate::harness::Place;
use std::process::{Command, Stdio};

const SCRIPT: &str = r#"
vim.opt.swapfile = false
local client = vim.lsp.start_client({ name = "chaos", cmd = { vim.env.CHAOS, "lsp" }, root_dir = vim.fn.getcwd() })
vim.cmd("edit trial.chaos")
vim.lsp.buf_attach_client(0, client)

local function say(...) io.stdout:write(table.concat({ ... }, " "), "\n") end
local function wait_for(what, ready)
  if not vim.wait(60000, ready, 20) then
    say("never:", what)
    vim.cmd("cquit")
  end
end

wait_for("a finding", function() return #vim.diagnostic.get(0) > 0 end)
for _, it in ipairs(vim.diagnostic.get(0)) do
  say("found", it.code, "in line", tostring(it.lnum + 1))
end

local it = vim.diagnostic.get(0)[1]
local place = { line = it.lnum, character = it.col }
local params = vim.lsp.util.make_text_document_params()
local asked = { textDocument = params, range = { start = place, ["end"] = place }, context = { diagnostics = {} } }
local answer = vim.lsp.buf_request_sync(0, "textDocument/codeAction", asked, 60000)
for _, action in ipairs(answer[client].result) do
  if action.isPreferred then
    say("does", action.title)
    vim.lsp.util.apply_workspace_edit(action.edit, vim.lsp.get_client_by_id(client).offset_encoding)
    break
  end
end
wait_for("everything mended", function() return #vim.diagnostic.get(0) == 0 end)
vim.lsp.buf.formatting_sync(nil, 60000)
vim.cmd("write")

vim.fn.search("belt\\.\\zsflow")
local hover = vim.lsp.buf_request_sync(0, "textDocument/hover", vim.lsp.util.make_position_params(), 60000)
say("hover", vim.split(hover[client].result.contents.value, "\n")[2])
vim.cmd("qall!")
"#;

#[test]
fn neovim_shows_mends_and_formats() {
    let place = Place::new();
    place.write("depot.chaos", DEPOT);
    place.write("places.chaos", PLACES);
    let broken = TRIAL.replace("belt.flow <", "belt.flwo <").replace("owner \"depot\"", "owner     \"depot\"");
    place.write("trial.chaos", broken);
    let script = place.write("edit.lua", SCRIPT);
    let mut command = Command::new("nvim");
    command.args(["--headless", "-u", "NONE", "-i", "NONE", "-c"]).arg(format!("luafile {}", script.display()));
    // A script that breaks off must not leave the editor waiting for keys.
    command.args(["-c", "cquit"]).stdin(Stdio::null());
    command.current_dir(place.path()).env("CHAOS", env!("CARGO_BIN_EXE_chaos")).env("HOME", place.path());
    command.env("XDG_STATE_HOME", place.path()).env("CHAOS_STORE", place.path().join("store"));
    let output = command.output().expect("scripts/test installs Neovim");
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    for words in ["found E0203 in line 11", "does write `flow`", "hover metric flow: ratio"] {
        assert!(said.contains(words), "{words} is not in\n{said}");
    }
    let left = std::fs::read_to_string(place.path().join("trial.chaos")).unwrap();
    assert!(left.contains("owner \"depot\"") && left.contains("belt.flow <"), "{left}");
    place.run(&["fmt", "--check", "trial.chaos"]).ended(0);
    place.run(&["lint", "trial.chaos"]).ended(0);
}
