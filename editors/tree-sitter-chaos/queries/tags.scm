(system name: (name) @name) @definition.module
(environment name: (name) @name) @definition.module
(experiment name: (name) @name) @definition.class
(policy name: (name) @name) @definition.class
(model name: (name) @name) @definition.class
(schedule name: (name) @name) @definition.class
(test name: (_) @name) @definition.class
(scenario name: (name) @name) @definition.function
(fault name: (name) @name) @definition.function
(probe name: (name) @name) @definition.function
(constant name: (name) @name) @definition.constant
(service name: (name) @name) @definition.field
(metric name: (name) @name) @definition.field
(callee [(name) (member)] @name .) @reference.call
(declaration_path [(name) (member)] @name .) @reference.class
