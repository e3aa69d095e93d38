//! A share that travels with the request: one proxy selects, another one faults exactly those.

use crate::harness::{Load, Place, free_port, nginx, nginx_that};

/// A front that passes requests on to a page; each stands behind a proxy.
fn site(place: &Place, (upstream, back, middle, front): (u16, u16, u16, u16)) -> String {
    let text = format!(
        r#"
use std.http
system site {{
  service front {{ calls page; metric success: ratio; slo success >= 99% }}
  service page {{ metric success: ratio; slo success >= 99% }}
}}
environment local for site {{
  service front {{ url "http://127.0.0.1:{middle}"; through "127.0.0.1:{front}" }}
  service page {{ url "http://127.0.0.1:{upstream}"; through "127.0.0.1:{back}" }}
  bind front.success = proxy.success(front)
  bind page.success = proxy.success(page)
  allow http.* on front, page
}}
experiment outage on site {{
  hypothesis "What the front selects fails at the page, and nothing else."
  window 2s
  baseline 4s
  limit {{ services front, page; traffic <= 50%; concurrent <= 2 }}
  run {{
    parallel {{
      inject http.mark(front, traffic: 20%) as chosen for 16s
      inject http.error(page, among: marked, traffic: 50%) as broken for 8s after chosen starts + 4s {{
        expect always front.success of affected <= 5%
        expect always front.success of others >= 99%
        expect always page.success >= 60%
      }}
    }}
    expect steady within 10s holding 2s
  }}
}}
"#
    );
    place.write("marks.chaos", text);
    "marks.chaos".to_owned()
}

#[test]
fn what_one_proxy_marks_another_one_faults() {
    let place = Place::new();
    let (upstream, back, middle, front) = (free_port(), free_port(), free_port(), free_port());
    let _nginx = nginx(&place, upstream);
    let _front = nginx_that(&place, "front", middle, &format!("proxy_pass http://127.0.0.1:{back};"));
    let _load = Load::on(front);
    let file = site(&place, (upstream, back, middle, front));
    let ran = place.run(&["exec", &file]).ended(0).says("outage: confirmed");
    ran.says("✓ broken: expect always front.success of affected <= 5%")
        .says("chosen: http.mark on front, seen to act on");
    let text = std::fs::read_to_string(place.path().join(&file)).unwrap();
    let lines: Vec<&str> = text.lines().filter(|line| !line.contains("http.mark")).collect();
    place.write(
        &file,
        lines
            .join("\n")
            .replace(" after chosen starts + 4s", "")
            .replace(" of affected <= 5%", " >= 1%")
            .replace(" of others", ""),
    );
    // Without a mark nothing is faulted, and a fault that did not act proves nothing.
    place.run(&["exec", &file]).ended(5).says("outage: inconclusive").says("broken");
    place.stop_kept_proxy();
}
