[
  (experiment)
  (scenario)
  (fault)
  (probe)
  (escalate)
] @local.scope

(parameter name: (name) @local.definition)
(escalate name: (name) @local.definition)
(path (name) @local.reference)
