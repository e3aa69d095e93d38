//! Emacs with the mode that this repository has for it.

use super::{flat, formatted, inside};
use crate::harness::Place;
use std::fs;
use std::process::{Command, Stdio};

fn emacs(place: &Place, script: &str) -> String {
    let script = place.write("script.el", script);
    let mut command = Command::new("emacs");
    command.args(["-Q", "--batch", "-L"]).arg(inside("emacs")).args(["-l", "chaos-mode", "-l"]).arg(script);
    command.stdin(Stdio::null()).current_dir(place.path()).env("HOME", place.path());
    let output = command.output().expect("scripts/test installs Emacs");
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    String::from_utf8(output.stdout).unwrap()
}

const SAMPLE: &str = "environment local for shop {\n  tier development\n  service payment { url \"http://x\"; restarts by runner after 1m30s }  # callers\n  bind payment.rate = app.ratio(good: `up`)\n  limit { timeout <= 20m }\n}\n\
    experiment e on shop {\n  param rate: ratio = p95(a.source) + -7%\n  run { inject http.error(payment) as jam for 1m }\n}\n";

#[test]
fn emacs_colours_words_by_what_they_mean() {
    let place = Place::new();
    place.write("sample.chaos", SAMPLE);
    let wanted = [
        ("environment", "font-lock-keyword-face"),
        ("local", "font-lock-type-face"),
        ("tier", "font-lock-keyword-face"),
        ("development", "font-lock-constant-face"),
        ("payment {", "font-lock-type-face"),
        ("\"http", "font-lock-string-face"),
        ("1m30s", "font-lock-constant-face"),
        ("callers", "font-lock-comment-face"),
        ("rate = app", "nil"),
        ("ratio(good", "font-lock-builtin-face"),
        ("good:", "font-lock-variable-name-face"),
        ("`up", "font-lock-string-face"),
        ("timeout", "font-lock-variable-name-face"),
        ("ratio = p95", "font-lock-type-face"),
        ("source)", "nil"),
        ("7%", "font-lock-constant-face"),
        ("error(", "font-lock-function-name-face"),
        ("jam", "font-lock-constant-face"),
    ];
    let mut script = "(find-file \"sample.chaos\")(font-lock-ensure)(princ (format \"%s\\n\" major-mode))\n".to_owned();
    for (text, _) in wanted {
        script.push_str(&format!(
            "(goto-char (point-min))(search-forward {text:?})\n\
            (princ (format \"%s\\n\" (get-text-property (match-beginning 0) 'face)))\n"
        ));
    }
    let said = emacs(&place, &script);
    let said: Vec<&str> = said.lines().collect();
    assert_eq!(said[0], "chaos-mode");
    let found: Vec<(&str, &str)> = wanted.iter().map(|(text, _)| *text).zip(said[1..].iter().copied()).collect();
    assert_eq!(found, wanted);
}

#[test]
fn emacs_indents_as_the_formatter_does() {
    let place = Place::new();
    let mut script = String::new();
    let all = formatted();
    for (index, text) in all.iter().enumerate() {
        place.write(&format!("{index}.chaos"), flat(text));
        script
            .push_str(&format!("(find-file \"{index}.chaos\")(indent-region (point-min) (point-max))(save-buffer)\n"));
    }
    emacs(&place, &script);
    for (index, text) in all.iter().enumerate() {
        assert_eq!(fs::read_to_string(place.path().join(format!("{index}.chaos"))).unwrap(), *text);
    }
}

#[test]
fn texts_end_where_they_end_for_emacs() {
    let place = Place::new();
    let texts = [
        "bind a.b = prom.query(```sum(a{x=`y})```)",
        "let b = `x\\`",
        "let b = `\"` + ``",
        "let b = ```\na `b` \"c # {\n\\```",
        "let b = `never ends \\",
        "id \"never ends\\\" \\",
        "# ` \" ```",
    ];
    let mut script = String::new();
    for text in texts {
        // The word behind the text is code, also when the text's end is taken away and written again.
        script.push_str(&format!(
            "(with-temp-buffer (insert {:?}) (chaos-mode) (font-lock-ensure)\n\
            (goto-char (point-min)) (search-forward \"\\nlet end\") (forward-line 0)\n\
            (let ((gone (delete-and-extract-region (- (point) 2) (point)))) (font-lock-ensure) (insert gone))\n\
            (font-lock-ensure) (princ (format \"%s %s\\n\" (nth 3 (syntax-ppss)) (get-text-property (point) 'face))))\n",
            format!("{text}\nlet end = 1\n")
        ));
    }
    let said = emacs(&place, &script);
    let wanted = "nil font-lock-keyword-face\n".repeat(texts.len());
    assert_eq!(said, wanted);
}

#[test]
fn emacs_fills_comments_alone() {
    let place = Place::new();
    let words = "word ".repeat(30);
    let code = format!("run {{\n  wait 5s\n  wait 3s # ## {words}\n  id \"{words}\"\n  id ```\n  a\n  b\n```\n}}\n");
    place.write("a.chaos", format!("## {words}\n{code}"));
    let fill = |text: &str| format!("(goto-char (point-min)) (search-forward \"{text}\") (fill-paragraph)\n");
    let code_only: String = ["5s", "id", "\\\"word", "  a"].map(fill).concat();
    emacs(&place, &format!("(find-file \"a.chaos\") {code_only} {} (save-buffer)", fill("## word")));
    let made = fs::read_to_string(place.path().join("a.chaos")).unwrap();
    assert!(made.ends_with(&code), "{made}");
    let comment = made.strip_suffix(&code).unwrap();
    assert!(comment.lines().count() > 2 && comment.lines().all(|line| line.len() <= 70), "{made}");
}

#[test]
fn the_mode_compiles_without_warnings() {
    let place = Place::new();
    place.write("chaos-mode.el", fs::read(inside("emacs/chaos-mode.el")).unwrap());
    emacs(&place, "(setq byte-compile-error-on-warn t)(unless (byte-compile-file \"chaos-mode.el\") (kill-emacs 1))");
}
