//! A real editor: Emacs with eglot opens a broken file, sees what is wrong, applies a fix, lays the file out and writes it.

use super::{DEPOT, PLACES, TRIAL};
use crate::harness::{Place, root};
use std::process::{Command, Stdio};

const SCRIPT: &str = r#"
(setq make-backup-files nil create-lockfiles nil flymake-no-changes-timeout 0.1 eglot-confirm-server-initiated-edits nil)
(require 'chaos-mode)
(setq chaos-mode-program (getenv "CHAOS"))
(require 'eglot)
(require 'flymake)

(defun say (&rest words) (princ (concat (mapconcat (lambda (it) (format "%s" it)) words " ") "\n")))
(defun wait-for (what ready)
  (let ((rounds 3000))
    (while (and (not (funcall ready)) (> rounds 0))
      (accept-process-output nil 0.02)
      (setq rounds (1- rounds)))
    (when (= rounds 0) (say "never:" what) (kill-emacs 1))))

(find-file "trial.chaos")
(say "mode" major-mode)
(apply #'eglot--connect (eglot--guess-contact))
(wait-for "managed" (lambda () eglot--managed-mode))
(flymake-start)
(wait-for "a finding" #'flymake-diagnostics)
(dolist (it (flymake-diagnostics))
  (say "found" (replace-regexp-in-string "\n.*" "" (flymake-diagnostic-text it))
       "in line" (line-number-at-pos (flymake-diagnostic-beg it))))

;; As a person does with the keyboard: to the finding, ask for fixes, take the one that is proposed.
(goto-char (flymake-diagnostic-beg (car (flymake-diagnostics))))
(setq last-nonmenu-event ?.)
(cl-letf (((symbol-function 'completing-read) (lambda (&rest asked) (say "does" (nth 6 asked)) (nth 6 asked))))
  (call-interactively #'eglot-code-actions))
(eglot--signal-textDocument/didChange) ; as the idle timer does, which no batch has
(wait-for "everything mended" (lambda () (null (flymake-diagnostics))))
(eglot-format-buffer)
(save-buffer)

(goto-char (point-min))
(search-forward "belt.")
(let* ((asked (eglot--TextDocumentPositionParams))
       (answer (jsonrpc-request (eglot--current-server-or-lose) :textDocument/hover asked)))
  (say "hover" (nth 1 (split-string (plist-get (plist-get answer :contents) :value) "\n"))))
(eglot-shutdown (eglot--current-server-or-lose))
"#;

#[test]
fn emacs_shows_mends_and_formats() {
    let place = Place::new();
    place.write("depot.chaos", DEPOT);
    place.write("places.chaos", PLACES);
    let broken = TRIAL.replace("belt.flow <", "belt.flwo <").replace("owner \"depot\"", "owner     \"depot\"");
    place.write("trial.chaos", broken);
    let script = place.write("edit.el", SCRIPT);
    let mut command = Command::new("emacs");
    command.args(["-q", "--batch", "-L"]).arg(root().join("editors/emacs")).arg("-l").arg(&script);
    command.stdin(Stdio::null()).current_dir(place.path()).env("CHAOS", env!("CARGO_BIN_EXE_chaos"));
    command.env("HOME", place.path()).env("CHAOS_STORE", place.path().join("store"));
    let output = command.output().expect("scripts/test installs Emacs");
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    for words in [
        "mode chaos-mode",
        "unknown metric of `belt`: `flwo`",
        "in line 11",
        "does write `flow`",
        "hover metric flow: ratio",
    ] {
        assert!(said.contains(words), "{words} is not in\n{said}");
    }
    let left = std::fs::read_to_string(place.path().join("trial.chaos")).unwrap();
    assert!(left.contains("owner \"depot\"") && left.contains("belt.flow <"), "{left}");
    place.run(&["fmt", "--check", "trial.chaos"]).ended(0);
    place.run(&["lint", "trial.chaos"]).ended(0);
}
