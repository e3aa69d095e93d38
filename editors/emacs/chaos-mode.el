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
    (modify-syntax-entry ?` "\"" table)
    (modify-syntax-entry ?_ "w" table)
    (modify-syntax-entry ?- "_" table)
    (dolist (sign '(?+ ?* ?/ ?< ?> ?= ?! ?. ?% ?@))
      (modify-syntax-entry sign "." table))
    table)
  "Syntax table of `chaos-mode'.")

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
      (,(concat "\\_<\\(?:[0-9]+\\(?:\\.[0-9]+\\)?" (regexp-opt chaos-mode-units) "?\\)+\\(?:[^A-Za-z0-9_%]\\|$\\)")
       0 font-lock-constant-face)
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

(defun chaos-mode--goes-on-p ()
  "Whether the line at point goes on the statement before it.
Its first word says so, or how that one ends."
  (save-excursion
    (beginning-of-line)
    (let ((around (chaos-mode--around)))
      (or (looking-at chaos-mode--goes-on)
          (and (chaos-mode--beside -1)
               (let ((code (chaos-mode--code)))
                 (and (string-match-p chaos-mode--open-end code)
                      (not (string-match-p "[:<][ \t]*[a-z]+<.*>\\'" code))
                      ;; Behind a comma in parentheses something new begins.
                      (or (not (string-suffix-p "," code)) (null around) (eq (char-after around) ?{)))))))))

(defun chaos-mode--column ()
  "The column to which the line at point belongs."
  (save-excursion
    (beginning-of-line)
    (let* ((around (chaos-mode--around))
           (closes (looking-at "[ \t]*[])}]"))
           ;; A comment belongs to the line below.
           (goes-on (save-excursion
                      (and (or (not (string-empty-p (chaos-mode--code))) (chaos-mode--beside 1))
                           (equal around (chaos-mode--around))
                           (chaos-mode--goes-on-p))))
           (more (if goes-on (* 2 chaos-mode-indent) 0)))
      (if (not around)
          more
        (goto-char around)
        ;; The statement that opens the block may have begun some lines above.
        (while (and (eq (char-after around) ?{) (chaos-mode--goes-on-p) (chaos-mode--beside -1)))
        (+ (current-indentation) (if closes 0 chaos-mode-indent) more)))))

(defun chaos-mode-indent-line ()
  "Indents the line at point as `chaos fmt' does."
  (interactive)
  (unless (nth 3 (syntax-ppss (line-beginning-position)))
    (let ((column (chaos-mode--column))
          (inside (> (current-column) (current-indentation))))
      (if inside
          (save-excursion (indent-line-to column))
        (indent-line-to column)))))

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
