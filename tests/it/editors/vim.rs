//! Vim and Neovim with the files that this repository has for them.

use super::{flat, formatted, inside};
use crate::harness::Place;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

/// Vim, with these lines as its script, in a folder of its own.
fn vim(place: &Place, script: &str) -> String {
    let head = format!(
        "set nocompatible nomore\nset rtp^={}\nfiletype plugin indent on\nsyntax on\n",
        inside("vim").display()
    );
    let script = place.write("script.vim", format!("{head}{script}\nqall!\n"));
    let mut command = Command::new("vim");
    command.args(["-N", "-u", "NONE", "-i", "NONE", "-es", "-S"]).arg(script);
    // `-es` does not end by itself where a script breaks off.
    command.args(["-c", "cquit"]).stdin(Stdio::null()).current_dir(place.path()).env("HOME", place.path());
    let bin = Path::new(env!("CARGO_BIN_EXE_chaos")).parent().unwrap();
    command.env("PATH", format!("{}:{}", bin.display(), std::env::var("PATH").unwrap()));
    let output = command.output().expect("scripts/test installs Vim");
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    fs::read_to_string(place.path().join("said")).unwrap_or_default()
}

const SAMPLE: &str = "environment local for shop {\n  tier development\n  service payment { url \"http://x\"; instances 2; \
    restarts by runner after 1m30s }  # callers\n  bind payment.rate = app.ratio(good: `up{a=\"b\"}`, every: 5sec)\n  \
    limit { instances <= 1; timeout <= 20m }\n}\n\
    experiment not-yet on shop {\n  param rate: list<ratio> = p95(a.source) + -7%\n  \
    run { inject http.error(payment) as jam for 1m { expect not steady } }\n}\n";

#[test]
fn vim_colours_words_by_what_they_mean() {
    let place = Place::new();
    place.write("sample.chaos", SAMPLE);
    // A pattern at whose match the group is asked for, and the group.
    let wanted = [
        ("environment", "chaosDeclaration"),
        ("local for", "chaosDeclared"),
        ("tier", "chaosKeyword"),
        ("development", "chaosOutcome"),
        ("payment {", "chaosDeclared"),
        ("\"http", "chaosText"),
        ("instances 2", "chaosKeyword"),
        ("1m30s", "chaosNumber"),
        ("# callers", "chaosComment"),
        ("rate = app", ""),
        ("ratio(good", "chaosFunction"),
        ("good:", "chaosParameter"),
        ("`up", "chaosRaw"),
        ("5sec", ""),
        ("instances <=", "chaosLimit"),
        ("timeout <=", "chaosLimit"),
        ("not-yet", "chaosDeclared"),
        ("rate: list", ""),
        ("list<", "chaosType"),
        ("ratio>", "chaosType"),
        ("p95", "chaosFunction"),
        ("source)", ""),
        ("7%", "chaosNumber"),
        ("http.error", "chaosCalled"),
        ("jam", "chaosLabel"),
        ("not steady", "chaosOperatorWord"),
        ("steady }", "chaosConstant"),
    ];
    let mut script = "edit sample.chaos\nlet said = [&filetype, &commentstring]\n".to_owned();
    for (pattern, _) in wanted {
        script.push_str(&format!(
            "call cursor(1, 1)\ncall search('\\V{pattern}', 'cW')\n\
            call add(said, synIDattr(synID(line('.'), col('.'), 1), 'name'))\n"
        ));
    }
    script.push_str("call writefile(said, 'said')");
    let said = vim(&place, &script);
    let said: Vec<&str> = said.lines().collect();
    assert_eq!(said[..2], ["chaos", "# %s"]);
    let found: Vec<(&str, &str)> = wanted.iter().map(|(pattern, _)| *pattern).zip(said[2..].iter().copied()).collect();
    assert_eq!(found, wanted);
}

#[test]
fn vim_indents_as_the_formatter_does() {
    let place = Place::new();
    let mut script = String::new();
    let all = formatted();
    for (index, text) in all.iter().enumerate() {
        // All indentation is taken away, and comes back.
        place.write(&format!("{index}.chaos"), flat(text));
        script.push_str(&format!("edit {index}.chaos\nnormal! gg=G\nwrite!\n"));
    }
    vim(&place, &script);
    for (index, text) in all.iter().enumerate() {
        assert_eq!(fs::read_to_string(place.path().join(format!("{index}.chaos"))).unwrap(), *text);
    }
}

#[test]
fn vim_indents_what_is_typed() {
    let place = Place::new();
    let lines = [
        "run {",
        "  expect x >=",
        "      3 and",
        "      y",
        "      within 5s",
        "  inject a.b(",
        "    c,",
        "    d +",
        "        e",
        "  )",
        "      for 5s {",
        "    expect y",
        "  }",
        "}",
    ];
    let typed: Vec<&str> = lines.iter().map(|line| line.trim_start()).collect();
    vim(&place, &format!("edit a.chaos\nexe \"normal! i{}\"\nwrite!", typed.join("\\<CR>")));
    assert_eq!(fs::read_to_string(place.path().join("a.chaos")).unwrap(), lines.join("\n") + "\n");
}

#[test]
fn vim_leaves_raw_texts_as_they_are() {
    let place = Place::new();
    let raw = "```\n\tx {\n \t `y` # (\n let a = \"\n\t```";
    place.write(
        "a.chaos",
        format!("let a = {raw}\n\tlet b = 1\nexperiment e on s {{\n\tid {raw}\n \trun {{ }}\n\t}}\n"),
    );
    vim(&place, "edit a.chaos\nnormal! gg=G\nwrite!");
    let wanted = format!("let a = {raw}\nlet b = 1\nexperiment e on s {{\n  id {raw}\n  run {{ }}\n}}\n");
    assert_eq!(fs::read_to_string(place.path().join("a.chaos")).unwrap(), wanted);
}

#[test]
fn vim_checks_and_formats_a_file() {
    let place = Place::new();
    place.write("a.chaos", "let   a=1\nlet b = c\n");
    let said = vim(
        &place,
        "edit a.chaos\nsilent make\nlet it = filter(getqflist(), 'v:val.valid')[0]\n\
        call writefile([it.lnum . ':' . it.col . ' ' . it.type . ' ' . it.text], 'said')\nChaosFormat\nwrite!",
    );
    assert!(said.starts_with("2:9 e E0203"), "{said}");
    assert_eq!(fs::read_to_string(place.path().join("a.chaos")).unwrap(), "let a = 1\nlet b = c\n");
}

const NEOVIM: &str = r#"
vim.opt.swapfile = false
vim.cmd("edit sample.chaos")
local function say(...) io.stdout:write(table.concat({ ... }, " "), "\n") end
say("filetype", vim.bo.filetype, vim.bo.commentstring)
local parser = vim.treesitter.get_parser(0, "chaos")
local root = parser:parse()[1]:root()
say("error", tostring(root:has_error()))
for _, name in ipairs({ "highlights", "folds", "indents", "locals", "injections" }) do
  local query = vim.treesitter.get_query("chaos", name)
  local count = 0
  for _ in query:iter_captures(root, 0) do count = count + 1 end
  say(name, count > 0 and "found" or "nothing")
end
local ready = vim.wait(60000, function() return #vim.diagnostic.get(0) > 0 end, 20)
say("server", tostring(ready))
vim.lsp.commands["chaos.plan"]({ arguments = { vim.uri_from_bufnr(0), "not-yet" } })
local shown = vim.wait(60000, function()
  return table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, false), "\n"):find("E0203") ~= nil
end, 20)
say("lens", tostring(shown))
vim.cmd("qall!")
"#;

#[test]
fn neovim_reads_the_grammar_and_starts_the_server() {
    let place = Place::new();
    place.write("sample.chaos", SAMPLE);
    let script = place.write("script.lua", NEOVIM);
    let source = inside("tree-sitter-chaos/src");
    fs::create_dir_all(place.path().join("site/parser")).unwrap();
    let mut compile = Command::new("cc");
    compile.args(["-shared", "-fPIC", "-std=c11", "-I"]).arg(&source).arg("-o");
    compile.arg(place.path().join("site/parser/chaos.so")).args([source.join("parser.c"), source.join("scanner.c")]);
    assert!(compile.status().unwrap().success());

    let mut command = Command::new("nvim");
    let folders = format!("set rtp^={},{}", inside("neovim").display(), place.path().join("site").display());
    command.args(["--headless", "-i", "NONE", "-u"]).arg(place.write("init.vim", folders));
    command.arg("-c").arg(format!("luafile {}", script.display())).args(["-c", "cquit"]).stdin(Stdio::null());
    let bin = Path::new(env!("CARGO_BIN_EXE_chaos")).parent().unwrap();
    command.env("PATH", format!("{}:{}", bin.display(), std::env::var("PATH").unwrap()));
    command.current_dir(place.path()).env("HOME", place.path()).env("XDG_STATE_HOME", place.path());
    let output = command.output().expect("scripts/test installs Neovim");
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    for words in [
        "filetype chaos # %s",
        "error false",
        "highlights found",
        "folds found",
        "indents found",
        "locals found",
        "injections found",
        "server true",
        "lens true",
    ] {
        assert!(said.contains(words), "{words} is not in\n{said}");
    }
}
