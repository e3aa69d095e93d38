//! Every editor has a copy of the language's words. All are made from the compiler's lists, and a copy that differs fails.

use super::{inside, same};
use chaos_lang::lsp::words;
use chaos_lang::syntax::{CONTINUING, DECLARING};
use std::fs;

/// Words that choose between ways, and words that do something again: editors have colours of their own for them.
const CHOOSING: &[&str] = &["else", "if", "when"];
const AGAIN: &[&str] = &["escalate", "every", "repeat"];

/// A file of an editor in which what stands between two lines is made anew.
#[track_caller]
fn between(path: &str, begin: &str, end: &str, made: &str) {
    let text = fs::read_to_string(inside(path)).unwrap();
    let parts = text.split_once(begin).and_then(|(head, rest)| Some((head, rest.split_once(end)?.1)));
    let (head, tail) = parts.unwrap_or_else(|| panic!("editors/{path} has no place for the words"));
    same(path, &format!("{head}{begin}{made}{end}{tail}"));
}

fn but<'a>(words: &[&'a str], without: &[&str]) -> Vec<&'a str> {
    words.iter().copied().filter(|word| !without.contains(word)).collect()
}

/// The keywords of the queries for tree-sitter.
fn for_queries() -> String {
    let words = words();
    // What is also a value, and what is a node of its own, has patterns of its own.
    let plain = but(&words.keywords, &[CHOOSING, AGAIN, &["external"]].concat());
    let groups = [
        ("keyword.import", vec!["use"]),
        ("keyword.type", but(&words.declarations, &["use"])),
        ("keyword.conditional", CHOOSING.to_vec()),
        ("keyword.repeat", AGAIN.to_vec()),
        ("keyword.operator", words.operators),
        ("keyword", plain),
    ];
    let group = |(name, words): &(&str, Vec<&str>)| {
        let lines: String = words.iter().map(|word| format!("  \"{word}\"\n")).collect();
        format!("[\n{lines}] @{name}\n")
    };
    groups.iter().map(group).collect()
}

/// What a capture is called elsewhere: the longest beginning that the table has is replaced.
fn renamed(query: &str, table: &[(&str, &str)]) -> String {
    let mut out = String::new();
    for (index, part) in query.split('@').enumerate() {
        if index == 0 {
            out.push_str(part);
            continue;
        }
        let end = part.find(|c: char| !c.is_ascii_alphanumeric() && c != '.' && c != '_').unwrap_or(part.len());
        let name = &part[..end];
        let known = table.iter().find(|(from, _)| *from == name).map_or(name, |(_, to)| to);
        out.push_str(&format!("@{known}{}", &part[end..]));
    }
    // The sign of attributes is no capture.
    out.replace("\"@attribute\" @", "\"@\" @")
}

const HELIX: &[(&str, &str)] = &[
    ("boolean", "constant.builtin.boolean"),
    ("comment.documentation", "comment.block.documentation"),
    ("function.call", "function"),
    ("keyword.conditional", "keyword.control.conditional"),
    ("keyword.import", "keyword.control.import"),
    ("keyword.repeat", "keyword.control.repeat"),
    ("keyword.type", "keyword.storage.type"),
    ("module", "namespace"),
    ("number", "constant.numeric"),
    ("string.escape", "constant.character.escape"),
    ("variable.member", "variable.other.member"),
    ("indent.begin", "indent"),
    ("indent.end", "outdent"),
];

const ZED: &[(&str, &str)] = &[
    ("comment.documentation", "comment.doc"),
    ("function.call", "function"),
    ("keyword.conditional", "keyword"),
    ("keyword.import", "keyword"),
    ("keyword.operator", "keyword"),
    ("keyword.repeat", "keyword"),
    ("keyword.type", "keyword"),
    ("module", "namespace"),
    ("type.builtin", "type"),
    ("variable.member", "property"),
    ("injection.content", "injection.content"),
];

#[test]
fn the_queries_are_the_same_everywhere() {
    between("tree-sitter-chaos/queries/highlights.scm", "; words begin\n", "; words end\n", &for_queries());
    let query = |name: &str| fs::read_to_string(inside("tree-sitter-chaos/queries").join(name)).unwrap();
    let note = |name: &str| format!("; Made from editors/tree-sitter-chaos/queries/{name}.\n\n");
    let copy = |name: &str, table| note(name) + &renamed(&query(name), table);
    for name in ["highlights.scm", "folds.scm", "indents.scm", "locals.scm", "injections.scm"] {
        same(&format!("neovim/queries/chaos/{name}"), &copy(name, &[]));
    }
    for name in ["highlights.scm", "locals.scm", "injections.scm"] {
        same(&format!("helix/queries/chaos/{name}"), &copy(name, HELIX));
    }
    let indents = copy("indents.scm", HELIX).replace("@indent.branch ", "");
    same("helix/queries/chaos/indents.scm", &indents);
    for name in ["highlights.scm", "injections.scm"] {
        same(&format!("zed/languages/chaos/{name}"), &copy(name, ZED));
    }
}

/// One of these words, as every flavour of expressions writes it; what is long comes first.
fn one_of(words: &[&str], or: &str) -> String {
    let mut words = words.to_vec();
    words.sort_by_key(|word| (std::cmp::Reverse(word.len()), *word));
    words.join(or)
}

/// The rules of the TextMate grammar that know words.
#[test]
fn the_textmate_grammar_has_the_words_of_the_compiler() {
    let words = words();
    let any = |words: &[&str]| one_of(words, "|");
    let name = "[A-Za-z_]\\\\w*(?:-\\\\w+)*";
    // A word with a dot, a colon or a single equals sign beside it is a name.
    let (before, behind) = ("(?<![\\\\w.-])", "(?![\\\\w-]|\\\\s*(?:[.:]|=(?![=~])|<=))");
    let rules = [
        format!(
            r#"{{ "match": "^\\s*({})\\s+({name})", "captures": {{ "1": {{ "name": "storage.type.chaos" }}, "2": {{ "name": "entity.name.type.chaos" }} }} }}"#,
            any(&but(&words.declarations, &["use", "let"]))
        ),
        format!(
            r#"{{ "match": "([:<])\\s*({})(?![\\w-])", "captures": {{ "1": {{ "name": "punctuation.separator.chaos" }}, "2": {{ "name": "support.type.chaos" }} }} }}"#,
            any(&words.types)
        ),
        format!(
            r#"{{ "match": "(?<![\\w-])({}|p\\d{{1,3}})(?=\\()", "name": "support.function.chaos" }}"#,
            any(&words.functions)
        ),
        format!(
            r#"{{ "match": "{before}({})(?=\\s*<=)", "name": "support.variable.limit.chaos" }}"#,
            any(&words.limits)
        ),
        format!(
            r#"{{ "match": "(?<=\\btier |\\bverdict )({})(?![\\w-])", "name": "support.constant.chaos" }}"#,
            any(&words.outcomes)
        ),
        format!(
            r#"{{ "match": "{before}({})(?![\\w-])", "name": "keyword.operator.word.chaos" }}"#,
            any(&words.operators)
        ),
        format!(r#"{{ "match": "{before}({}){behind}", "name": "constant.language.chaos" }}"#, any(&words.constants)),
        format!(r#"{{ "match": "{before}({}){behind}", "name": "storage.type.chaos" }}"#, any(&words.declarations)),
        format!(
            r#"{{ "match": "{before}({}){behind}", "name": "keyword.control.chaos" }}"#,
            any(&but(&words.keywords, &words.constants))
        ),
        format!(
            r#"{{ "match": "(?<!\\w|\\w-)(?:\\d+(?:\\.\\d+)?(?:{})?)+(?![\\w%])", "name": "constant.numeric.chaos" }}"#,
            any(&words.units)
        ),
    ];
    let made = format!("        {}\n", rules.join(",\n        "));
    let path = "vscode/syntaxes/chaos.tmLanguage.json";
    between(path, "    \"words\": {\n      \"patterns\": [\n", "      ]\n    }\n", &made);
    let text = fs::read_to_string(inside(path)).unwrap();
    serde_json::from_str::<serde_json::Value>(&text).unwrap();
}

#[test]
fn the_syntax_of_vim_has_the_words_of_the_compiler() {
    let words = words();
    let any = |words: &[&str]| one_of(words, "|").replace('/', "\\/").replace('%', "\\%");
    let (before, behind) = ("%([.-]@1<!)<", ">%(\\s*[.:]|-|\\s*\\=[=~]@!|\\s*\\<\\=)@!");
    let lines = [
        format!("syn match chaosKeyword /\\v{before}%({}){behind}/", any(&but(&words.keywords, &words.constants))),
        format!("syn match chaosDeclaration /\\v{before}%({}){behind}/", any(&words.declarations)),
        format!("syn match chaosConstant /\\v{before}%({}){behind}/", any(&words.constants)),
        format!("syn match chaosOperatorWord /\\v{before}%({})>-@!/", any(&words.operators)),
        format!("syn match chaosLimit /\\v{before}%({})>\\ze\\s*\\<\\=/", any(&words.limits)),
        format!("syn match chaosOutcome /\\v%(<%(tier|verdict)\\s+)@12<=%({})>/", any(&words.outcomes)),
        format!("syn match chaosType /\\v%([:<]\\s*)@8<=%({})>-@!/", any(&words.types)),
        format!("syn match chaosFunction /\\v<%({}|p\\d{{1,3}})\\ze\\(/", any(&words.functions)),
        format!(
            "syn match chaosNumber /\\v%([A-Za-z0-9_]-=)@2<!%(\\d+%(\\.\\d+)?%({})?)+%([A-Za-z0-9_%])@!/",
            any(&words.units)
        ),
    ];
    between("vim/syntax/chaos.vim", "\" words begin\n", "\" words end\n", &(lines.join("\n") + "\n"));
}

#[test]
fn the_mode_of_emacs_has_the_words_of_the_compiler() {
    let words = words();
    let lists = [
        ("declarations", "Words that begin a declaration.", words.declarations.clone()),
        ("keywords", "Other words that mean something in their place.", but(&words.keywords, &words.constants)),
        ("operators", "Operators that are words.", words.operators),
        ("constants", "Words that stand for a value.", words.constants),
        ("types", "Names of types.", words.types),
        ("units", "Units of literals.", words.units),
        ("functions", "What can be called without being declared.", words.functions),
        ("limits", "What a limit can bound.", words.limits),
        ("outcomes", "What environments and verdicts are called.", words.outcomes),
    ];
    let mut made = String::new();
    for (name, doc, words) in lists {
        let mut lines = vec![String::new()];
        for word in words {
            let word = format!("\"{word}\"");
            match lines.last_mut() {
                Some(line) if line.len() + word.len() < 100 => line.push_str(&format!(" {word}")),
                _ => lines.push(format!(" {word}")),
            }
        }
        let list: Vec<&str> = lines.iter().map(|line| line.trim()).collect();
        made.push_str(&format!("(defconst chaos-mode-{name}\n  '({})\n  \"{doc}\")\n\n", list.join("\n    ")));
    }
    between("emacs/chaos-mode.el", ";; words begin\n\n", ";; words end\n", &made);
}

/// The grammar's own words are the compiler's.
#[test]
fn the_grammar_for_editors_has_the_words_of_the_compiler() {
    let text = fs::read_to_string(inside("tree-sitter-chaos/src/grammar.json")).unwrap();
    let grammar: serde_json::Value = serde_json::from_str(&text).unwrap();
    let mut found = Vec::new();
    strings(&grammar["rules"], &mut found);
    // A node of its own, which the scanner reads.
    found.push("stable");
    found.sort_unstable();
    found.dedup();
    let words = words();
    let mut all = [words.declarations, words.keywords, words.operators, words.constants].concat();
    // A type may be written like this, wherever it stands.
    all.extend(["service", "enum"]);
    all.sort_unstable();
    all.dedup();
    assert_eq!(found, all);
}

/// A folder that is a plugin holds all that it needs.
#[test]
fn neovim_indents_as_vim_does() {
    same("neovim/indent/chaos.vim", &fs::read_to_string(inside("vim/indent/chaos.vim")).unwrap());
}

/// What ends statements, and what indents lines, knows the words with which a line goes on.
#[test]
fn lines_go_on_with_the_same_words_everywhere() {
    let text = |path: &str| fs::read_to_string(inside(path)).unwrap();
    let scanner = text("tree-sitter-chaos/src/scanner.c");
    // A test uses a `model` as a file declares one.
    let declaring = but(DECLARING, &["model"]);
    for word in CONTINUING.iter().chain(&declaring) {
        assert!(scanner.contains(&format!("\"{word}\"")), "{word} is not in the scanner");
    }
    // `else` stands behind a brace, where nothing is indented further.
    let going_on = but(CONTINUING, &["else"]);
    assert!(text("vim/indent/chaos.vim").contains(&format!("({})>", going_on.join("|"))));
    assert!(text("vim/indent/chaos.vim").contains(&format!("%({})", declaring.join("|"))));
    assert!(text("emacs/chaos-mode.el").contains(&format!("\\\\(?:{}\\\\)", going_on.join("\\\\|"))));
}

/// Every word that a rule asks for; what the scanner reads has the word as another name.
fn strings<'a>(rule: &'a serde_json::Value, found: &mut Vec<&'a str>) {
    match rule {
        serde_json::Value::Object(fields) => {
            let asked =
                fields.get("type").is_some_and(|kind| kind == "STRING" || kind == "ALIAS" && fields["named"] == false);
            let word = fields.get("value").and_then(|value| value.as_str()).filter(|_| asked);
            found.extend(word.filter(|word| word.starts_with(|c: char| c.is_ascii_lowercase())));
            fields.values().for_each(|field| strings(field, found));
        }
        serde_json::Value::Array(parts) => parts.iter().for_each(|part| strings(part, found)),
        _ => {}
    }
}
