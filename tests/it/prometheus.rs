//! Metrics from a real Prometheus server: plain, behind TLS and tokens, slow, and killed in the middle of a run.

use crate::harness::{Load, Place, Ran, Running, answers, free_port, nginx, status, wait_for};
use crate::sources::{Server, say};
use std::fmt::Write as _;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A Prometheus that scrapes `targets` (job, port) every `interval`.
pub fn prometheus(place: &Place, port: u16, interval: &str, targets: &[(&str, u16)], more: &[&str]) -> Running {
    let mut config =
        format!("global: {{ scrape_interval: {interval}, scrape_timeout: {interval} }}\nscrape_configs:\n");
    for (job, target) in targets {
        writeln!(config, "- job_name: {job}\n  static_configs: [{{ targets: ['127.0.0.1:{target}'] }}]").unwrap();
    }
    let file = place.write("prometheus.yml", config);
    let mut command = Command::new("prometheus");
    command.arg(format!("--config.file={}", file.display()));
    command.arg(format!("--storage.tsdb.path={}", place.path().join("tsdb").display()));
    command.arg(format!("--web.listen-address=127.0.0.1:{port}")).args(more);
    let running = Running::start(command.stdout(Stdio::null()).stderr(Stdio::null()));
    wait_for("Prometheus", 20, || answers(port));
    running
}

/// The ports of a shop.
struct Shop {
    web: u16,
    checkout: u16,
    payment: u16,
    proxy: u16,
    inventory: u16,
    orders: u16,
    customers: u16,
}

impl Shop {
    fn new() -> Self {
        Self {
            web: free_port(),
            checkout: free_port(),
            payment: free_port(),
            proxy: free_port(),
            inventory: free_port(),
            orders: free_port(),
            customers: free_port(),
        }
    }

    fn targets(&self) -> [(&'static str, u16); 3] {
        [("checkout", self.checkout), ("inventory", self.inventory), ("orders", self.orders)]
    }

    /// The shop of the quickstart, whose metrics a Prometheus has.
    fn environment(&self, prometheus: u16, scrape: &str) -> String {
        let Self { web, checkout, payment, proxy, inventory, orders, customers } = self;
        format!(
            r#"
use "./shop.chaos"
environment local for shop {{
  service payment {{
    url "http://127.0.0.1:{payment}"; through "127.0.0.1:{proxy}"; start "chaos demo payment --port {{port}}"
  }}
  service inventory {{ url "http://127.0.0.1:{inventory}"; start "chaos demo inventory --port {{port}}" }}
  service orders {{ url "http://127.0.0.1:{orders}"; start "chaos demo orders --port {{port}}" }}
  service checkout {{
    url "http://127.0.0.1:{checkout}"
    start "chaos demo checkout --port {{port}} --payment {{payment}} --inventory {{inventory}} --orders {{orders}}"
  }}
  service web {{ url "http://127.0.0.1:{web}"; start "chaos demo web --port {{port}} --checkout {{checkout}}" }}
  service customers {{ url "http://127.0.0.1:{customers}"; start "chaos demo customers --port {{port}} --web {{web}} --rate 50" }}

  source prom = prometheus("http://127.0.0.1:{prometheus}", every: 1s, scrape: {scrape})
  bind checkout.success = prom.ratio(
    good: `http_requests_total{{job="checkout", code!~"5.."}}`, all: `http_requests_total{{job="checkout"}}`)
  bind checkout.latency = prom.histogram(`http_request_duration_seconds{{job="checkout"}}`)
  bind inventory.success = prom.query(
    `sum(rate(http_requests_total{{job="inventory", code!~"5.."}}[4s])) / sum(rate(http_requests_total{{job="inventory"}}[4s]))`)
  bind orders.backlog = prom.query(`sum(orders_backlog)`)
  bind orders.lost = prom.counter(`orders_lost_total`)
  allow http.* on payment
}}
"#
        )
    }
}

const SYSTEM: &str = r"
system shop {
  service customers { calls web }
  service web { calls checkout }
  service checkout {
    calls payment, inventory, orders
    metric success: ratio
    metric latency: distribution<duration>
    slo success >= 99%
    slo p95(latency) <= 450ms
  }
  service payment { external }
  service inventory { metric success: ratio; slo success >= 99% }
  service orders { metric backlog: count; metric lost: counter }
}
";

fn outage(place: &Place, length: &str) -> String {
    place.write("shop.chaos", SYSTEM);
    let text = format!(
        r#"
use std.http
use "./shop.chaos"
use "./local.chaos"
experiment outage on shop {{
  hypothesis "Checkout queues the orders while payment fails."
  window 3s
  baseline 8s
  limit {{ services payment; bends checkout }}
  run {{
    inject http.error(payment, status: 503, rate: 40%) as outage for {length} {{
      expect always checkout.success >= 90% of baseline
      expect orders.backlog > 0 within 8s
    }}
    expect orders.backlog == 0 within 20s
    expect steady within 20s holding 3s
  }}
  expect always increase(orders.lost) == 0
}}
"#
    );
    place.write("outage.chaos", text);
    "outage.chaos".to_owned()
}

#[test]
fn a_whole_run_is_judged_by_what_prometheus_scraped() {
    let (place, shop, port) = (Place::new(), Shop::new(), free_port());
    let _prometheus = prometheus(&place, port, "1s", &shop.targets(), &[]);
    place.write("local.chaos", shop.environment(port, "1s"));
    let file = outage(&place, "12s");
    let ran = place.run(&["exec", &file]).ended(0);
    ran.says("outage: confirmed")
        .says("✓ outage: expect always checkout.success >= 90% of baseline")
        .says("✓ outage: expect orders.backlog > 0 within 8s")
        .says("✓ outage: expect always increase(orders.lost) == 0");
}

#[test]
fn a_prometheus_that_is_killed_leaves_the_run_inconclusive_and_nothing_in_force() {
    let (place, shop, port) = (Place::new(), Shop::new(), free_port());
    let prometheus = prometheus(&place, port, "1s", &shop.targets(), &[]);
    place.write("local.chaos", shop.environment(port, "1s"));
    let file = outage(&place, "60s");
    let runner = Running::start(&mut place.chaos(&["exec", &file]));
    wait_for("the fault", 60, || status(shop.proxy, "POST", "/charge") == Some(503));
    prometheus.signal("KILL");
    let ran = runner.finish().ended(5);
    ran.says("inconclusive")
        .says("no data for 15s")
        .says("reverted outage")
        .says("sources: prom:")
        .says("reads failed");
    for port in [shop.web, shop.checkout, shop.payment, shop.proxy, shop.customers] {
        assert!(!answers(port), "something still listens on {port}");
    }
    place.run(&["status"]).ended(0).says("nothing is in force");
}

/// A page behind a proxy, whose load Prometheus itself tells nothing of: what it scrapes is the proxy.
fn site(place: &Place, upstream: u16, proxy: u16, source: &str) -> String {
    let text = format!(
        r#"
use std.http
system site {{
  service page {{ metric success: ratio; metric seen: count; slo seen >= 1 }}
}}
environment local for site {{
  service page {{ url "http://127.0.0.1:{upstream}"; through "127.0.0.1:{proxy}" }}
  source prom = {source}
  bind page.success = proxy.success(page)
  bind page.seen = prom.query(`count(up)`)
  allow http.error on page
}}
experiment outage on site {{
  hypothesis "The source is read."
  window 1s
  baseline 3s
  limit {{ services page; bends page }}
  run {{
    inject http.error(page, status: 503) as broken for 4s {{
      expect always page.success < 50%
      expect always page.seen >= 1
    }}
  }}
}}
"#
    );
    place.write("outage.chaos", text);
    "outage.chaos".to_owned()
}

fn openssl(folder: &Path, arguments: &str) {
    let done = Command::new("openssl").args(arguments.split(' ')).current_dir(folder).output().unwrap();
    assert!(done.status.success(), "openssl {arguments}: {}", String::from_utf8_lossy(&done.stderr));
}

/// An authority, a server's certificate and a client's, all of the test's own making.
pub fn certificates(place: &Place) {
    place.write("san.cnf", "subjectAltName=IP:127.0.0.1\n");
    let folder = place.path();
    openssl(folder, "req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 2 -subj /CN=own");
    for name in ["server", "client"] {
        openssl(folder, &format!("req -newkey rsa:2048 -nodes -keyout {name}.key -out {name}.csr -subj /CN={name}"));
        let sign = format!("x509 -req -in {name}.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out {name}.pem -days 2");
        openssl(folder, &format!("{sign} -extfile san.cnf"));
    }
}

/// nginx in front of Prometheus: it speaks TLS and asks for a bearer token, which it quotes when it is another.
pub fn gateway(place: &Place, port: u16, upstream: u16, token: &str) -> Running {
    let folder = place.path().join("gateway");
    std::fs::create_dir_all(&folder).unwrap();
    let (own, certificates) = (folder.display(), place.path().display());
    let text = format!(
        "daemon off; master_process off; pid {own}/nginx.pid; error_log {own}/nginx.log;\n\
         events {{ worker_connections 64; }}\n\
         http {{ access_log off; client_body_temp_path {own}/b; proxy_temp_path {own}/p; fastcgi_temp_path {own}/f;\n\
         uwsgi_temp_path {own}/u; scgi_temp_path {own}/s;\n\
         server {{ listen 127.0.0.1:{port} ssl; ssl_certificate {certificates}/server.pem;\n\
         ssl_certificate_key {certificates}/server.key;\n\
         location / {{ default_type application/json;\n\
         if ($http_authorization != 'Bearer {token}') {{ return 403 \
         '{{\"status\":\"error\",\"errorType\":\"auth\",\"error\":\"who is $http_authorization?\"}}'; }}\n\
         proxy_pass http://127.0.0.1:{upstream}; }} }} }}\n"
    );
    let config = place.write("gateway.conf", text);
    let mut command = Command::new("nginx");
    command.arg("-p").arg(&folder).arg("-c").arg(config).stdout(Stdio::null()).stderr(Stdio::null());
    let running = Running::start(&mut command);
    wait_for("the gateway", 10, || answers(port));
    running
}

/// Neither the run's words nor its store hold a secret.
fn keeps(place: &Place, ran: &Ran, secret: &str) {
    assert!(!ran.out.contains(secret) && !ran.err.contains(secret), "{}\n{}", ran.out, ran.err);
    let store = all_files(&place.path().join("store"));
    assert!(!store.is_empty(), "the store is somewhere else");
    for file in store {
        let bytes = std::fs::read(&file).unwrap();
        let found = bytes.windows(secret.len()).any(|part| part == secret.as_bytes());
        assert!(!found, "{} holds the secret", file.display());
    }
}

/// All files in a folder and its folders.
pub fn all_files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { all_files(&path) } else { vec![path] }).collect()
}

#[test]
fn a_token_opens_a_server_behind_tls_with_an_authority_of_its_own() {
    const TOKEN: &str = "tok-4711-very-secret";
    let place = Place::new();
    let (upstream, proxy, port, secure) = (free_port(), free_port(), free_port(), free_port());
    certificates(&place);
    let _nginx = nginx(&place, upstream);
    let _load = Load::on(proxy);
    let _prometheus = prometheus(&place, port, "1s", &[("proxy", proxy + 10_000)], &[]);
    let _gateway = gateway(&place, secure, port, TOKEN);
    let source = |more: &str| format!("prometheus(\"https://127.0.0.1:{secure}\", every: 1s, scrape: 1s, {more})");
    let exec = |token: Option<&str>, more: &str| {
        let file = site(&place, upstream, proxy, &source(more));
        let mut command = place.chaos(&["exec", &file]);
        command.env_remove("PROM_TOKEN").envs(token.map(|token| ("PROM_TOKEN", token)));
        Ran::from(command.output().unwrap())
    };
    let whole = "token: secret(\"PROM_TOKEN\"), ca: \"ca.pem\"";

    exec(None, whole).ended(2).says("E0714").says("the secret `PROM_TOKEN` is not set");
    exec(Some("a\nb"), whole).ended(2).says("E0714").says("`PROM_TOKEN` holds what no header can hold");
    exec(Some(TOKEN), "token: secret(\"PROM_TOKEN\"), ca: \"none.pem\"").ended(2).says("E0714").says("cannot be read");
    let ran = exec(Some(TOKEN), "token: secret(\"PROM_TOKEN\")").ended(3);
    ran.says("not steady").says("UnknownIssuer");
    let ran =
        exec(Some("tok-0815-just-as-secret"), whole).ended(3).says("answered 403: auth: who is Bearer <PROM_TOKEN>?");
    keeps(&place, &ran, "tok-0815-just-as-secret");
    let ran = exec(Some(TOKEN), whole).ended(0).says("outage: confirmed");
    keeps(&place, &ran, TOKEN);

    // A file beside the experiment and a command give it as well.
    let of = |from: &str| format!("token: secret({from}), ca: \"ca.pem\"");
    let lost = exec(None, &of("file: \"prom.token\"")).ended(2).says("E0714");
    lost.says("the secret in the file `prom.token` cannot be read");
    let kept = place.write("prom.token", format!("{TOKEN}\n"));
    let refused = format!("sh -c 'cat {}; echo who are you >&2; exit 4'", kept.display());
    let told = "the secret of the command `sh …` cannot be had: it ended with exit code 4: who are you";
    let ran = exec(None, &of(&format!("command: `{refused}`"))).ended(2).says("E0714").says(told);
    let without = |ran: &Ran| {
        let text = std::fs::read(&kept).unwrap();
        std::fs::remove_file(&kept).unwrap();
        keeps(&place, ran, TOKEN);
        std::fs::write(&kept, text).unwrap();
    };
    without(&ran);
    let ran = exec(None, &of("file: \"prom.token\"")).ended(0).says("outage: confirmed");
    without(&ran);
    let ran = exec(None, &of(&format!("command: \"cat {}\"", kept.display()))).ended(0).says("outage: confirmed");
    without(&ran);
    place.stop_kept_proxy();
}

#[test]
fn a_password_and_a_certificate_open_prometheus_itself() {
    let place = Place::new();
    let (upstream, proxy, port) = (free_port(), free_port(), free_port());
    certificates(&place);
    let _nginx = nginx(&place, upstream);
    let _load = Load::on(proxy);
    // The password is `test`.
    let web = "tls_server_config: { cert_file: server.pem, key_file: server.key, client_ca_file: ca.pem,\n\
        client_auth_type: RequireAndVerifyClientCert }\n\
        basic_auth_users: { admin: $2b$12$hNf2lSsxfm0.i4a.1kVpSOVyBCfIB51VRjgBUyv6kdnyTlgWj81Ay }\n";
    let web = format!("--web.config.file={}", place.write("web.yml", web).display());
    let _prometheus = prometheus(&place, port, "1s", &[("proxy", proxy + 10_000)], &[&web]);
    let pem = |name: &str| std::fs::read_to_string(place.path().join(name)).unwrap();
    let (certificate, key) = (pem("client.pem"), pem("client.key"));
    let source = format!(
        "prometheus(\"https://127.0.0.1:{port}\", every: 1s, scrape: 1s, user: \"admin\", password: secret(\"PROM_PASSWORD\"),\n\
         certificate: secret(\"PROM_CERTIFICATE\"), key: secret(\"PROM_KEY\"), ca: \"ca.pem\")"
    );
    let file = site(&place, upstream, proxy, &source);
    let exec = |password: &str, certificate: &str| {
        let mut command = place.chaos(&["exec", &file]);
        command.env("PROM_PASSWORD", password).env("PROM_CERTIFICATE", certificate).env("PROM_KEY", &key);
        Ran::from(command.output().unwrap())
    };
    exec("test", "no certificate")
        .ended(2)
        .says("E0714")
        .says("`PROM_CERTIFICATE` and the secret `PROM_KEY` are no certificate");
    exec("wrong-password", &certificate).ended(3).says("answered 401");
    let ran = exec("test", &certificate).ended(0).says("outage: confirmed");
    let middle = key.lines().nth(3).unwrap();
    keeps(&place, &ran, middle);
    place.stop_kept_proxy();
}

/// When the newest sample of `up` was scraped, in Unix seconds.
fn scraped(port: u16) -> Option<f64> {
    asked(port, "max(timestamp(up))")
}

/// What a Prometheus answers to a query without blanks: the first value.
fn asked(port: u16, query: &str) -> Option<f64> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    let request = format!("GET /api/v1/query?query={query} HTTP/1.0\r\nHost: x\r\n\r\n");
    stream.write_all(request.as_bytes()).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let answer: serde_json::Value = serde_json::from_str(answer.split("\r\n\r\n").nth(1)?).ok()?;
    answer["data"]["result"][0]["value"][1].as_str()?.parse().ok()
}

/// A run whose fault is judged by a server that has just scraped, and does so `every` so often.
fn after_a_scrape(every: &str, length: &str) -> (Place, Ran) {
    let place = Place::new();
    let (upstream, proxy, port) = (free_port(), free_port(), free_port());
    let _nginx = nginx(&place, upstream);
    let _load = Load::on(proxy);
    let _prometheus = prometheus(&place, port, every, &[("page", upstream)], &[]);
    let source = format!("prometheus(\"http://127.0.0.1:{port}\", every: 1s, scrape: {every})");
    let file = site(&place, upstream, proxy, &source);
    let text = std::fs::read_to_string(place.path().join(&file)).unwrap();
    place.write(&file, text.replace("; slo seen >= 1", "").replace("for 4s", &format!("for {length}")));
    wait_for("a scrape", 75, || scraped(port).is_some());
    let before = scraped(port);
    wait_for("the next scrape", 75, || scraped(port) != before);
    let ran = place.run(&["exec", &file]);
    place.stop_kept_proxy();
    (place, ran)
}

#[test]
fn half_a_minute_is_not_judged_by_what_is_scraped_every_minute() {
    let (place, ran) = after_a_scrape("60s", "30s");
    let ran = ran.ended(5).says("outage: inconclusive").says("✓ broken: expect always page.success < 50%");
    ran.says("? broken: expect always page.seen >= 1: no sample");
    let linted = place.run(&["lint", "outage.chaos"]);
    linted.says("slow-source").says("no sample of `page.seen` is sure to lie inside the 30s that this judges");
}

#[test]
fn what_is_scraped_every_15_seconds_judges_a_fault_that_lasts_longer() {
    let (_, ran) = after_a_scrape("15s", "35s");
    ran.ended(0).says("✓ broken: expect always page.seen >= 1");
}

/// A run whose Prometheus cannot be reached for 20 s under fault, and goes on scraping; meanwhile the level falls, if so wished.
fn with_a_gap(falls: bool) -> Ran {
    const TOKEN: &str = "tok-4711-very-secret";
    let place = Place::new();
    let (upstream, proxy, port, secure) = (free_port(), free_port(), free_port(), free_port());
    certificates(&place);
    let _nginx = nginx(&place, upstream);
    let _load = Load::on(proxy);
    let level = Arc::new(AtomicU64::new(9));
    let shown = Arc::clone(&level);
    let page = Server::new(move |_, _, stream| {
        let page = format!("level {}\n", shown.load(Ordering::Relaxed));
        say(stream, "200 OK", "text/plain; version=0.0.4", &page);
    });
    let _prometheus = prometheus(&place, port, "1s", &[("level", page.port)], &[]);
    let gate = gateway(&place, secure, port, TOKEN);
    place.write("prom.token", TOKEN);
    let source = format!(
        "prometheus(\"https://127.0.0.1:{secure}\", every: 1s, scrape: 1s, token: secret(file: \"prom.token\"), ca: \"ca.pem\")"
    );
    let file = site(&place, upstream, proxy, &source);
    let text = std::fs::read_to_string(place.path().join(&file)).unwrap();
    let text = text.replace("count(up)", "level").replace("page.seen >= 1", "page.seen >= 5");
    place.write(&file, text.replace("for 4s", "for 35s").replace("baseline 3s", "baseline 3s\n  no data for 60s"));
    let runner = Running::start(&mut place.chaos(&["exec", &file]));
    wait_for("the fault", 60, || status(proxy, "GET", "/") == Some(503));
    let since = |then: f64| scraped(port).is_some_and(|now| now >= then);
    let began = scraped(port).unwrap();
    wait_for("samples under fault", 20, || since(began + 3.0));
    drop(gate);
    let down = scraped(port).unwrap();
    wait_for("half of the gap", 30, || since(down + 8.0));
    level.store(if falls { 2 } else { 9 }, Ordering::Relaxed);
    wait_for("a level that fell", 20, || !falls || asked(port, "level") == Some(2.0));
    wait_for("its effect on the page", 20, || since(down + 11.0));
    level.store(9, Ordering::Relaxed);
    wait_for("a level that rose", 20, || asked(port, "level") == Some(9.0));
    wait_for("the whole gap", 30, || since(down + 20.0));
    let _gate = gateway(&place, secure, port, TOKEN);
    let ran = runner.finish().says("the source prom answers again, after ");
    place.stop_kept_proxy();
    ran
}

#[test]
fn what_a_server_scraped_while_it_could_not_be_reached_is_asked_for_again() {
    with_a_gap(false).ended(0).says("✓ broken: expect always page.seen >= 5");
    with_a_gap(true).ended(1).says("because broken: expect always page.seen >= 5: 2 against 5, off by 3, at ");
}
