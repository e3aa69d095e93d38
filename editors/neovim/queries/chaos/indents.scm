; Made from editors/tree-sitter-chaos/queries/indents.scm.

[
  (system_block)
  (service_block)
  (environment_block)
  (placed_block)
  (experiment_block)
  (steady_block)
  (limit_block)
  (step_block)
  (expect_block)
  (policy_block)
  (model_block)
  (modelled_block)
  (test_block)
  (schedule_block)
  (fault_block)
  (probe_block)
  (matchers)
  (arguments)
  (parameters)
  (list)
  (group)
] @indent.begin

["}" ")" "]"] @indent.branch @indent.end
