//! Targets that hang or lie to the injector: the run is broken or inconclusive, it ends, and everything is taken back.

use crate::harness::{Load, Ran, Running, wait_for};
use crate::site::Site;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

/// What becomes of commands of one method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// It is never answered, and not done.
    Hangs,
    /// It is done, and never answered.
    DoneAndHangs,
    /// It is said to be done.
    Lies,
    /// What is answered is no answer.
    Babbles,
}

/// One command as it came.
struct Command {
    head: String,
    body: Vec<u8>,
}

fn read(stream: &mut TcpStream) -> Option<Command> {
    let mut reader = BufReader::new(stream);
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if let Some(said) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = said.trim().parse().ok()?;
        }
        if line == "\r\n" {
            break;
        }
        if !line.to_ascii_lowercase().starts_with("connection:") {
            head.push_str(&line);
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Command { head, body })
}

/// Asks the real proxy.
fn ask(admin: u16, command: &Command) -> Option<Vec<u8>> {
    let mut stream = TcpStream::connect(("127.0.0.1", admin)).ok()?;
    write!(stream, "{}Connection: close\r\n\r\n", command.head).ok()?;
    stream.write_all(&command.body).ok()?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).ok()?;
    Some(answer)
}

/// Stands before the admin address of a proxy, and does so with commands that begin like this; passes all others on.
fn stand_before(admin: u16, method: &'static str, way: Way) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            std::thread::spawn(move || serve(stream.unwrap(), admin, method, way));
        }
    });
    port
}

fn serve(mut stream: TcpStream, admin: u16, method: &str, way: Way) {
    let Some(command) = read(&mut stream) else { return };
    let answer = if !command.head.starts_with(method) {
        ask(admin, &command).unwrap_or_default()
    } else {
        match way {
            Way::Lies => b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}".to_vec(),
            Way::Babbles => b"What do you mean?\r\n\r\n".to_vec(),
            Way::Hangs | Way::DoneAndHangs => {
                if way == Way::DoneAndHangs {
                    let _never_told = ask(admin, &command);
                }
                std::thread::sleep(Duration::from_secs(60));
                return;
            }
        }
    };
    let _gone = stream.write_all(&answer);
}

/// One run whose commands that begin like this go such a way.
fn run(method: &'static str, way: Way) -> Ran {
    let (site, _page) = Site::with_a_long_fault();
    let steps = "inject http.error(page, status: 503) as broken for 3s { expect always page.success < 50% }
    expect page.success >= 99% within 5s";
    site.write("outage.chaos", steps, "");
    let (listen, admin) = (format!("127.0.0.1:{}", site.proxy), site.proxy + 10_000);
    let before = stand_before(admin, method, way);
    let text = std::fs::read_to_string(site.place.path().join("outage.chaos")).unwrap();
    let through = format!("through \"{listen}\"");
    site.place.write("outage.chaos", text.replace(&through, &format!("{through}; admin \"127.0.0.1:{before}\"")));
    let upstream = format!("http://127.0.0.1:{}", site.upstream);
    let mut command = site.place.chaos(&["proxy", "--listen", &listen, "--upstream", &upstream]);
    let _proxy = Running::start(command.env("CHAOS_PROXY_TOKEN", "4711"));
    wait_for("the proxy", 10, || site.answer() == Some(200));
    let _load = Load::on(site.proxy);
    let mut command = site.place.chaos(&["exec", "outage.chaos"]);
    let mut runner = Running::start(command.env("CHAOS_PROXY_TOKEN", "4711"));
    wait_for("the run's end", 120, || runner.0.try_wait().unwrap().is_some());
    let ran = runner.finish();
    println!("{method} {way:?}\n{}{}", ran.out, ran.err);
    wait_for("a clean page", 30, || site.answer() == Some(200));
    ran
}

#[test]
fn an_inject_that_is_never_answered_breaks_the_run() {
    for way in [Way::Hangs, Way::DoneAndHangs, Way::Babbles] {
        run("PUT /v1/faults", way).ended(6).says("outage: broken because broken: ");
    }
}

#[test]
fn a_fault_that_is_only_said_to_be_there_is_inconclusive() {
    run("PUT /v1/faults", Way::Lies).ended(5).says("was not seen to act on a single request");
}

#[test]
fn a_revert_that_is_never_answered_is_not_reverted() {
    run("DELETE /v1/faults", Way::Hangs)
        .ended(7)
        .says("http.error on page is still in force")
        .says("run `chaos recover --store ");
}

/// What nobody can be asked about has ended when its lease has; the page itself shows that it has.
#[test]
fn a_revert_that_cannot_be_understood_waits_for_the_lease() {
    run("DELETE /v1/faults", Way::Babbles)
        .ended(0)
        .says("it ended when its lease ran out")
        .says("expect page.success >= 99%");
}

#[test]
fn a_revert_that_is_only_said_to_be_done_is_no_success() {
    let ran = run("DELETE /v1/faults", Way::Lies);
    assert!(matches!(ran.code, Some(1 | 4..=7)), "{ran:?}");
}
