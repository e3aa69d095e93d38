//! Grants of `https` origins, against a real server: TLS is no way around a grant, and a certificate that does not fit is an
//! error that says what helps.

use crate::harness::{Place, Ran, Running, answers, free_port, root, wait_for};
use std::path::Path;
use std::process::{Command, Stdio};

fn openssl(folder: &Path, program: &[&str], arguments: &str) {
    let words: Vec<&str> = program.iter().copied().chain(arguments.split(' ')).collect();
    let done = Command::new(words[0]).args(&words[1..]).current_dir(folder).output().unwrap();
    assert!(done.status.success(), "{words:?}: {}", String::from_utf8_lossy(&done.stderr));
}

/// An authority of the test's own, and three certificates of it: for 127.0.0.1, for another name, and one that is out of date.
fn certificates(place: &Place) {
    let folder = place.path();
    openssl(
        folder,
        &["openssl"],
        "req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 20000 -subj /CN=own",
    );
    let past: &[&str] = &["faketime", "2020-01-01 00:00:00", "openssl"];
    for (name, of, program) in [
        ("good", "IP:127.0.0.1", &["openssl"][..]),
        ("other", "DNS:other.test", &["openssl"]),
        ("old", "IP:127.0.0.1", past),
    ] {
        place.write("san.cnf", format!("subjectAltName={of}\n"));
        openssl(
            folder,
            &["openssl"],
            &format!("req -newkey rsa:2048 -nodes -keyout {name}.key -out {name}.csr -subj /CN=x"),
        );
        let sign = format!("x509 -req -in {name}.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out {name}.pem -days 2");
        openssl(folder, program, &format!("{sign} -extfile san.cnf"));
    }
}

/// nginx with TLS at one port for each certificate, and without at another; who came is in `asked`.
struct Servers {
    _nginx: Running,
    plain: u16,
    good: u16,
    other: u16,
    old: u16,
}

fn servers(place: &Place) -> Servers {
    let [plain, good, other, old] = [(); 4].map(|()| free_port());
    let own = place.path().display();
    let secure = |port: u16, name: &str| {
        format!(
            "server {{ listen 127.0.0.1:{port} ssl; ssl_certificate {own}/{name}.pem; ssl_certificate_key {own}/{name}.key;\n\
             location / {{ return 200 'of {name}'; }}\n\
             location /down {{ return 302 http://127.0.0.1:{plain}/; }}\n\
             location /aside {{ return 302 https://127.0.0.1:{other}/; }} }}\n"
        )
    };
    let text = format!(
        "daemon off; master_process off; pid {own}/nginx.pid; error_log {own}/nginx.log;\n\
         events {{ worker_connections 64; }}\n\
         http {{ log_format port '$server_port'; access_log {own}/asked port; client_body_temp_path {own}/b;\n\
         proxy_temp_path {own}/p; fastcgi_temp_path {own}/f; uwsgi_temp_path {own}/u; scgi_temp_path {own}/s;\n\
         server {{ listen 127.0.0.1:{plain}; location / {{ return 200 'in the clear'; }} }}\n{}{}{} }}\n",
        secure(good, "good"),
        secure(other, "other"),
        secure(old, "old")
    );
    let config = place.write("nginx.conf", text);
    let mut command = Command::new("nginx");
    command.arg("-p").arg(place.path()).arg("-c").arg(config).stdout(Stdio::null()).stderr(Stdio::null());
    let nginx = Running::start(&mut command);
    wait_for("nginx", 10, || [plain, good, other, old].into_iter().all(answers));
    Servers { _nginx: nginx, plain, good, other, old }
}

/// Runs a component that was granted `origin` and asks for `url`: what it was answered is the error with which it ends.
fn fetch(place: &Place, origin: &str, url: &str, knows: bool) -> Ran {
    std::fs::copy(root().join("tests/components/rogue.wasm"), place.path().join("own.wasm")).unwrap();
    let text = format!(
        r#"
use std.command
fault odd(target: service, what: string) {{ component "./own.wasm" action "fetch"; class revertible }}
system site {{ service page {{ metric up: ratio }} }}
environment local for site {{
  bind page.up = command.succeeds("/bin/true", every: 1s)
  allow odd on page
  grant http "{origin}" to "./own.wasm"
  grant tcp "127.0.0.1:1" to "./own.wasm"
  grant exec "/bin/true" to "./own.wasm"
  grant files "{}" to "./own.wasm"
}}
experiment asked on site {{
  hypothesis "What is asked is what was granted."
  window 1s
  baseline 2s
  limit {{ services page; instances <= 100%; bends page }}
  run {{ inject odd(page, what: "{url}") for 2s {{ expect page.up >= 50% within 2s }} }}
}}
"#,
        place.path().display()
    );
    place.write("asked.chaos", text);
    let mut command = place.chaos(&["exec", "asked.chaos"]);
    let authorities = if knows { place.path().join("ca.pem") } else { place.path().join("old.pem") };
    Ran::from(command.env("SSL_CERT_FILE", authorities).env_remove("SSL_CERT_DIR").output().unwrap())
}

/// The ports at which anything was asked.
fn asked(place: &Place) -> Vec<u16> {
    let text = std::fs::read_to_string(place.path().join("asked")).unwrap_or_default();
    text.lines().map(|port| port.parse().unwrap()).collect()
}

#[test]
fn tls_is_no_way_around_a_grant() {
    let place = Place::new();
    certificates(&place);
    let Servers { _nginx, plain, good, other, .. } = servers(&place);
    let secure = format!("https://127.0.0.1:{good}");
    fetch(&place, &secure, &format!("{secure}/"), true).ended(6).says("200 of good");
    assert_eq!(asked(&place), [good]);
    for (granted, url) in [
        // A grant names the scheme: neither gives the other.
        (secure.clone(), format!("http://127.0.0.1:{good}/")),
        (format!("http://127.0.0.1:{good}"), format!("https://127.0.0.1:{good}/")),
        (secure.clone(), format!("https://127.0.0.1:{other}/")),
        (secure.clone(), format!("https://localhost:{good}/")),
        (secure.clone(), format!("https://user:pass@127.0.0.1:{good}/")),
        (secure.clone(), format!("https://127.1:{good}/")),
        (secure.clone(), format!("HTTPS://127.0.0.1:{good}/")),
    ] {
        fetch(&place, &granted, &url, true).ended(6).says("no grant for").says("permission-denied");
    }
    assert_eq!(asked(&place), [good], "nobody was asked what was not granted");
    // A redirect is an answer: it is not followed, neither out of TLS nor to another origin.
    for path in ["/down", "/aside"] {
        fetch(&place, &secure, &format!("{secure}{path}"), true).ended(6).says("302");
    }
    assert_eq!(asked(&place), [good, good, good]);
    // What is granted in the clear is not spoken to in TLS, nor the other way round.
    let wrong = format!("https://127.0.0.1:{plain}");
    fetch(&place, &wrong, &format!("{wrong}/"), true).ended(6).says("target-unreachable");
}

#[test]
fn a_certificate_that_does_not_fit_is_an_error_with_what_helps() {
    let place = Place::new();
    certificates(&place);
    let Servers { _nginx, good, other, old, .. } = servers(&place);
    let of = |port: u16, knows: bool| {
        let origin = format!("https://127.0.0.1:{port}");
        fetch(&place, &origin, &format!("{origin}/"), knows).ended(6)
    };
    of(good, false).says("its certificate is of an authority that is not known here").says("`SSL_CERT_FILE`");
    of(other, true).says("its certificate is for another name: use the one that stands in it");
    of(old, true).says("its certificate is not valid at this time: renew it, or set the clock");
    assert_eq!(asked(&place), [] as [u16; 0]);
    of(good, true).says("200 of good");
}
