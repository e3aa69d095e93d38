/**
 * The grammar of the chaos language for editors. It follows grammar/chaos.pest, from which the compiler's parser is made,
 * and takes everything that the compiler takes; a test says so of every file of the repository.
 *
 * A statement ends at a newline, unless it goes on: src/scanner.c decides that as src/syntax/layout.rs does.
 */

// From loose to tight, as src/syntax/expression.rs has it.
const OR = 1;
const AND = 2;
const NOT = 3;
const COMPARISON = 4;
const SUM = 5;
const PRODUCT = 6;
const OF = 7;
const NEGATIVE = 8;

/** One or more, with commas between them. */
const list = (rule) => seq(rule, repeat(seq(",", rule)));

/** The same; a comma may follow the last. */
const list_with_end = (rule) => seq(list(rule), optional(","));

/** Statements in braces. The closing one may be missing before a declaration: what is left open ends there. */
const block = ($, item) =>
  seq("{", repeat(";"), repeat(seq(item, $._end)), optional(item), $._close);

/** Parts in braces, separated by commas, newlines or semicolons. */
const separated = ($, part) => {
  const separator = repeat1(choice(",", $._newline, ";"));
  return seq("{", repeat(";"), optional(seq(part, repeat(seq(separator, part)), optional(separator))), "}");
};

/** One or more signs, but none of these. A NUL counts only where a state of its own reads it. */
const signs_but = (signs) => `(\\x00*[^\\x00${signs}])+\\x00*|\\x00+`;

/** Words that begin a step, or a name that is spelt like one of them: what follows decides. */
const STEPS = ["inject", "expect", "wait", "parallel", "sequence", "when", "repeat", "escalate", "call", "approve"];

/** A word that is a name in its place. */
const as_name = ($, ...words) => alias(choice(...words), $.name);

const attributed = ($, ...items) => seq(repeat($.attribute), choice(...items));

module.exports = grammar({
  name: "chaos",

  word: ($) => $.name,

  externals: ($) => [
    $._newline,
    $._missing_brace,
    // Words that begin an expression, but for what stands behind them.
    $.stable,
    $._at,
    $._approval,
    $._confirmed,
    $._time,
    $._error_sentinel,
  ],

  // `expect (a) > 1` is an expectation, `expect(a, b)` uses a scenario; `no data of a` says what is given, `no data` happens.
  conflicts: ($) => [
    ...["expect", "wait", "choice", "repeat", "approve"].map((step) => [$[step], $._step_name]),
    [$.given, $._given_name],
  ],

  extras: ($) => [/[\s\uFEFF]/, $.comment, $.doc_comment],

  supertypes: ($) => [$.expression, $.declaration, $.step],

  rules: {
    file: ($) => seq(repeat(";"), repeat(seq($._attributed_declaration, optional($._end)))),

    _end: ($) => choice(seq($._newline, repeat(";")), repeat1(";")),

    _close: ($) => choice("}", $._missing_brace),

    comment: () => token(new RegExp(`#(${signs_but("\\n")})?`)),
    doc_comment: () => token(prec(1, new RegExp(`##(${signs_but("\\n")})?`))),

    _attributed_declaration: ($) => attributed($, $.declaration),

    declaration: ($) =>
      choice(
        $.use_declaration,
        $.constant,
        $.system,
        $.environment,
        $.experiment,
        $.scenario,
        $.policy,
        $.model,
        $.test,
        $.schedule,
        $.fault,
        $.probe,
      ),

    attribute: ($) => 
      prec.right(seq("@", field("name", $.name), optional(seq("(", optional(list($.name)), ")")), repeat(";"))),

    use_declaration: ($) => seq("use", choice($.text, alias($.path, $.module_path)), optional($.as_clause)),
    constant: ($) => seq("let", field("name", $.name), "=", field("value", $.expression)),

    // ------------------------------------------------------------ systems

    system: ($) => seq("system", field("name", $.name), field("body", $.system_block)),
    system_block: ($) => block($, attributed($, $.service)),
    service: ($) => seq("service", field("name", $.name), field("body", $.service_block)),
    service_block: ($) => block($, attributed($, $.calls, $.metric, $.slo, $.external)),

    calls: ($) => seq("calls", $.names),
    metric: ($) => seq("metric", field("name", $.name), ":", field("type", $._type), optional($.bounds)),
    slo: ($) => seq("slo", $.expression, optional(seq("over", $.expression))),
    external: () => "external",

    // ------------------------------------------------------------ types

    _type: ($) => choice($.enumeration, $.structure, $.type_name),
    type_name: ($) => prec.right(seq(field("name", $.name), optional(seq("<", $._type, ">")))),
    enumeration: ($) => prec.right(seq("enum", optional(seq("(", list_with_end($.name), ")")))),

    // What a scenario needs of a service: `service { success: ratio }`; without the braces any service.
    structure: ($) => prec.right(seq(alias("service", $.any_service), optional(separated($, $.field)))),
    field: ($) => seq(field("name", $.name), ":", field("type", $._type)),

    bounds: ($) => seq("in", $.expression, "..", $.expression),

    parameters: ($) => seq("(", optional(list_with_end($.parameter)), ")"),
    parameter: ($) =>
      seq(
        field("name", $.name),
        optional(seq(":", field("type", $._type))),
        optional($.bounds),
        optional(seq("=", field("default", $.expression))),
      ),

    // ------------------------------------------------------------ environments

    environment: ($) =>
      seq("environment", field("name", $.name), "for", field("system", alias($.path, $.declaration_path)), field("body", $.environment_block)),
    environment_block: ($) =>
      block(
        $,
        attributed(
          $,
          $.tier,
          $.placed_service,
          $.metric_source,
          $.binding,
          $.allowance,
          $.grant,
          $.limits,
          $.secrets,
          $.requirement,
          $.silence,
        ),
      ),

    tier: ($) => seq("tier", field("name", $.name)),
    metric_source: ($) => seq("source", field("name", $.name), "=", field("value", $.expression)),
    binding: ($) => seq("bind", field("metric", $.path), "=", field("value", $.expression)),
    allowance: ($) => seq("allow", list($.pattern), "on", $.names),
    grant: ($) =>
      seq("grant", field("name", $.name), list($.expression), "to", $.text, optional(seq("on", $.names))),
    pattern: ($) => seq($.name, optional(choice($._behind, seq(".", "*")))),
    secrets: ($) => seq("secrets", list($.expression)),
    requirement: ($) => seq("requires", "label", $.expression),
    silence: ($) => seq("silence", $.expression, "matching", $.matchers),
    matchers: ($) => separated($, $.matcher),
    matcher: ($) => seq(field("name", $.name), choice("=~", "!~", "!=", "="), $.text),

    placed_service: ($) => seq("service", field("name", $.name), field("body", $.placed_block)),
    placed_block: ($) =>
      block(
        $,
        attributed(
          $,
          $.url,
          $.instances,
          $.through,
          $.admin,
          $.toxiproxy,
          $.start,
          $.processes,
          $.restarts,
          $.selector,
          $.namespace,
        ),
      ),

    url: ($) => seq("url", $.expression),
    instances: ($) => seq("instances", list($.expression)),
    through: ($) => seq("through", $.expression),
    admin: ($) => seq("admin", $.expression, repeat(seq(",", $.named_argument))),
    toxiproxy: ($) => seq("toxiproxy", $.expression, "at", $.expression),
    start: ($) => seq("start", $.expression),
    processes: ($) => seq("processes", field("name", $.name), $.expression),
    restarts: ($) => seq("restarts", "by", field("name", $.name), optional(seq("after", $.expression))),
    selector: ($) => seq("selector", $.expression),
    namespace: ($) => seq("namespace", $.expression),

    // ------------------------------------------------------------ experiments

    experiment: ($) =>
      seq("experiment", field("name", $.name), "on", field("system", alias($.path, $.declaration_path)), field("body", $.experiment_block)),
    experiment_block: ($) =>
      block(
        $,
        attributed(
          $,
          $.id,
          $.hypothesis,
          $.owner,
          $.tags,
          $.parameter_declaration,
          $.window,
          $.steady_state,
          $.baseline,
          $.no_data,
          $.limits,
          $.consent,
          $.abort,
          $.run,
          $.expect,
        ),
      ),

    id: ($) => seq("id", $.expression),
    hypothesis: ($) => seq("hypothesis", $.expression),
    owner: ($) => seq("owner", $.expression),
    tags: ($) => seq("tags", list($.expression)),
    parameter_declaration: ($) => seq("param", $.parameter),
    window: ($) => seq("window", $.expression),
    baseline: ($) => seq("baseline", $.expression),
    no_data: ($) => seq("no", "data", "for", $.expression),
    consent: ($) => seq("consent", field("name", $.name)),
    abort: ($) => seq("abort", "when", $.expression, optional($._timing)),

    steady_state: ($) => seq("steady", field("body", $.steady_block)),
    steady_block: ($) => block($, attributed($, $.expression)),

    limits: ($) => seq("limit", field("body", $.limit_block)),
    limit_block: ($) => block($, attributed($, $.service_limit, $.text_limit, $.bound_limit)),
    service_limit: ($) => seq(choice("services", "bends"), $.names),
    text_limit: ($) => seq(choice("namespaces", "selector", "hosts"), list($.expression)),
    bound_limit: ($) => seq(
        field("name", choice($.name, as_name($, "services", "bends", "namespaces", "selector", "hosts"))),
        "<=",
        $.expression,
      ),

    // ------------------------------------------------------------ the run

    run: ($) => seq("run", field("body", $.step_block)),
    step_block: ($) => block($, attributed($, $.step)),
    step: ($) =>
      choice(
        $.inject,
        $.expect,
        $.wait,
        $.parallel,
        $.sequence,
        $.choice,
        $.repeat,
        $.escalate,
        $.call_probe,
        $.approve,
        $.scenario_use,
      ),

    _clauses: ($) => repeat1(choice($.as_clause, $.after_clause)),
    as_clause: ($) => seq("as", field("name", $.name)),
    after_clause: ($) => seq("after", list($.awaited)),
    awaited: ($) => seq($.step_path, optional(seq("starts", optional(seq("+", $.expression))))),

    // A step of a scenario stands behind the name of its use, one of a round behind the round's number.
    step_path: ($) => prec.left(seq($.name, repeat(choice($._behind, $._round)))),

    _round: ($) => seq(".", alias($.number, $.round)),

    inject: ($) =>
      seq(
        "inject",
        field("fault", alias($.path, $.callee)),
        $.arguments,
        optional($._clauses),
        $._hold,
        optional($._clauses),
        optional(field("body", $.expect_block)),
      ),
    _hold: ($) => choice(seq("for", $.expression), seq("until", $.expression, optional($.within))),
    expect_block: ($) => block($, attributed($, $.expect)),

    wait: ($) =>
      seq(
        "wait",
        choice(seq("until", choice($.stable, $.expression), optional($._timing)), $.expression),
        optional($._clauses),
      ),
    parallel: ($) => seq("parallel", optional($._clauses), field("body", $.step_block)),
    sequence: ($) => seq("sequence", optional($._clauses), field("body", $.step_block)),

    choice: ($) =>
      seq("when", $.expression, optional($._clauses), field("body", $.step_block), optional($.otherwise)),
    otherwise: ($) => seq("else", field("body", $.step_block)),
    repeat: ($) =>
      seq(
        "repeat",
        $.expression,
        optional(seq("every", $.expression)),
        optional($._clauses),
        field("body", $.step_block),
      ),
    escalate: ($) =>
      seq(
        "escalate",
        field("name", $.name),
        "over",
        $.expression,
        optional(seq("every", $.expression)),
        optional(seq("reaching", $.expression)),
        optional($._clauses),
        field("body", $.step_block),
      ),
    call_probe: ($) => seq("call", field("probe", alias($.path, $.callee)), $.arguments, optional($._clauses)),
    approve: ($) => seq("approve", $.expression, optional(seq("within", $.expression)), optional($._clauses)),
    scenario_use: ($) =>
      seq(
        field("scenario", choice(alias($.path, $.callee), alias($._step_name, $.callee))),
        $.arguments,
        optional($._clauses),
      ),
    // Where both can be read, it is the step.
    _step_name: ($) => prec.dynamic(-1, seq(as_name($, ...STEPS), repeat($._behind))),

    scenario: ($) =>
      seq("scenario", field("name", $.name), field("parameters", $.parameters), field("body", $.step_block)),

    // ------------------------------------------------------------ expectations

    expect: ($) =>
      seq(
        "expect",
        optional(choice("always", "never")),
        $.expression,
        optional(choice($.no_worse, $.unchanged, $._timing)),
        optional($._clauses),
      ),

    no_worse: ($) =>
      seq("no", choice("lower", "higher"), "than", $.expression, optional(seq("by", $.expression))),
    unchanged: ($) => seq("unchanged", "by", $.expression),

    _timing: ($) => choice($.within, $.share_of_time, $.held),
    within: ($) => seq("within", $.expression, optional(seq("holding", $.expression))),
    share_of_time: ($) => seq("for", alias($._at, "at"), "least", $.expression),
    held: ($) => seq("for", $.expression, optional("samples")),

    // ------------------------------------------------------------ policies

    policy: ($) =>
      seq(
        "policy",
        field("name", $.name),
        optional($.text),
        optional(seq("when", $.expression)),
        field("body", $.policy_block),
      ),
    policy_block: ($) => block($, attributed($, $.policy_rule)),
    policy_rule: ($) =>
      seq(
        choice($.require, $.deny),
        optional(seq("if", $.expression)),
        optional(seq("because", $.expression)),
      ),

    require: ($) => seq("require", choice($.approval, $.confirmed, $.expression)),
    deny: ($) => seq("deny", choice($.hours, $.expression)),
    approval: ($) => seq(alias($._approval, "approval"), "from", $.expression),
    confirmed: ($) => seq(alias($._confirmed, "confirmed"), "on", field("environment", $.name), optional(seq("within", $.expression))),
    hours: ($) => seq(alias($._time, "time"), "outside", $.expression),

    // ------------------------------------------------------------ models

    model: ($) => seq("model", field("name", $.name), "of", field("system", alias($.path, $.declaration_path)), field("body", $.model_block)),
    model_block: ($) => block($, attributed($, $.arrivals, $.modelled, $.shown)),

    arrivals: ($) => seq("arrivals", field("name", $.name), $.expression),
    shown: ($) =>
      seq("metric", field("metric", $.path), "=", field("value", $.name), optional(seq("of", $.name))),

    modelled: ($) => seq("service", field("name", $.name), field("body", $.modelled_block)),
    modelled_block: ($) => block($, attributed($, $.own_trait, $.tolerated, $.call_trait)),

    own_trait: ($) => seq(choice("workers", "takes", "queue", "fails", "instances"), $.expression),
    tolerated: ($) => seq("tolerates", $.names),
    call_trait: ($) =>
      seq(
        choice(
          seq(choice("calls", "timeout", "pool"), $.expression),
          seq("retries", $.expression, optional(seq("after", $.expression))),
          seq("breaker", $.expression, "over", $.expression, "rests", $.expression),
        ),
        optional(seq("to", $.names)),
      ),

    // ------------------------------------------------------------ tests and schedules

    test: ($) =>
      seq(
        "test",
        field("name", choice($.text, $.name)),
        "of",
        field("experiment", alias($.path, $.declaration_path)),
        optional(seq("in", field("environment", alias($.path, $.declaration_path)))),
        field("body", $.test_block),
      ),
    test_block: ($) => block($, attributed($, $.model_use, $.given, $.setting, $.expect_verdict, $.expect_step)),

    model_use: ($) => seq("model", choice($.model_block, alias($.path, $.declaration_path))),

    given: ($) =>
      seq(
        "given",
        choice(
          "steady",
          "stop",
          seq("no", "data", "of", $.path),
          seq("no", "evidence", "of", $.step_path),
          prec.dynamic(1, seq("traffic", "of", $.name, "=", $._course)),
          seq(
            field("metric", choice(alias($.step_path, $.metric_path), alias($._given_name, $.metric_path))),
            optional(seq("of", $.name)),
            "=",
            $._course,
          ),
          seq($.step_path, field("happening", $.name)),
          seq(alias($._given_name, $.step_path), field("happening", choice($.name, as_name($, "data", "evidence")))),
        ),
        optional($.since),
        optional(seq("for", $.expression)),
      ),
    // A service may be called like what can be given.
    _given_name: ($) => seq(as_name($, "no", "traffic"), repeat(choice($._behind, $._round))),
    since: ($) => seq(choice("from", "at"), $.expression, optional(seq(choice("into", "after"), $.step_path))),
    _course: ($) =>
      seq($.expression, optional(choice(seq("..", $.expression, "over", $.expression), seq("every", $.expression)))),

    expect_verdict: ($) =>
      seq(
        "expect",
        "verdict",
        choice(seq("not", choice("steady", "reverted")), field("verdict", $.name)),
        optional(seq("because", $.expression)),
      ),
    expect_step: ($) =>
      seq("expect", $.step_path, field("outcome", $.name), optional(seq("within", $.expression))),

    schedule: ($) =>
      seq(
        "schedule",
        field("name", $.name),
        "of",
        field("experiment", alias($.path, $.declaration_path)),
        optional(seq("in", field("environment", alias($.path, $.declaration_path)))),
        field("body", $.schedule_block),
      ),
    schedule_block: ($) => block($, attributed($, $.cron, $.timezone, $.setting)),

    cron: ($) => seq("cron", $.expression),
    timezone: ($) => seq("timezone", $.expression),
    setting: ($) => seq("set", field("name", $.name), "=", field("value", $.expression)),

    // ------------------------------------------------------------ faults and probes

    fault: ($) =>
      seq("fault", field("name", $.name), field("parameters", $.parameters), field("body", $.fault_block)),
    fault_block: ($) => block($, attributed($, $.component, $.touches, $.fails, $.resource, $.class)),

    probe: ($) =>
      seq(
        "probe",
        field("name", $.name),
        field("parameters", $.parameters),
        ":",
        field("type", $._type),
        field("body", $.probe_block),
      ),
    probe_block: ($) => block($, attributed($, $.component)),

    component: ($) => seq("component", $.expression, "action", $.expression),
    touches: ($) => seq("touches", $.expression),
    fails: ($) => seq("fails", $.expression),
    resource: ($) => seq("resource", $.path),
    class: ($) => seq("class", field("name", $.name)),

    // ------------------------------------------------------------ expressions

    expression: ($) =>
      choice(
        $.number,
        $.text,
        $.raw,
        $.truth,
        $.special,
        $.reference,
        $.call,
        $.group,
        $.list,
        $.negative,
        $.negation,
        $.binary,
      ),

    group: ($) => seq("(", $.expression, ")"),
    list: ($) => seq("[", optional(list_with_end($.expression)), "]"),
    reference: ($) => $.path,
    call: ($) => seq(field("function", alias($.path, $.callee)), $.arguments),
    arguments: ($) => seq("(", optional(list_with_end($._argument)), ")"),
    _argument: ($) => choice($.named_argument, $.windowed, $.expression),
    windowed: ($) => seq($.expression, "over", $.expression),
    named_argument: ($) => seq(field("name", $.name), ":", field("value", $.expression)),

    negative: ($) => prec(NEGATIVE, seq("-", $.expression)),
    negation: ($) => prec(NOT, seq("not", $.expression)),
    binary: ($) => {
      const table = [
        [OR, "or"],
        [AND, "and"],
        [COMPARISON, choice("==", "!=", "<=", ">=", "<", ">")],
        [SUM, choice("+", "-")],
        [PRODUCT, choice("*", "/")],
        [OF, "of"],
      ];
      return choice(
        ...table.map(([strength, operator]) =>
          prec.left(
            strength,
            seq(field("left", $.expression), field("operator", operator), field("right", $.expression)),
          ),
        ),
      );
    },

    // ------------------------------------------------------------ words and literals

    truth: () => choice("true", "false"),
    special: () => choice("steady", "baseline", "block"),

    names: ($) => list($.name),
    path: ($) => prec.left(seq($.name, repeat($._behind))),
    _behind: ($) => seq(".", alias($.name, $.member)),
    name: () => /[A-Za-z_][A-Za-z0-9_]*(-[A-Za-z0-9_]+)*/,

    // Digits with whatever units follow: `1m30s`, `40%`, `50/s`.
    number: () => /\d+(\.\d+)?((%|\/[A-Za-z]+|[A-Za-z_]+)\d+(\.\d+)?)*(%|\/[A-Za-z]+|[A-Za-z_]+)?/,

    text: ($) =>
      seq(
        '"',
        repeat(choice(alias(token.immediate(prec(1, new RegExp(signs_but('"\\\\\\n')))), $.text_content), $.escape)),
        token.immediate('"'),
      ),
    escape: () => token.immediate(prec(1, /\\[^\n]/)),

    raw: ($) =>
      choice(
        seq(
          "`",
          optional(alias(token.immediate(prec(1, new RegExp(signs_but("`\\n")))), $.raw_content)),
          token.immediate("`"),
        ),
        seq(
          "```",
          optional(alias(token.immediate(prec(1, new RegExp(`(\`{0,2}(${signs_but("`")}))+`))), $.raw_content)),
          token.immediate("```"),
        ),
      ),
  },
});
