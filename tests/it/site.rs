//! A small site that many tests break: a page behind a proxy, whose caller belongs to the test, and a process of the runner's
//! own beside it.

use crate::harness::{Place, Running, ask, free_port, nginx, status, wait_for};
use serde_json::Value;

pub struct Site {
    pub place: Place,
    pub upstream: u16,
    pub proxy: u16,
    pub helper: u16,
}

/// A fault that would last for a minute.
pub const LONG: &str = "inject http.error(page, status: 503) as broken for 60s { expect always page.success < 50% }";

/// The experiment of a site at these ports, whose fault would last for a minute.
pub fn experiment(place: &Place, upstream: u16, proxy: u16, helper: u16) -> String {
    place.write("outage.chaos", text((upstream, proxy, helper), LONG, ""));
    "outage.chaos".to_owned()
}

fn text((upstream, proxy, helper): (u16, u16, u16), steps: &str, more: &str) -> String {
    format!(
        r#"
use std.http
system site {{
  service page {{ metric success: ratio }}
  service side {{ external }}
}}
environment local for site {{
  service page {{ url "http://127.0.0.1:{upstream}"; through "127.0.0.1:{proxy}" }}
  service side {{ url "http://127.0.0.1:{helper}"; start "chaos demo inventory --port {{port}}" }}
  bind page.success = proxy.success(page)
  allow http.error on page
}}
@allow(amplification-only)
experiment outage on site {{
  hypothesis "Nothing stays broken, and what was seen can be judged again."
  param goal: ratio in 1%..99% = 20%
  param rate: ratio in 1%..99% = 40%
  window 1s
  baseline 2s
  limit {{ services page }}
  {more}
  run {{
{steps}
  }}
}}
"#
    )
}

impl Site {
    pub fn new() -> Self {
        Self::of(free_port())
    }

    /// One whose page is there already.
    pub fn of(upstream: u16) -> Self {
        Self { place: Place::new(), upstream, proxy: free_port(), helper: free_port() }
    }

    /// An experiment with steps, and what else it says.
    pub fn write(&self, file: &str, steps: &str, more: &str) {
        self.place.write(file, text((self.upstream, self.proxy, self.helper), steps, more));
    }

    /// One with its page, and an experiment whose fault would last for a minute.
    pub fn with_a_long_fault() -> (Self, Running) {
        let site = Self::new();
        let page = nginx(&site.place, site.upstream);
        site.write("outage.chaos", LONG, "");
        (site, page)
    }

    /// Starts the experiment, and waits until its fault is in force.
    pub fn faulted(&self, more: &[&str]) -> Running {
        let arguments: Vec<&str> = ["exec", "outage.chaos"].iter().chain(more).copied().collect();
        let runner = Running::start(&mut self.place.chaos(&arguments));
        wait_for("the fault", 30, || self.answer() == Some(503));
        runner
    }

    /// What a client of the page gets.
    pub fn answer(&self) -> Option<u16> {
        status(self.proxy, "GET", "/")
    }

    /// What the proxy says of the faults that it had and has.
    pub fn faults(&self) -> Vec<Value> {
        let admin = self.proxy + 10_000;
        let file = self.place.path().join(format!("store/proxies/127.0.0.1_{admin}.token"));
        let token = std::fs::read_to_string(file).unwrap();
        let (_, body) =
            ask(admin, "GET", "/v1/faults", &format!("Authorization: Bearer {}\r\n", token.trim())).unwrap();
        let said: Value = serde_json::from_str(&body).unwrap();
        said.as_array().or_else(|| said["faults"].as_array()).unwrap().clone()
    }
}
