//! Runs with plugins: what is injected is what is pinned, and the run is known without the project.

use crate::adding::{MODULE, component};
use crate::harness::{Load, Place, Ran, free_port, nginx};
use std::fs;

fn experiment(page: u16, proxy: u16) -> String {
    format!(
        r#"
use shop
fault lag(target: service, delay: duration in 1ms..1s = 150ms) {{
  component "./parts/lag.wasm" action "latency"
  class leased
}}
system site {{ service page {{ metric success: ratio; metric requests: counter }} }}
environment local for site {{
  service page {{ url "http://127.0.0.1:{page}"; through "127.0.0.1:{proxy}" }}
  bind page.success = proxy.success(page)
  bind page.requests = proxy.requests(page)
  allow shop.*, lag on page
}}
experiment slowly on site {{
  hypothesis "The page answers while it is slow."
  window 3s
  baseline 4s
  steady {{ page.success >= 90% }}
  limit {{ services page }}
  run {{
    inject shop.slow(page) as slow for 5s {{ expect always page.success >= 90% }}
    inject lag(page) as lagging for 5s {{ expect always page.success >= 90% }}
    expect page.success >= 90% within 20s
  }}
}}
"#
    )
}

#[test]
fn a_run_with_plugins_is_replayed_when_they_are_gone() {
    let place = Place::new();
    let (page, proxy) = (free_port(), free_port());
    let _nginx = nginx(&place, page);
    place.write("slowly.chaos", experiment(page, proxy));
    place.write("parts/shop.wasm", component(MODULE));
    place.write("parts/lag.wasm", component(""));
    let cache = place.path().join("cache");
    let run = |arguments: &[&str]| Ran::from(place.chaos(arguments).env("XDG_CACHE_HOME", &cache).output().unwrap());
    run(&["plugin", "add", "parts/shop.wasm"]).ended(0);
    let load = Load::on(proxy);
    run(&["exec", "slowly.chaos"]).ended(0).says("slowly: confirmed");
    drop(load.end());
    run(&["status"]).ended(0).says("nothing is in force");
    for gone in ["parts/shop.wasm", "parts/lag.wasm", "slowly.chaos", "chaos.toml", "chaos.lock"] {
        fs::remove_file(place.path().join(gone)).unwrap();
    }
    let listed = run(&["replay", "--list", "--json"]).ended(0);
    let listed: serde_json::Value = serde_json::from_str(&listed.out).unwrap();
    let name = listed["runs"][0]["run"].as_str().unwrap();
    run(&["replay", name]).ended(0).says("slowly: confirmed").says("the same as in the recorded run");
    place.stop_kept_proxy();
}
