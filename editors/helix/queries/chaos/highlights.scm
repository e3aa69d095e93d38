; Made from editors/tree-sitter-chaos/queries/highlights.scm.

; No node is captured twice, so the order of the patterns means nothing.

; Words. The lists are made from the compiler: see docs/editors.md.
; words begin
[
  "use"
] @keyword.control.import
[
  "environment"
  "experiment"
  "fault"
  "let"
  "model"
  "policy"
  "probe"
  "scenario"
  "schedule"
  "system"
  "test"
] @keyword.storage.type
[
  "else"
  "if"
  "when"
] @keyword.control.conditional
[
  "escalate"
  "every"
  "repeat"
] @keyword.control.repeat
[
  "and"
  "not"
  "of"
  "or"
] @keyword.operator
[
  "abort"
  "action"
  "admin"
  "after"
  "allow"
  "always"
  "approval"
  "approve"
  "arrivals"
  "as"
  "at"
  "because"
  "bends"
  "bind"
  "breaker"
  "by"
  "call"
  "calls"
  "class"
  "component"
  "confirmed"
  "consent"
  "cron"
  "data"
  "deny"
  "enum"
  "evidence"
  "expect"
  "fails"
  "for"
  "from"
  "given"
  "grant"
  "higher"
  "holding"
  "hosts"
  "hypothesis"
  "id"
  "in"
  "inject"
  "instances"
  "into"
  "label"
  "least"
  "limit"
  "lower"
  "matching"
  "metric"
  "namespace"
  "namespaces"
  "never"
  "no"
  "on"
  "outside"
  "over"
  "owner"
  "parallel"
  "param"
  "pool"
  "processes"
  "queue"
  "reaching"
  "require"
  "requires"
  "resource"
  "restarts"
  "rests"
  "retries"
  "reverted"
  "run"
  "samples"
  "secrets"
  "selector"
  "sequence"
  "service"
  "services"
  "set"
  "silence"
  "slo"
  "source"
  "start"
  "starts"
  "stop"
  "tags"
  "takes"
  "than"
  "through"
  "tier"
  "time"
  "timeout"
  "timezone"
  "to"
  "tolerates"
  "touches"
  "toxiproxy"
  "traffic"
  "unchanged"
  "until"
  "url"
  "verdict"
  "wait"
  "window"
  "within"
  "workers"
] @keyword
; words end
(external) @keyword
(steady_state "steady" @keyword)
(given "steady" @keyword)
(expect_verdict "steady" @keyword)
(baseline "baseline" @keyword)

(special ["steady" "baseline" "block"] @constant.builtin)
(stable) @constant.builtin
(truth ["true" "false"] @constant.builtin.boolean)

; Comments
(comment) @comment
(doc_comment) @comment.block.documentation

; Literals
(number) @constant.numeric
(round) @constant.numeric
(text) @string
(escape) @constant.character.escape
(raw) @string.special

; Types
(type_name name: (name) @type.builtin)
(any_service) @type.builtin
(enumeration (name) @constant)

; What is declared
(attribute "@" @attribute)
(attribute (name) @attribute)
(constant name: (name) @constant)
(system name: (name) @type)
(environment name: (name) @type)
(experiment name: (name) @type)
(policy name: (name) @type)
(model name: (name) @type)
(schedule name: (name) @type)
(test name: (name) @type)
(scenario name: (name) @function)
(fault name: (name) @function)
(probe name: (name) @function)
(service name: (name) @type)
(placed_service name: (name) @type)
(modelled name: (name) @type)
(metric name: (name) @variable.other.member)
(field name: (name) @variable.other.member)
(parameter name: (name) @variable.parameter)
(escalate name: (name) @variable.parameter)
(metric_source name: (name) @variable)
(as_clause name: (name) @label)

; What is used
(module_path (name) @namespace)
(module_path (member) @namespace)
(declaration_path (name) @type)
(declaration_path (member) @type)
(callee . (name) @function .)
(callee . (name) @namespace . ".")
(callee (member) @namespace . ".")
(callee (member) @function .)
(pattern (name) @namespace)
(pattern (member) @function)
(path (name) @variable)
(path (member) @variable.other.member)
(metric_path (name) @variable)
(metric_path (member) @variable.other.member)
(step_path (name) @label)
(step_path (member) @label)
(names (name) @variable)
(named_argument name: (name) @variable.parameter)
(setting name: (name) @variable.parameter)
(matcher name: (name) @variable.other.member)
(bound_limit name: (name) @variable.other.member)

; Words that something else gives a meaning
(tier name: (name) @constant)
(grant name: (name) @constant)
(processes name: (name) @constant)
(restarts name: (name) @constant)
(consent name: (name) @constant)
(class name: (name) @constant)
(arrivals name: (name) @constant)
(shown value: (name) @constant)
(confirmed environment: (name) @type)
(given happening: (name) @constant)
(given "of" . (name) @variable)
(shown "of" . (name) @variable)
(expect_verdict verdict: (name) @constant)
(expect_step outcome: (name) @constant)

; Signs
["=" "==" "!=" "<=" ">=" "<" ">" "=~" "!~" "+" "-" "*" "/" ".."] @operator
["(" ")" "[" "]" "{" "}"] @punctuation.bracket
["," ";" ":" "."] @punctuation.delimiter
