; Made from editors/tree-sitter-chaos/queries/injections.scm.

; What a metric is read from is written in PromQL, in raw texts.
(binding
  (call
    (arguments
      (raw (raw_content) @injection.content)))
  (#set! injection.language "promql"))

(binding
  (call
    (arguments
      (named_argument (raw (raw_content) @injection.content))))
  (#set! injection.language "promql"))
