//! What words of the language are said to mean: what they mean where they stand.

use super::client::Client;

/// What the editor shows of the word at a mark.
#[track_caller]
fn hover(client: &mut Client, text: &str) -> String {
    let it = client.open_marked("words.chaos", &format!("use std.http\nuse \"./depot.chaos\"\n{text}"));
    let shown = client.ask_at("hover", "words.chaos", &it.marks[""]);
    shown["contents"]["value"].as_str().unwrap_or_default().to_owned()
}

/// Asks of each word in a block, and compares what is said.
#[track_caller]
fn all(open: &str, close: &str, cases: &[(&str, &str)]) {
    let mut client = Client::start();
    for (text, wanted) in cases {
        let shown = hover(&mut client, &format!("{open}{text}{close}"));
        let fits = if wanted.is_empty() { shown.is_empty() } else { shown.contains(wanted) };
        assert!(fits, "{wanted} is not in\n{shown}\nfor\n{text}");
    }
}

#[test]
fn words_of_runs_mean_what_they_do_there() {
    let cases = [
        ("⟨⟩expect belt.flow >= 5%", "a check at this point of the run"),
        ("inject http.error(scales) for 1m { ⟨⟩expect always belt.flow >= 5% }", "while the fault acts"),
        ("inject http.error(scales) for 1m { expect ⟨⟩always belt.flow >= 5% }", "at every sample"),
        ("inject http.error(scales) for 1m { expect ⟨⟩never belt.flow < 5% }", "at no sample"),
        ("inject http.error(scales) as ⟨⟩jam for 1m", "inject http.error(scales) as jam"),
        ("inject http.error(scales) ⟨⟩as jam for 1m", "its name"),
        ("inject http.error(scales) ⟨⟩for 1m", "how long the fault is held"),
        ("inject http.error(scales) ⟨⟩until belt.flow < 5% within 1m", "until this has come true"),
        ("inject http.error(scales) until belt.flow < 5% ⟨⟩within 1m", "the time in which it must come true"),
        ("expect belt.flow >= 5% within 1m ⟨⟩holding 5s", "how long it must stay true"),
        ("expect ⟨⟩steady within 1m", "every SLO"),
        ("expect belt.flow ⟨⟩of affected >= 5%", "a metric of a part"),
        ("expect belt.flow of ⟨⟩affected >= 5%", "shares selected"),
        ("expect belt.flow of ⟨⟩others >= 5%", "no fault's share"),
        ("expect belt.flow >= 50% of ⟨⟩baseline", "before anything was injected"),
        ("expect p95(belt.delay ⟨⟩over 10s) < 1s", "the window of the aggregate"),
        ("expect ⟨⟩not belt.flow >= 5%", "it does not hold"),
        ("expect belt.flow > 5% ⟨⟩or belt.flow < 3%", "one of them"),
        ("expect belt.flow ⟨⟩no lower than baseline by 2pp", "statistical test"),
        ("⟨⟩wait until stable within 1m", "`wait until`: waits for a condition"),
        ("wait ⟨⟩until stable within 1m", "`wait until`: waits for a condition"),
        ("⟨⟩wait 5s", "lets time pass"),
        ("wait 5s ⟨⟩after jam", "instead of everything above it"),
        ("wait 5s after jam ⟨⟩starts", "the beginning"),
        ("⟨⟩when belt.flow > 5% { wait 1s }", "chooses at run time"),
        ("when belt.flow > 5% { wait 1s } ⟨⟩else { wait 2s }", "the other way"),
        ("escalate level ⟨⟩over [5%, 10%] every 1m { wait 1s }", "the levels"),
        ("escalate level over [5%, 10%] ⟨⟩every 1m { wait 1s }", "the start of one round"),
        ("inject http.error(scales, traffic: ⟨⟩limit.traffic) for 1m", "the limits in force"),
        ("inject http.error(scales, traffic: limit.⟨⟩traffic) for 1m", "limit `traffic`, a `ratio`"),
    ];
    all("experiment e on depot {\n  run {\n    ", "\n  }\n}\n", &cases);
}

#[test]
fn words_of_experiments_and_limits_mean_what_they_do_there() {
    let cases = [
        ("limit { ⟨⟩instances <= 1 }", "instances of a service that may be hit together"),
        ("limit { ⟨⟩timeout <= 1m }", "the longest time of the run"),
        ("limit { ⟨⟩selector \"a=b\" }", "which pods it may reach"),
        ("limit { budget <= 1% ⟨⟩of belt.flow }", "whose SLO has the budget"),
        ("⟨⟩abort when belt.flow < 5% for 10s", "`abort when`: stops the run"),
        ("abort ⟨⟩when belt.flow < 5% for 10s", "`abort when`: stops the run"),
        ("abort when belt.flow < 5% ⟨⟩for 10s", "how long it must have held"),
        ("abort when belt.flow < 5% for 3 ⟨⟩samples", "counts samples"),
        ("no data ⟨⟩for 10s", "how long data may be missing"),
        ("⟨⟩window 10s", "aggregates that do not say `over`"),
        ("⟨⟩baseline 10s", "judged first"),
        ("⟨⟩expect always belt.flow >= 5%", "over the whole run"),
        ("⟨⟩steady { belt.flow >= 5% }", "its own conditions"),
        ("param share: ratio ⟨⟩in 1%..2% = 1%", "the range of its values"),
        ("param share: ⟨⟩ratio = 1%", "type `ratio`"),
        ("consent ⟨⟩irreversible", "never ends"),
    ];
    all("experiment e on depot {\n  ", "\n}\n", &cases);
    let cases = [
        ("experiment e ⟨⟩on depot { }", "experimented on"),
        ("environment e ⟨⟩for depot { }", "a place of"),
        ("policy p ⟨⟩when environment.tier == production { }", "where the policy applies"),
        ("policy p when environment.tier == ⟨⟩production { }", "users depend on"),
        ("policy p { require confirmed ⟨⟩on local within 1d because \"so\" }", "the environment"),
        ("policy p { require abort ⟨⟩because \"so\" }", "why"),
        ("scenario s(target: ⟨⟩service { flow: ratio }) { }", "a service of the system"),
        ("scenario s(target: ⟨⟩service) { }", "a service of the system"),
        ("use \"./places.chaos\" ⟨⟩as there", "called here"),
    ];
    all("", "\n", &cases);
}

#[test]
fn words_of_environments_mean_what_they_do_there() {
    let cases = [
        ("⟨⟩service belt { }", "where a service is"),
        ("service belt { restarts by ⟨⟩runner }", "started again"),
        ("service belt { restarts ⟨⟩by runner }", "who starts it again"),
        ("service belt { ⟨⟩instances 6 }", "where each instance answers"),
        ("silence alertmanager(\"http://a:1\") matching { ⟨⟩service = \"belt\" }", ""),
        ("silence alertmanager(\"http://a:1\") ⟨⟩matching { service = \"belt\" }", "the labels"),
        ("tier ⟨⟩development", "nobody else is harmed"),
        ("allow http.* ⟨⟩on scales", "allowed on"),
        ("bind belt.flow = ⟨⟩proxy.success(scales)", "the fault proxy's own view"),
        ("bind belt.delay = proxy.⟨⟩latency(scales)", "to the head of its answer"),
        ("source app = scrape(\"http://a:1\", ⟨⟩every: 1s)", "how often it is read"),
        ("source app = prometheus(\"http://a:1\", ⟨⟩scrape: 1s)", "the server itself"),
        (
            "source app = scrape(\"http://a:1\")\n  bind belt.flow = app.ratio(⟨⟩good: `a`, all: `b`)",
            "what counts as good",
        ),
        ("source app = scrape(\"http://a:1\")\n  bind belt.flow = app.ratio(good: `a`, ⟨⟩all: `b`)", "a share of"),
        (
            "source app = scrape(\"http://a:1\")\n  bind belt.flow = app.gauge(`a`, ⟨⟩unit: 1%)",
            "one unit of the series",
        ),
        ("service belt { admin \"a:1\", ⟨⟩token: secret(\"T\") }", "commands the proxy"),
        ("limit { ⟨⟩exposure <= 1m }", "limit `exposure`"),
    ];
    all("environment local for depot {\n  ", "\n}\n", &cases);
    let cases = [
        ("⟨⟩service belt { }", "what a service is like"),
        ("service belt { ⟨⟩timeout 150ms to scales }", "how long an answer is waited for"),
        ("service belt { timeout 150ms ⟨⟩to scales }", "called services"),
        ("service belt { ⟨⟩instances 2 }", "workers are spread"),
        ("metric belt.flow = ⟨⟩success of belt", "answered well"),
    ];
    all("model m of depot {\n  ", "\n}\n", &cases);
}

#[test]
fn words_of_tests_mean_what_they_do_there() {
    let cases = [
        ("⟨⟩expect verdict confirmed", "the verdict, and what becomes of steps"),
        ("expect ⟨⟩verdict confirmed", "how the run ends"),
        ("expect verdict ⟨⟩confirmed", "every expectation was satisfied"),
        ("expect verdict ⟨⟩refuted", "an expectation was violated"),
        ("expect verdict ⟨⟩inconclusive", "data was missing"),
        ("expect verdict ⟨⟩broken", "failed"),
        ("expect verdict ⟨⟩not steady", "nothing was injected"),
        ("expect verdict not ⟨⟩reverted", "still be in force"),
        ("expect verdict refuted ⟨⟩because belt.flow", "what it came from"),
        ("expect jam ⟨⟩reverted within 1s of abort", "taken back"),
        ("expect jam ⟨⟩inconclusive", "could not be judged"),
        ("expect jam reverted ⟨⟩within 1s of abort", "so soon after"),
        ("given ⟨⟩steady", "satisfies what is asked of it"),
        ("given ⟨⟩no data of belt.flow", "no value comes"),
        ("given no ⟨⟩data of belt.flow", "no value of the metric"),
        ("given no data ⟨⟩of belt.flow", "what it is said of"),
        ("given no data of ⟨⟩proxy", "the fault proxy's own view"),
        ("given jam ⟨⟩fails", "it fails at once"),
        ("given belt.flow = 5% ⟨⟩from 2s into jam", "of the run on"),
        ("given belt.flow = 5% from 2s ⟨⟩into jam", "after this step began"),
        ("given belt.flow = 5% from 2s ⟨⟩after jam", "after the end of this step"),
        ("given belt.flow = 5% ⟨⟩for 2s", "what held before"),
        ("given belt.flow = 5% .. 9% ⟨⟩over 2s", "from one value to the other"),
        ("⟨⟩model { arrivals door 2/s }", "the toy system"),
        ("model { ⟨⟩service belt { workers 2 } }", "what a service is like"),
    ];
    all("use \"./trial.chaos\"\ntest \"t\" of heavy in local {\n  ", "\n}\n", &cases);
}
