//! What begins a statement in each block: the word, what is written for it, and what it is for.

use crate::syntax::List;

/// A statement: its first words, a snippet, and what it says.
type Statement = (&'static str, &'static str, &'static str);

/// The statements of a block.
pub fn of(block: List) -> &'static [Statement] {
    match block {
        List::File => FILE,
        List::System => {
            &[("service", "service ${1:name} {\n\t$0\n}", "a service: what it calls, its metrics, its SLOs")]
        }
        List::Service => SERVICE,
        List::Environment => ENVIRONMENT,
        List::Placed => PLACED,
        List::Experiment => EXPERIMENT,
        List::Limit => LIMIT,
        List::Steps => STEPS,
        List::Expectations => EXPECTATIONS,
        List::Policy => POLICY,
        List::Model => MODEL,
        List::Modelled => MODELLED,
        List::Test => TEST,
        List::Schedule => SCHEDULE,
        List::Fault => FAULT,
        List::Probe => &[("component", "component \"$1\" action \"$2\"", "the component behind it, and its action")],
        List::Steady => &[],
    }
}

/// Every word with which a statement begins.
#[cfg(test)]
pub fn words() -> impl Iterator<Item = &'static str> {
    ALL.iter().flat_map(|block| of(*block)).flat_map(|(label, ..)| label.split(' '))
}

#[cfg(test)]
const ALL: &[List] = &[
    List::File,
    List::System,
    List::Service,
    List::Environment,
    List::Placed,
    List::Experiment,
    List::Limit,
    List::Steps,
    List::Expectations,
    List::Policy,
    List::Model,
    List::Modelled,
    List::Test,
    List::Schedule,
    List::Fault,
    List::Probe,
];

/// What a statement of a block begins with, and what it is for, where one of its first words is `words[number]`.
pub fn statement(block: List, words: &[&str], number: usize) -> Option<(&'static str, &'static str)> {
    let is_of = |label: &str| {
        label.split(' ').count() > number && words.iter().copied().take(label.split(' ').count()).eq(label.split(' '))
    };
    let whole = of(block).iter().filter(|(label, ..)| is_of(label)).max_by_key(|(label, ..)| label.len());
    // The words behind the first one may not be written yet.
    let is_begun = |label: &str| number == 0 && label.split(' ').next() == words.first().copied();
    whole.or_else(|| of(block).iter().find(|(label, ..)| is_begun(label))).map(|(label, _, said)| (*label, *said))
}

const FILE: &[Statement] = &[
    ("use", "use ${1:std.http}", "brings in a module or a file"),
    ("let", "let ${1:name} = ${2:1}", "a constant"),
    ("system", "system ${1:name} {\n\t$0\n}", "services, who calls whom, and what healthy means"),
    (
        "environment",
        "environment ${1:local} for ${2:system} {\n\ttier ${3:development}\n\t$0\n}",
        "where a system is, and what may be done to it there",
    ),
    (
        "experiment",
        "experiment ${1:name} on ${2:system} {\n\thypothesis \"$3\"\n\n\tlimit {\n\t\tservices ${4:service}\n\t}\n\n\tabort when ${5:condition}\n\n\trun {\n\t\t$0\n\t}\n}",
        "what is injected, within which limits, and what is expected",
    ),
    (
        "scenario",
        "scenario ${1:name}(${2:target}: service) {\n\t$0\n}",
        "a named piece of a run, for several experiments",
    ),
    (
        "policy",
        "policy ${1:name} when ${2:environment.tier == production} {\n\t$0\n}",
        "rules over plans and environments",
    ),
    ("model", "model ${1:name} of ${2:system} {\n\t$0\n}", "a toy system in which tests run"),
    (
        "test",
        "test \"$1\" of ${2:experiment} in ${3:local} {\n\tgiven steady\n\t$0\n\texpect verdict ${4:confirmed}\n}",
        "a test of an experiment, in virtual time",
    ),
    (
        "schedule",
        "schedule ${1:name} of ${2:experiment} in ${3:staging} {\n\tcron \"$0\"\n}",
        "when an experiment recurs",
    ),
    ("fault", "fault ${1:name}(target: service) {\n\t$0\n}", "the typed face of a component's action that injects"),
    ("probe", "probe ${1:name}(): ${2:int} {\n\t$0\n}", "the typed face of a component's action that reads"),
];

const SERVICE: &[Statement] = &[
    ("calls", "calls ${1:service}", "the services that it calls"),
    ("metric", "metric ${1:name}: ${2:ratio}", "a value over time"),
    ("slo", "slo ${1:condition}", "what must hold while it is healthy"),
    ("external", "external", "somebody else runs it"),
];

const ENVIRONMENT: &[Statement] = &[
    ("tier", "tier ${1:development}", "how careful one must be there"),
    ("service", "service ${1:name} {\n\t$0\n}", "where a service is"),
    ("source", "source ${1:app} = ${2:scrape(\"\")}", "where metrics come from"),
    ("bind", "bind ${1:service.metric} = ${2:source}", "what a metric is read from"),
    ("allow", "allow ${1:http.*} on ${2:service}", "what may be injected where"),
    ("grant", "grant ${1:http} \"$2\" to \"${3:component}\"", "what a component may do"),
    ("limit", "limit {\n\t$0\n}", "upper bounds on whatever runs there"),
    ("secrets", "secrets \"$0\"", "the secrets that may be asked for"),
    ("requires label", "requires label \"$0\"", "labels that a target must carry"),
    ("silence", "silence alertmanager(\"$1\") matching { $0 }", "alerts that are silenced during a run"),
];

const PLACED: &[Statement] = &[
    ("url", "url \"$0\"", "where it answers"),
    ("instances", "instances ${1:2}", "where each instance answers, or how many there are"),
    ("through", "through \"$0\"", "the address of the fault proxy, which callers use"),
    (
        "toxiproxy",
        "toxiproxy \"${1:name}\" at \"${2:http://127.0.0.1:8474}\"",
        "the proxy of a Toxiproxy that callers use",
    ),
    ("admin", "admin \"$0\"", "the admin address of the fault proxy"),
    ("start", "start \"$0\"", "the command that starts an instance"),
    ("processes", "processes ${1:pidfile} \"$0\"", "how its processes are found, where the run does not start them"),
    ("restarts by", "restarts by ${1:runner} after ${2:1s}", "who starts it again"),
    ("selector", "selector \"$0\"", "which pods it is"),
    ("namespace", "namespace \"$0\"", "the namespace of its pods"),
];

const EXPERIMENT: &[Statement] = &[
    ("id", "id \"$0\"", "what it is called elsewhere"),
    ("hypothesis", "hypothesis \"$0\"", "the sentence that is tested"),
    ("owner", "owner \"$0\"", "who answers for it"),
    ("tags", "tags \"$0\"", "words to find it by"),
    ("param", "param ${1:name}: ${2:ratio} in ${3:1%..100%} = ${4:40%}", "a parameter with its range"),
    ("window", "window ${1:10s}", "the window of aggregates that do not say `over`"),
    ("baseline", "baseline ${1:30s}", "how long the steady state is judged first"),
    ("no data for", "no data for ${1:15s}", "how long data may be missing"),
    ("steady", "steady {\n\t$0\n}", "its own conditions of the steady state"),
    ("limit", "limit {\n\t$0\n}", "the blast radius, proven"),
    ("consent", "consent irreversible", "lets faults run that cannot be taken back"),
    ("abort when", "abort when ${1:condition} for ${2:10s}", "stops the run and takes everything back"),
    ("run", "run {\n\t$0\n}", "the steps"),
    ("expect", "expect always ${1:steady}", "what must hold over the whole run"),
];

const LIMIT: &[Statement] = &[
    ("services", "services ${1:service}", "services that may be faulted"),
    ("bends", "bends ${1:service}", "services whose SLOs may bend meanwhile"),
    ("traffic", "traffic <= ${1:5%}", "the share of a service's requests that faults may touch"),
    ("requests", "requests <= ${1:20/s}", "touched requests per second"),
    ("instances", "instances <= ${1:1}", "instances of a service that may be hit together"),
    ("concurrent", "concurrent <= ${1:1}", "faults that are active at one time"),
    ("exposure", "exposure <= ${1:6m}", "the longest time under fault, time to safe included"),
    ("timeout", "timeout <= ${1:20m}", "the longest time of the run"),
    ("cancel_grace", "cancel_grace <= ${1:10s}", "the time in which a cancelled run must be taken back"),
    ("budget", "budget <= ${1:1%} of ${2:service.metric}", "how much of an SLO's error budget may be spent"),
    ("namespaces", "namespaces \"$0\"", "where on a cluster it may reach"),
    ("selector", "selector \"$0\"", "which pods it may reach"),
    ("hosts", "hosts \"$0\"", "the addresses that an injector may talk to"),
];

const STEPS: &[Statement] = &[
    ("inject", "inject $0", "a fault: apply, hold, take back"),
    ("expect", "expect ${1:steady}", "a check at this point of the run"),
    ("wait", "wait ${1:30s}", "lets time pass"),
    ("wait until", "wait until ${1:stable} within ${2:60s}", "waits for a condition, up to a deadline"),
    ("parallel", "parallel {\n\t$0\n}", "starts its steps together"),
    ("sequence", "sequence {\n\t$0\n}", "a branch of several steps"),
    ("when", "when ${1:condition} {\n\t$0\n}", "chooses at run time"),
    ("repeat", "repeat ${1:3} every ${2:1m} {\n\t$0\n}", "the same steps several times"),
    (
        "escalate",
        "escalate ${1:level} over [${2:5%, 10%, 20%}] every ${3:1m} {\n\t$0\n}",
        "the same steps with growing strength, up to the breaking point",
    ),
    ("call", "call $0", "reads a value"),
    ("approve", "approve \"$1\" within ${2:15m}", "lets a person decide"),
];

const EXPECTATIONS: &[Statement] = &[("expect", "expect always ${1:steady}", "what must hold while the fault acts")];

const POLICY: &[Statement] = &[
    ("require", "require ${1:condition} because \"$0\"", "what must hold of plan, experiment and environment"),
    ("deny", "deny ${1:condition} because \"$0\"", "what must not hold"),
];

const MODEL: &[Statement] = &[
    ("arrivals", "arrivals ${1:service} ${2:100/s}", "requests from outside"),
    ("service", "service ${1:name} {\n\t$0\n}", "what a service is like"),
    ("metric", "metric ${1:service.metric} = ${2:queue}", "what a metric shows of it"),
];

const MODELLED: &[Statement] = &[
    ("workers", "workers ${1:10}", "requests that are worked on at once"),
    ("takes", "takes ${1:10ms}", "its own time for a request"),
    ("queue", "queue ${1:100}", "requests that may wait"),
    ("fails", "fails ${1:1%}", "the share of requests that fail by themselves"),
    ("instances", "instances ${1:2}", "processes among which the workers are spread"),
    ("calls", "calls ${1:100%}", "the share of requests that call"),
    ("timeout", "timeout ${1:1s}", "how long an answer is waited for"),
    ("retries", "retries ${1:2} after ${2:50ms}", "how often a call is made again"),
    ("breaker", "breaker ${1:50%} over ${2:10s} rests ${3:5s}", "a circuit breaker"),
    ("pool", "pool ${1:10}", "calls to a service at once"),
    ("tolerates", "tolerates ${1:service}", "services without whose answer it does"),
];

const TEST: &[Statement] = &[
    ("model", "model $0", "the toy system that stands for the real one"),
    ("given", "given $0", "what metrics show, and what happens"),
    ("set", "set ${1:parameter} = ${2:1}", "the value of a parameter"),
    ("expect", "expect $0", "the verdict, and what becomes of steps"),
];

const SCHEDULE: &[Statement] = &[
    ("cron", "cron \"$0\"", "when it runs: minute, hour, day, month, weekday"),
    ("timezone", "timezone \"$0\"", "the time zone of `cron`"),
    ("set", "set ${1:parameter} = ${2:1}", "the value of a parameter"),
];

const FAULT: &[Statement] = &[
    ("component", "component \"$1\" action \"$2\"", "the component behind it, and its action"),
    ("touches", "touches ${1:100%} of target.requests", "how much of the target it touches"),
    ("fails", "fails ${1:100%} of target.requests", "how much of the target it fails"),
    ("resource", "resource target.${1:requests}", "what two faults cannot share"),
    ("class", "class ${1:leased}", "how it ends"),
];

#[cfg(test)]
mod tests {
    use super::{ALL, of};
    use crate::syntax::is_keyword;
    use crate::types::term::LimitName;

    #[test]
    fn every_statement_begins_with_a_word_of_the_language() {
        let limit = |word: &str| word == "budget" || LimitName::named(word).is_some();
        for (label, snippet, doc) in ALL.iter().flat_map(|block| of(*block)) {
            assert!(label.split(' ').all(|word| is_keyword(word) || limit(word)), "{label}");
            assert!(snippet.starts_with(label.split(' ').next().unwrap_or_default()) && !doc.is_empty());
        }
    }
}
