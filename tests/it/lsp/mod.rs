//! The language server: the real program over standard input and output, driven by a small client.

mod accepting;
mod acting;
mod changing;
mod client;
mod emacs;
mod findings;
mod keywords;
mod names;
mod neovim;
mod pulled;
mod reading;
mod renaming;
mod session;
mod storm;
mod writing;

/// A system, an experiment on it and where it runs: no example of the documentation.
const DEPOT: &str = "## Everything that leaves the house.\nsystem depot {\n  service door   { calls belt }\n  \
    service belt {\n    calls scales\n    metric flow: ratio    ## share of parcels that go on\n    \
    metric delay: distribution<duration>\n    slo flow >= 97%\n  }\n  service scales { external }\n}\n";

const PLACES: &str = "use \"./depot.chaos\"\n\nenvironment local for depot {\n  tier development\n  \
    service door   { url \"http://127.0.0.1:7901\" }\n  \
    service belt   { url \"http://127.0.0.1:7902\"; through \"127.0.0.1:7912\" }\n  \
    service scales { url \"http://127.0.0.1:7903\"; through \"127.0.0.1:7913\" }\n  \
    source app = scrape(\"http://127.0.0.1:7902/metrics\", every: 1s)\n  \
    bind belt.flow  = proxy.success(scales)\n  \
    bind belt.delay = app.histogram(`parcel_delay_seconds`)\n  \
    allow http.* on scales\n  limit { traffic <= 30%; concurrent <= 2; exposure <= 30m }\n}\n";

const TRIAL: &str = "use std.http\nuse \"./depot.chaos\"\n\n## The scales answer with errors.\n\
    experiment heavy on depot {\n  id \"D-1\"\n  hypothesis \"If 10% of weighings fail, parcels still flow.\"\n  owner \"depot\"\n  \
    param share: ratio in 1%..50% = 10%\n  limit { services scales; bends belt; traffic <= 20%; exposure <= 10m; timeout <= 20m }\n  \
    abort when belt.flow < 50% for 10s\n  run {\n    \
    inject http.error(scales, traffic: limit.traffic, rate: share) as jam for 2m {\n      \
    expect always belt.flow of affected >= 60% of baseline\n      expect always p95(belt.delay) <= 2s\n    }\n    \
    expect steady within 60s holding 10s\n  }\n}\n";
