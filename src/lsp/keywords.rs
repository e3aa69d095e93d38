//! What words mean that the language gives a meaning in their place: those that begin a statement, and those inside one.

use super::completion::{Context, statement};
use super::shape::Shape;
use crate::syntax::List;

/// Where a word has a meaning.
#[derive(Clone, Copy)]
enum In {
    /// Right behind one of these words.
    Behind(&'static [&'static str]),
    /// Before the value of an argument of one of these; of any where none is named.
    Argument(&'static [&'static str]),
    /// In a statement that begins with one of these.
    Statement(&'static [&'static str]),
    /// The same, in a test.
    Test(&'static [&'static str]),
    /// Wherever nothing else is said.
    Anywhere,
}

use In::{Anywhere, Argument, Behind, Statement};

/// What the word at a byte means there: the word, with those that it belongs to, and what it says.
pub fn meaning(text: &str, at: usize, word: &str) -> Option<(String, &'static str)> {
    let context = Context::at(text, at)?;
    let shape = Shape::of(text);
    let behind = shape.tokens.partition_point(|(start, _)| *start < at + word.len());
    let next = shape.words(behind..(behind + 2).min(shape.tokens.len()));
    let before = context.before.iter().map(String::as_str);
    let words: Vec<&str> = before.chain([word]).chain(next.iter().copied()).collect();
    let begun = context.block.and_then(|block| statement(block, &words, context.before.len()));
    if let Some((label, said)) = begun {
        return Some((label.to_owned(), said));
    }
    let fits = |place: &In| match place {
        Behind(words) => words.contains(&context.last()),
        Argument(calls) => next.first() == Some(&":") && is_of(&context, calls),
        Statement(heads) => heads.contains(&context.first()),
        In::Test(heads) => context.block == Some(List::Test) && heads.contains(&context.first()),
        Anywhere => true,
    };
    let found = INSIDE.iter().find(|(known, place, _)| *known == word && fits(place));
    found.map(|(_, _, said)| (word.to_owned(), *said))
}

/// Whether a place is among the arguments of one of these, whatever stands before the name of what is called.
fn is_of(context: &Context, calls: &[&str]) -> bool {
    let called = context.called.as_deref().and_then(|called| called.rsplit('.').next());
    called.is_some_and(|called| calls.is_empty() || calls.contains(&called))
}

/// Words inside statements; of one that stands here more than once the first that fits is meant.
const INSIDE: &[(&str, In, &str)] = &[
    // Declarations.
    ("for", Statement(&["environment"]), "the system that it is a place of"),
    ("on", Statement(&["experiment"]), "the system that is experimented on"),
    ("of", Statement(&["model"]), "the system that it stands for"),
    ("of", Statement(&["test", "schedule"]), "the experiment"),
    ("in", Statement(&["test", "schedule"]), "the environment in which it is checked and run"),
    ("when", Statement(&["policy"]), "where the policy applies; without it, everywhere"),
    ("as", Statement(&["use"]), "the name by which it is called here"),
    ("in", Anywhere, "the range of its values"),
    ("allow", Behind(&["@"]), "allows what a rule finds, here"),
    // Environments.
    ("development", Behind(TIER), "where nobody else is harmed; what holds where no tier is said"),
    ("test", Behind(TIER), "where automatic tests run"),
    ("staging", Behind(TIER), "what is like production, without its users"),
    ("production", Behind(TIER), "what users depend on"),
    ("http", Behind(&["grant"]), "origins that it may send requests to"),
    ("tcp", Behind(&["grant"]), "addresses that it may connect to"),
    ("exec", Behind(&["grant"]), "programs that it may start, with their arguments"),
    ("files", Behind(&["grant"]), "folders that it may use"),
    ("to", Statement(&["grant"]), "the component that it is granted to"),
    ("on", Statement(&["grant"]), "the services for whose faults it is granted; without it, all"),
    ("on", Statement(&["allow"]), "the services that it is allowed on"),
    ("alertmanager", Statement(&["silence"]), "the Alertmanager at a URL"),
    ("matching", Statement(&["silence"]), "the labels of the alerts"),
    ("at", Statement(&["toxiproxy"]), "the origin of its API"),
    ("token", Statement(&["admin"]), "the secret that commands the proxy"),
    ("pidfile", Behind(&["processes"]), "the process whose number stands in the file, and all that it started"),
    ("unit", Behind(&["processes"]), "those of a unit of systemd"),
    ("user-unit", Behind(&["processes"]), "those of a unit of the user's own systemd"),
    ("cgroup", Behind(&["processes"]), "those of a control group, with the groups in it"),
    (
        "runner",
        Statement(&["restarts"]),
        "whoever runs the experiment: a process of `start` that ends is started again",
    ),
    ("orchestrator", Statement(&["restarts"]), "somebody else brings it back"),
    ("after", Statement(&["restarts"]), "how long after its end; 0s where it is not said"),
    // Sources, and what is read of them.
    ("every", Argument(&[]), "how often it is read"),
    ("scrape", Argument(&["prometheus"]), "how often the server itself looks"),
    ("token", Argument(&[]), "the secret that opens it, as a bearer token"),
    ("user", Argument(&[]), "the user that a password belongs to"),
    ("password", Argument(&[]), "the secret that the user is known by"),
    ("ca", Argument(&[]), "a file with the authorities that are trusted instead of the system's"),
    ("certificate", Argument(&[]), "the client's certificate, a secret"),
    ("key", Argument(&[]), "the key of the client's certificate, a secret"),
    ("file", Argument(&["secret"]), "the file that holds it"),
    ("command", Argument(&["secret"]), "the program that prints it"),
    ("good", Argument(&["ratio"]), "what counts as good"),
    ("all", Argument(&["ratio"]), "what all is that the good ones are a share of"),
    ("unit", Argument(&[]), "the size of one unit of the series"),
    ("proxy", Anywhere, "the fault proxy's own view of the traffic"),
    ("success", Statement(&["bind"]), "the share of requests that were answered well, as the proxy saw them"),
    ("latency", Statement(&["bind"]), "from a request's arrival to the head of its answer, as the proxy saw it"),
    ("requests", Statement(&["bind"]), "requests, when the proxy knows what became of them"),
    // Limits.
    ("of", Statement(&["budget"]), "the metric whose SLO has the budget"),
    ("limit", Anywhere, "the limits in force: of experiment and environment the stricter one"),
    // Steps.
    ("as", Anywhere, "its name, by which others speak of it"),
    ("until", Statement(&["inject"]), "holds the fault until this has come true"),
    ("for", Statement(&["inject"]), "how long the fault is held"),
    ("until", Anywhere, "what must come true"),
    ("after", Statement(&["given"]), "so long after the end of this step"),
    ("after", Statement(&["retries"]), "how long after the failure"),
    ("after", Anywhere, "what it waits for, instead of everything above it in its block"),
    ("starts", Anywhere, "waits for the beginning, not for the end"),
    ("else", Anywhere, "the other way"),
    ("every", Statement(&["given"]), "how long each value lasts"),
    ("every", Anywhere, "how long after the start of one round the next one starts"),
    ("over", Statement(&["escalate"]), "the levels, one after the other"),
    ("reaching", Anywhere, "the level that must be reached: what fails from there on does not refute"),
    ("stable", Anywhere, "every metric of `steady` is as quiet as in the baseline"),
    // Times of conditions.
    ("within", In::Test(&["expect"]), "so soon after the step began, or after what stands behind `of`"),
    ("of", In::Test(&["expect"]), "from whose end the time counts"),
    ("within", Statement(&["approve"]), "how long an answer is waited for"),
    ("within", Statement(&["require"]), "how long ago at most"),
    ("within", Anywhere, "the time in which it must come true"),
    ("holding", Anywhere, "how long it must stay true from then on"),
    ("always", Anywhere, "at every sample of the time in which it is judged"),
    ("never", Anywhere, "at no sample of the time in which it is judged"),
    ("for", Statement(&["abort"]), "how long it must have held, or at how many samples"),
    ("samples", Anywhere, "counts samples instead of time"),
    ("for", Statement(&["expect"]), "for what share of the time it must hold"),
    ("at", Statement(&["expect"]), "the least share of the time for which it must hold"),
    ("least", Anywhere, "the least share of the time for which it must hold"),
    (
        "no",
        Statement(&["expect"]),
        "by what it may be lower or higher than in the baseline, proven by a statistical test",
    ),
    ("lower", Anywhere, "it may be lower by the margin at most, proven by a statistical test"),
    ("higher", Anywhere, "it may be higher by the margin at most, proven by a statistical test"),
    ("than", Anywhere, "what it is compared with"),
    ("unchanged", Anywhere, "it may be away by the margin at most, in either direction, proven by a statistical test"),
    ("by", Anywhere, "the margin"),
    // Tests.
    ("verdict", Anywhere, "how the run ends"),
    ("confirmed", Behind(VERDICT), "every expectation was satisfied, every fault seen to act, everything taken back"),
    ("refuted", Behind(VERDICT), "an expectation was violated"),
    ("refused", Behind(VERDICT), "findings, a broken policy, or what cannot be run: nothing was touched"),
    ("not steady", Behind(VERDICT), "the steady state did not hold: nothing was injected"),
    ("aborted", Behind(VERDICT), "an abort condition, an SLO, a limit or somebody stopped it"),
    ("inconclusive", Behind(VERDICT), "data was missing, a fault was not seen to act, or the system changed"),
    ("broken", Behind(VERDICT), "the environment or an injector failed"),
    ("not reverted", Behind(VERDICT), "something may still be in force"),
    ("injected", In::Test(&["expect"]), "its fault was in force"),
    ("reverted", In::Test(&["expect"]), "its fault was taken back"),
    ("satisfied", In::Test(&["expect"]), "all that it expects was judged, and satisfied"),
    ("violated", In::Test(&["expect"]), "something that it expects was violated"),
    ("inconclusive", In::Test(&["expect"]), "something that it expects could not be judged"),
    ("skipped", In::Test(&["expect"]), "it was passed over"),
    ("because", Statement(&["expect"]), "what it came from: a metric, a step, or words of the reason"),
    ("steady", Statement(&["given"]), "every metric of which nothing is said satisfies what is asked of it"),
    ("stop", Statement(&["given"]), "somebody stops the run"),
    ("no", Statement(&["given"]), "no value comes, or nothing shows that the fault acts"),
    ("data", Anywhere, "no value of the metric comes, or the source does not answer"),
    ("evidence", Anywhere, "the fault is in force and acts on nothing"),
    ("traffic", Statement(&["given"]), "requests to a service"),
    ("fails", Statement(&["given"]), "it fails at once"),
    ("hangs", Statement(&["given"]), "it does not come back"),
    ("vanishes", Statement(&["given"]), "the target loses the fault before its time"),
    ("sticks", Statement(&["given"]), "the fault cannot be taken back"),
    ("of", Statement(&["given"]), "what it is said of"),
    ("from", Statement(&["given"]), "from that time of the run on"),
    ("at", Statement(&["given"]), "from that time of the run on"),
    ("into", Anywhere, "so long after this step began"),
    ("for", Statement(&["given"]), "for so long: then what held before holds again"),
    ("over", Statement(&["given"]), "the time in which it goes from one value to the other"),
    // Policies.
    ("approval", Anywhere, "somebody of this group says yes"),
    ("from", Statement(&["require"]), "the group"),
    ("confirmed", Statement(&["require"]), "a run ended confirmed before, in this environment"),
    ("on", Statement(&["require"]), "the environment"),
    ("time", Anywhere, "when it runs"),
    ("outside", Anywhere, "the hours in which it may run"),
    ("if", Anywhere, "when the rule counts"),
    ("because", Anywhere, "why"),
    // Models.
    ("of", Statement(&["metric"]), "the service that it is shown of; without it, the metric's own"),
    ("success", Statement(&["metric"]), "the share of requests that were answered well"),
    ("errors", Statement(&["metric"]), "the share of requests that were not answered well"),
    ("latency", Statement(&["metric"]), "from the request to its answer, or until its caller gave up"),
    ("requests", Statement(&["metric"]), "requests that came"),
    ("failures", Statement(&["metric"]), "requests that were not answered well"),
    ("retries", Statement(&["metric"]), "calls that the service made again"),
    ("queue", Statement(&["metric"]), "requests that wait for a worker"),
    ("busy", Statement(&["metric"]), "workers that are not free"),
    ("open", Statement(&["metric"]), "breakers of its calls that are open or on trial"),
    ("to", Anywhere, "the called services that it is said of; without it, all"),
    ("over", Statement(&["breaker"]), "the time in which calls are counted"),
    ("rests", Anywhere, "how long calls fail at once, before one is tried"),
    // Faults.
    ("action", Anywhere, "the action of the component"),
    ("of", Statement(&["touches", "fails"]), "the target's requests, or its instances"),
    ("leased", Behind(CLASS), "ends by itself at its target, when nobody renews it"),
    ("revertible", Behind(CLASS), "ends when the runner, its guard or `chaos recover` undoes it"),
    ("self_healing", Behind(CLASS), "ends when somebody else brings the target back"),
    ("irreversible", Behind(CLASS), "never ends; the experiment must consent"),
    // Conditions.
    ("over", Statement(&["slo"]), "the time of its error budget"),
    ("over", Anywhere, "the window of the aggregate"),
    ("and", Anywhere, "both hold"),
    ("or", Anywhere, "one of them holds, or both"),
    ("not", Anywhere, "it does not hold"),
    ("of", Anywhere, "a share of a value, or a metric of a part of the traffic"),
    ("affected", Anywhere, "the requests that faults' shares selected"),
    ("others", Anywhere, "the requests that no fault's share selected"),
    ("steady", Anywhere, "every SLO of the system, and the experiment's own conditions"),
    ("baseline", Anywhere, "the value over the whole baseline, before anything was injected"),
    ("block", Anywhere, "the time in which the expectation is judged"),
];

const TIER: &[&str] = &["tier", "==", "!="];
const CLASS: &[&str] = &["class", "consent", "==", "!="];
const VERDICT: &[&str] = &["verdict"];

#[cfg(test)]
mod tests {
    use super::INSIDE;
    use crate::lsp::completion::statement_words;
    use crate::syntax::{is_keyword, keywords};
    use crate::types::model::Class;
    use crate::types::toy::Measure;
    use crate::types::trial::{Happening, Outcome};
    use crate::types::{TIERS, Type, VERDICTS};

    fn is_told(word: &str) -> bool {
        INSIDE.iter().any(|(known, ..)| *known == word) || statement_words().any(|known| known == word)
    }

    #[test]
    fn every_word_of_the_language_is_told_of() {
        let said = Happening::SAID.iter().map(|(word, _)| *word).chain(Outcome::ALL.iter().map(|(word, _)| *word));
        let named = Measure::ALL.iter().map(|(word, _)| *word).chain(Class::ALL.iter().map(|(word, _)| *word));
        let reserved = ["always", "never", "and", "or", "not", "steady", "baseline", "block"];
        let all = keywords().iter().map(String::as_str).chain(reserved).chain(said).chain(named);
        for word in all.chain(TIERS.iter().chain(VERDICTS).copied()) {
            assert!(is_told(word) || Type::NAMES.contains(&word), "{word}");
        }
        assert!(!is_told("nothing") && !is_keyword("nothing"));
    }
}
