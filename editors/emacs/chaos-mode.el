;;; chaos-mode.el --- Major mode for chaos experiments  -*- lexical-binding: t -*-

;; Version: 0.1.0
;; Package-Requires: ((emacs "27.1"))
;; Keywords: languages

;;; Commentary:

;; Colours, indentation and comments for `.chaos' files, and the language server `chaos lsp' for eglot.  With
;; (add-hook 'chaos-mode-hook #'eglot-ensure) the server starts with the first file.

;;; Code:

(require 'subr-x)

(defgroup chaos nil
  "Chaos experiments."
  :group 'languages)

(defcustom chaos-mode-program "chaos"
  "The program `chaos', by name or path."
  :type 'string
  :group 'chaos)

(defcustom chaos-mode-indent 2
  "How many columns a block is indented; `chaos fmt' takes two."
  :type 'integer
  :safe #'integerp
  :group 'chaos)

;; The lists are made from the compiler: see docs/editors.md.
;; words begin

(defconst chaos-mode-declarations
  '("environment" "experiment" "fault" "let" "model" "policy" "probe" "scenario" "schedule" "system"
    "test" "use")
  "Words that begin a declaration.")

(defconst chaos-mode-keywords
  '("abort" "action" "admin" "after" "allow" "always" "approval" "approve" "arrivals" "as" "at"
    "because" "bends" "bind" "breaker" "by" "call" "calls" "class" "component" "confirmed" "consent"
    "cron" "data" "deny" "else" "enum" "escalate" "every" "evidence" "expect" "external" "fails" "for"
    "from" "given" "grant" "higher" "holding" "hosts" "hypothesis" "id" "if" "in" "inject" "instances"
    "into" "label" "least" "limit" "lower" "matching" "metric" "namespace" "namespaces" "never" "no"
    "on" "outside" "over" "owner" "parallel" "param" "pool" "processes" "queue" "reaching" "repeat"
    "require" "requires" "resource" "restarts" "rests" "retries" "reverted" "run" "samples" "secrets"
    "selector" "sequence" "service" "services" "set" "silence" "slo" "source" "start" "starts" "stop"
    "tags" "takes" "than" "through" "tier" "time" "timeout" "timezone" "to" "tolerates" "touches"
    "toxiproxy" "traffic" "unchanged" "until" "url" "verdict" "wait" "when" "window" "within" "workers")
  "Other words that mean something in their place.")

(defconst chaos-mode-operators
  '("and" "not" "of" "or")
  "Operators that are words.")

(defconst chaos-mode-constants
  '("baseline" "block" "false" "stable" "steady" "true")
  "Words that stand for a value.")

(defconst chaos-mode-types
  '("bool" "bytes" "count" "counter" "distribution" "duration" "enum" "float" "frequency" "int" "list"
    "points" "ratio" "service" "signal" "string" "throughput")
  "Names of types.")

(defconst chaos-mode-units
  '("%" "/h" "/m" "/s" "B" "GB" "GiB" "KiB" "MB" "MiB" "d" "h" "kB" "m" "ms" "ns" "pp" "s" "us")
  "Units of literals.")

(defconst chaos-mode-functions
  '("avg" "counter" "gauge" "histogram" "increase" "likely" "max" "mean" "min" "prometheus" "query"
    "rate" "ratio" "scrape" "secret" "spike" "success" "sum")
  "What can be called without being declared.")

(defconst chaos-mode-limits
  '("cancel_grace" "concurrent" "exposure" "instances" "requests" "timeout" "traffic")
  "What a limit can bound.")

(defconst chaos-mode-outcomes
  '("aborted" "broken" "confirmed" "development" "inconclusive" "not reverted" "not steady"
    "production" "refused" "refuted" "staging" "test")
  "What environments and verdicts are called.")

;; words end

(defvar chaos-mode-syntax-table
  (let ((table (make-syntax-table)))
    (modify-syntax-entry ?# "<" table)
    (modify-syntax-entry ?\n ">" table)
    (modify-syntax-entry ?\" "\"" table)
    ;; What a raw text is, `chaos-mode--propertize' says.
    (modify-syntax-entry ?` "." table)
    (modify-syntax-entry ?_ "w" table)
    (modify-syntax-entry ?- "_" table)
    (dolist (sign '(?+ ?* ?/ ?< ?> ?= ?! ?. ?% ?@))
      (modify-syntax-entry sign "." table))
    table)
  "Syntax table of `chaos-mode'.")

(defun chaos-mode--mark (start end syntax)
  "Gives what is between START and END, as far as it is there, this SYNTAX."
  (let ((end (min end (point-max))))
    (when (< start end)
      (put-text-property start end 'syntax-table (string-to-syntax syntax)))))

(defun chaos-mode--mark-text (open inner close)
  "Makes a text from OPEN to CLOSE of whatever stands from INNER on."
  (chaos-mode--mark inner close ".")
  (chaos-mode--mark open (1+ open) "|")
  (chaos-mode--mark close (1+ close) "|")
  (goto-char (min (1+ close) (point-max))))

(defun chaos-mode--propertize (start end)
  "Finds the raw texts between START and END, and texts that their line ends.
A backslash is no escape in a raw text, nor a backquote the end of three."
  (goto-char start)
  ;; What begins before is read again.
  (goto-char (or (nth 8 (syntax-ppss start)) start))
  (while (and (< (point) end) (re-search-forward "#\\|\"\\|```\\|`" end t))
    (let ((open (match-beginning 0))
          (inner (point))
          (line (line-end-position)))
      (pcase (match-string 0)
        ("#" (goto-char line))
        ("\"" (unless (re-search-forward "\\=\\(?:[^\"\\\n]\\|\\\\.\\)*\"" line t)
                (chaos-mode--mark-text open inner line)))
        (sign (let* ((limit (if (equal sign "`") line (point-max)))
                     (closed (search-forward sign limit t)))
                (chaos-mode--mark-text open inner (if closed (1- closed) limit))))))))

(defconst chaos-mode--name "[A-Za-z_][A-Za-z0-9_]*\\(?:-[A-Za-z0-9_]+\\)*"
  "A name; names may hold hyphens.")

(defun chaos-mode--words (words)
  "A matcher of WORDS where they are no names.
A name has a dot, a colon or an equals sign beside it."
  (let ((pattern (regexp-opt words 'symbols)))
    (lambda (limit)
      (let (found)
        (while (and (not found) (re-search-forward pattern limit t))
          (setq found (not (or (eq (char-before (match-beginning 0)) ?.)
                               (save-match-data (looking-at "[ \t]*\\(?:[.:]\\|=\\(?:[^=~]\\|$\\)\\|<=\\)"))))))
        found))))

(defconst chaos-mode-font-lock-keywords
  (let ((name chaos-mode--name))
    `((,(concat "@" name) . font-lock-preprocessor-face)
      ;; What is declared.
      (,(concat "\\_<" (regexp-opt (append '("service") chaos-mode-declarations)) "[ \t]+\\(" name "\\)")
       1 font-lock-type-face)
      (,(concat "\\_<metric[ \t]+\\(" name "\\)[ \t]*:") 1 font-lock-variable-name-face)
      (,(concat "\\_<as[ \t]+\\(" name "\\)") 1 font-lock-constant-face)
      (,(concat "\\_<\\(?:inject\\|call\\)[ \t]+\\(" name "\\(?:\\." name "\\)*\\)(") 1 font-lock-function-name-face)
      ;; What stands before a colon in a list is a parameter.
      (,(concat "[(,{;][ \t]*\\(" name "\\)[ \t]*:") 1 font-lock-variable-name-face)
      (,(concat "[:<][ \t]*\\(" (regexp-opt chaos-mode-types) "\\)\\_>") 1 font-lock-type-face)
      (,(concat "\\_<\\(" (regexp-opt chaos-mode-limits) "\\)[ \t]*<=") 1 font-lock-variable-name-face)
      (,(concat "\\_<\\(?:tier\\|verdict\\)[ \t]+\\(" (regexp-opt chaos-mode-outcomes) "\\)\\_>")
       1 font-lock-constant-face)
      (,(concat "\\_<\\(" (regexp-opt chaos-mode-functions) "\\|p[0-9]\\{1,3\\}\\)(") 1 font-lock-builtin-face)
      (,(concat "\\_<-?\\(\\(?:[0-9]+\\(?:\\.[0-9]+\\)?" (regexp-opt chaos-mode-units) "?\\)+\\)\\(?:[^A-Za-z0-9_%]\\|$\\)")
       1 font-lock-constant-face)
      (,(chaos-mode--words chaos-mode-declarations) . font-lock-keyword-face)
      (,(chaos-mode--words chaos-mode-keywords) . font-lock-keyword-face)
      (,(chaos-mode--words chaos-mode-operators) . font-lock-keyword-face)
      (,(chaos-mode--words chaos-mode-constants) . font-lock-constant-face)))
  "What `chaos-mode' colours.")

;; Indentation, as `chaos fmt' has it.

(defconst chaos-mode--goes-on "[ \t]*\\(?:for\\|until\\|within\\|holding\\|after\\|because\\)\\_>\\(?:[^-(]\\|$\\)"
  "How a line begins that goes on the statement before it.")

(defconst chaos-mode--open-end "\\(?:[-+*/<>=:,]\\|\\_<\\(?:and\\|or\\|not\\|of\\)\\)\\'"
  "How a line ends whose statement goes on in the next one.")

(defconst chaos-mode--closes "[ \t]*[])}]"
  "How a line begins that closes a bracket.")

(defun chaos-mode--code ()
  "The line at point without its comment and the blanks at its end."
  (save-excursion
    (let* ((start (line-beginning-position))
           (state (syntax-ppss (line-end-position)))
           (end (if (and (nth 4 state) (>= (nth 8 state) start)) (nth 8 state) (line-end-position))))
      (string-trim-right (buffer-substring-no-properties start end)))))

(defun chaos-mode--beside (step)
  "Moves by STEP lines until one holds more than a comment; whether there is one."
  (let ((moved t))
    (while (and (setq moved (and (zerop (forward-line step)) (not (eobp))))
                (string-empty-p (chaos-mode--code))))
    moved))

(defun chaos-mode--around ()
  "The place of the bracket around the line at point, or nil."
  (nth 1 (syntax-ppss (line-beginning-position))))

(defun chaos-mode--in-text-p ()
  "Whether the line at point begins in a raw text."
  (nth 3 (syntax-ppss (line-beginning-position))))

(defun chaos-mode--goes-on-p ()
  "Whether the line at point goes on the statement before it.
Its first word says so, or how that one ends."
  (save-excursion
    (beginning-of-line)
    (let ((around (chaos-mode--around))
          (by-word (looking-at chaos-mode--goes-on)))
      (cond
       ((looking-at "[ \t]*[]{)}]") nil)
       ;; In parentheses something new begins only behind a comma.
       ((and around (/= (char-after around) ?{))
        (and (chaos-mode--beside -1) (not (string-match-p "[[(,]\\'" (chaos-mode--code)))))
       (by-word t)
       ((chaos-mode--beside -1)
        (let ((code (chaos-mode--code)))
          (and (string-match-p chaos-mode--open-end code)
               (not (string-match-p "[:<][ \t]*[a-z]+<.*>\\'" code)))))))))

(defun chaos-mode--to-statement ()
  "Moves from the line at point to the one in which its statement begins."
  (let (around)
    (while
        (cond
         ((bobp) nil)
         ((chaos-mode--in-text-p) (zerop (forward-line -1)))
         ((and (setq around (chaos-mode--around)) (looking-at chaos-mode--closes))
          (goto-char around)
          (beginning-of-line)
          t)
         ((chaos-mode--goes-on-p)
          (chaos-mode--beside -1)
          ;; What is in brackets of the statement is no part of its own.
          (let (within)
            (while (> (or (setq within (chaos-mode--around)) 0) (or around 0))
              (goto-char within)
              (beginning-of-line)))
          t)))))

(defun chaos-mode--column ()
  "The column to which the line at point belongs."
  (save-excursion
    (beginning-of-line)
    (let* ((around (chaos-mode--around))
           (closes (looking-at chaos-mode--closes))
           ;; A comment belongs to the line below.
           (goes-on (save-excursion
                      (and (or (not (looking-at "[ \t]*#")) (chaos-mode--beside 1))
                           (equal around (chaos-mode--around))
                           (chaos-mode--goes-on-p))))
           (more (if goes-on (* 2 chaos-mode-indent) 0)))
      (if (not around)
          more
        (goto-char around)
        (when (eq (char-after around) ?{)
          (beginning-of-line)
          (chaos-mode--to-statement))
        (+ (current-indentation) (if closes 0 chaos-mode-indent) more)))))

(defun chaos-mode-indent-line ()
  "Indents the line at point as `chaos fmt' does."
  (interactive)
  (unless (chaos-mode--in-text-p)
    (let ((column (chaos-mode--column))
          (inside (> (current-column) (current-indentation))))
      (if inside
          (save-excursion (indent-line-to column))
        (indent-line-to column)))))

(defun chaos-mode-fill-paragraph (&optional justify)
  "Fills the comment at point, with JUSTIFY as `fill-paragraph' has it.
Code and texts stay as they are."
  (when (or (nth 4 (syntax-ppss))
            (save-excursion
              (beginning-of-line)
              (and (looking-at "[ \t]*#") (not (chaos-mode--in-text-p)))))
    (fill-comment-paragraph justify))
  t)

(defvar chaos-mode-imenu
  `((nil ,(concat "^[ \t]*\\(?:system\\|environment\\|experiment\\|scenario\\|policy\\|model\\|schedule\\|fault\\|probe\\)"
                  "[ \t]+\\(" chaos-mode--name "\\)")
         1)
    ("Tests" "^[ \t]*test[ \t]+\"\\([^\"\n]*\\)\"" 1)
    ("Services" ,(concat "^[ \t]*service[ \t]+\\(" chaos-mode--name "\\)") 1))
  "What the outline of a file holds.")

;;;###autoload
(define-derived-mode chaos-mode prog-mode "Chaos"
  "Major mode for chaos experiments."
  (setq-local comment-start "# ")
  (setq-local comment-start-skip "#+[ \t]*")
  (setq-local comment-end "")
  (setq-local comment-auto-fill-only-comments t)
  (setq-local fill-paragraph-function #'chaos-mode-fill-paragraph)
  (setq-local syntax-propertize-function #'chaos-mode--propertize)
  (setq-local indent-tabs-mode nil)
  (setq-local indent-line-function #'chaos-mode-indent-line)
  (setq-local electric-indent-chars (append "{}()[]" electric-indent-chars))
  (setq-local imenu-generic-expression chaos-mode-imenu)
  (setq-local font-lock-defaults '(chaos-mode-font-lock-keywords)))

;;;###autoload
(add-to-list 'auto-mode-alist '("\\.chaos\\'" . chaos-mode))

(defvar eglot-server-programs)
;;;###autoload
(with-eval-after-load 'eglot
  (add-to-list 'eglot-server-programs
               (cons 'chaos-mode (lambda (&rest _) (list chaos-mode-program "lsp")))))

(provide 'chaos-mode)

;;; chaos-mode.el ends here
