(system "system" @context name: (name) @name) @item
(environment "environment" @context name: (name) @name) @item
(experiment "experiment" @context name: (name) @name) @item
(scenario "scenario" @context name: (name) @name) @item
(policy "policy" @context name: (name) @name) @item
(model "model" @context name: (name) @name) @item
(test "test" @context name: (_) @name) @item
(schedule "schedule" @context name: (name) @name) @item
(fault "fault" @context name: (name) @name) @item
(probe "probe" @context name: (name) @name) @item
(constant "let" @context name: (name) @name) @item
(service "service" @context name: (name) @name) @item
(placed_service "service" @context name: (name) @name) @item
(metric "metric" @context name: (name) @name) @item
(parameter_declaration "param" @context (parameter name: (name) @name)) @item
(run "run" @name) @item
(inject "inject" @context fault: (callee) @name) @item
