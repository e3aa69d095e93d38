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

/// What comes of each: all at once, since most of them wait.
#[test]
fn a_target_that_hangs_babbles_or_lies_makes_no_green_run_and_leaves_nothing() {
    type Judge = fn(Ran);
    let ways: [(&'static str, Way, Judge); 7] = [
        ("PUT /v1/faults", Way::Hangs, |ran| drop(broken(ran))),
        ("PUT /v1/faults", Way::DoneAndHangs, |ran| drop(broken(ran))),
        ("PUT /v1/faults", Way::Babbles, |ran| drop(broken(ran))),
        ("PUT /v1/faults", Way::Lies, |ran| drop(ran.ended(5).says("was not seen to act on a single request"))),
        ("DELETE /v1/faults", Way::Hangs, |ran| {
            drop(ran.ended(7).says("http.error on page is still in force").says("run `chaos recover --store "))
        }),
        // What nobody can be asked about has ended when its lease has; the page itself shows that it has.
        ("DELETE /v1/faults", Way::Babbles, |ran| drop(ran.ended(0).says("it ended when its lease ran out"))),
        // Whoever only says that it took the fault back is found out.
        ("DELETE /v1/faults", Way::Lies, |ran| {
            drop(ran.ended(6).says("was said to be taken back, and is still in force (E0718)"))
        }),
    ];
    std::thread::scope(|scope| {
        for (method, way, judge) in ways {
            scope.spawn(move || judge(run(method, way)));
        }
    });
}

fn broken(ran: Ran) -> Ran {
    ran.ended(6).says("outage: broken because broken: ")
}
