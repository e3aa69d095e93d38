//! What a component may use up: one that wants more is stopped, and harms nobody else.

use super::outside::Server;
use super::rogue::{Rogue, answer, order, refused};
use super::{InjectorError, call};
use crate::injector::{Declared, FoundBy, Grant, Phase};
use crate::journal::ProcessIdentity;
use crate::types::program::ProgramPattern;
use std::time::{Duration, Instant};

fn nothing() -> Grant {
    Grant::default()
}

/// It still does what it should.
async fn is_well(rogue: &Rogue) {
    rogue.does(&nothing(), &order("nothing")).await.unwrap();
}

#[tokio::test]
async fn traps_and_bombs_end_the_call_and_nothing_else() {
    let rogue = Rogue::new();
    for (fault, why) in [("trap", "unreachable"), ("recurse", "stack"), ("bomb", "memory")] {
        let Err(InjectorError::Trapped { reason, .. }) = rogue.does(&nothing(), &order(fault)).await else {
            panic!("{fault} did not trap");
        };
        assert!(reason.contains(why), "{fault}: {reason}");
        is_well(&rogue).await;
    }
}

/// On one thread: a loop that did not give way would hold everything up for ever.
#[tokio::test]
async fn an_endless_loop_holds_nobody_up() {
    let rogue = Rogue::new();
    for function in ["prepare", "inject", "revert", "status"] {
        let looping = order("spin").when(function);
        let (ended, beside) = tokio::join!(
            async {
                let handle = rogue.prepared(&nothing(), &looping).await?;
                rogue.injector.inject(&nothing(), &call(), &handle).await?;
                rogue.injector.status(&nothing(), &call(), &handle).await?;
                rogue.injector.revert(&nothing(), &call(), &handle).await
            },
            async {
                is_well(&rogue).await;
                Instant::now()
            }
        );
        assert!(matches!(ended, Err(InjectorError::TimedOut { .. })), "{function}: {ended:?}");
        assert!(beside < Instant::now());
    }
}

#[tokio::test]
async fn a_flood_of_words_and_questions_is_cut_off() {
    let rogue = Rogue::new();
    rogue.does(&nothing(), &order("flood")).await.unwrap();
    let lines = rogue.asked();
    assert_eq!(lines.len(), 100);
    assert!(lines.iter().all(|line| line.what.len() <= 600));
    assert_eq!(refused(rogue.does(&nothing(), &order("ask")).await), "exhausted");
    assert_eq!(rogue.asked().len(), 1_100);
}

#[tokio::test]
async fn a_handle_is_bounded_and_nobody_elses() {
    let rogue = Rogue::new();
    let huge = rogue.prepared(&nothing(), &order("huge")).await;
    assert!(matches!(huge, Err(InjectorError::Trapped { reason, .. }) if reason.contains("64 KiB")));
    assert_eq!(rogue.prepared(&nothing(), &order("nothing")).await.unwrap().id, "r.s", "the host names it");
    let forged = rogue.does(&nothing(), &order("forge")).await;
    assert!(matches!(&forged, Err(InjectorError::Trapped { reason, .. }) if reason.contains("handle")), "{forged:?}");
}

#[tokio::test]
async fn what_a_component_claims_is_its_own_word() {
    let rogue = Rogue::new();
    let deeds = rogue.does(&nothing(), &order("lie")).await.unwrap();
    let told = rogue.status(&nothing(), &order("lie")).await.unwrap();
    assert_eq!((told.phase, told.acted), (Phase::Active, u64::MAX));
    assert!(deeds.is_empty(), "the host saw nothing");
}

#[tokio::test]
async fn connections_outputs_and_programs_are_bounded() {
    let (server, rogue) = (Server::saying("ok"), Rogue::new());
    let tcp = Grant { tcp: vec![server.address.to_string()], ..nothing() };
    assert_eq!(refused(rogue.does(&tcp, &order("hoard").what(&server.address.to_string())).await), "exhausted");
    let large = Server::saying(&"x".repeat(2 << 20));
    let origin = crate::injector::Origin { secure: false, address: large.address.to_string(), token: None };
    let http = Grant { http: vec![origin], ..nothing() };
    let fetch = order("fetch").what(&format!("http://{}/", large.address));
    assert_eq!(refused(rogue.does(&http, &fetch).await), "exhausted");
    let programs = |pattern: &str| Grant { programs: vec![ProgramPattern::parse(pattern).unwrap()], ..nothing() };
    let flood = order("run").what("/usr/bin/head").args(&["-c", "9000000", "/dev/zero"]);
    let got = answer(rogue.does(&programs("/usr/bin/head -c 9000000 /dev/zero"), &flood).await);
    assert_eq!(got.len(), "Some(0) ".len() + (64 << 10));
    let sleep = order("run").what("/bin/sleep").args(&["60"]).seconds(0.2);
    assert_eq!(refused(rogue.does(&programs("/bin/sleep *"), &sleep).await), "timeout");
}

#[tokio::test]
async fn what_is_kept_for_a_fault_is_there_until_it_is_taken_back() {
    let rogue = Rogue::new();
    rogue.does(&nothing(), &order("keep").what("k").args(&["v"])).await.unwrap();
    assert_eq!(answer(rogue.does(&nothing(), &order("kept").what("k")).await), "Some(\"v\")");
    let handle = rogue.prepared(&nothing(), &order("nothing")).await.unwrap();
    rogue.injector.revert(&nothing(), &call(), &handle).await.unwrap();
    assert_eq!(answer(rogue.does(&nothing(), &order("kept").what("k")).await), "None");
}

#[tokio::test]
async fn the_numbers_of_a_fault_are_the_same_again() {
    let random = async |rogue: &Rogue| answer(rogue.does(&nothing(), &order("random")).await);
    let (one, two) = (random(&Rogue::new()).await, random(&Rogue::new()).await);
    assert_eq!(one, two);
    let mut drawn = one.split(' ');
    assert_ne!(drawn.next(), drawn.next());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_that_wait_do_not_wait_for_each_other() {
    let rogue = std::sync::Arc::new(Rogue::new());
    let began = Instant::now();
    let calls: Vec<_> = (0..200)
        .map(|_| {
            let rogue = std::sync::Arc::clone(&rogue);
            tokio::spawn(async move { rogue.does(&nothing(), &order("sleep").seconds(0.5)).await.unwrap() })
        })
        .collect();
    for call in calls {
        call.await.unwrap();
    }
    // One after the other they would take 100 s.
    assert!(began.elapsed() < Duration::from_secs(60));
}

/// A component stops a process and then hangs in its revert: the host lets the process go on by what it wrote down.
#[tokio::test]
async fn what_a_broken_component_stopped_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let mut child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
    let process = ProcessIdentity::of(child.id());
    std::fs::write(folder.path().join("cgroup.procs"), child.id().to_string()).unwrap();
    let declared = Declared { instance: "payment".to_owned(), by: FoundBy::Cgroup(folder.path().to_path_buf()) };
    let (rogue, grant) = (Rogue::new(), Grant { processes: vec![declared], ..nothing() });
    let stop = order("signal").what("STOP").number("pid", process.pid.into()).number("started", process.started);
    rogue.does(&grant, &stop).await.unwrap();
    let until = |wanted: bool| {
        let deadline = Instant::now() + Duration::from_secs(20);
        while process.is_stopped() != wanted {
            assert!(Instant::now() < deadline, "stopped: {wanted}");
            std::thread::yield_now();
        }
    };
    until(true);
    let handle = rogue.prepared(&grant, &order("spin").when("revert")).await.unwrap();
    let reverted = rogue.injector.revert(&grant, &call(), &handle).await;
    assert!(matches!(reverted, Err(InjectorError::TimedOut { component, .. }) if component == "rogue"));
    until(false);
    child.kill().unwrap();
    child.wait().unwrap();
}
