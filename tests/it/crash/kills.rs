//! Runners that are killed at random moments, some with their guard, against real proxies and processes. What is left is
//! judged from outside: by what clients of the proxy get, and by who lives.

use super::processes::{guards, kill, marked};
use crate::dice::Dice;
use crate::harness::{Load, Place, Running, free_port, nginx, wait_for};
use crate::site::{LONG, Site};
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// So many runners at once, and so many one after the other.
const LANES: usize = 10;
const ROUNDS: usize = 21;

/// Who is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Victims {
    /// The runner: its guard takes everything back.
    Runner,
    /// The runner, which has no guard: `chaos recover` does.
    RunnerWithoutGuard,
    /// Both at once.
    Both,
    /// The guard, and the runner a moment later.
    GuardFirst,
    /// Both, and nobody recovers until the lease has ended the fault.
    BothForLong,
    /// Both, and then who recovers.
    RecoveryToo,
    /// The runner, while it takes everything back since somebody stopped it.
    Stopping,
}

impl Victims {
    const ALL: [Victims; 7] = [
        Victims::Runner,
        Victims::RunnerWithoutGuard,
        Victims::Both,
        Victims::GuardFirst,
        Victims::BothForLong,
        Victims::RecoveryToo,
        Victims::Stopping,
    ];

    /// Those of a round.
    fn of(round: usize) -> Self {
        match round % 10 {
            // A lease takes its ten seconds.
            0 if round.is_multiple_of(20) => Victims::BothForLong,
            1 => Victims::Both,
            3 => Victims::GuardFirst,
            5 => Victims::RecoveryToo,
            7 => Victims::RunnerWithoutGuard,
            9 => Victims::Stopping,
            _ => Victims::Runner,
        }
    }
}

/// What became of one runner.
#[derive(Debug)]
struct Killed {
    victims: Victims,
    /// Whether a fault was in force then, as clients saw it.
    under_fault: bool,
    /// From the kill to the last trace.
    clean_after: Duration,
}

/// One page with its proxy, on which one runner after the other is killed.
struct Lane {
    site: Site,
    dice: Dice,
}

impl Lane {
    fn new(upstream: u16, seed: u64) -> Self {
        let site = Site::of(upstream);
        site.write("outage.chaos", LONG, "");
        let text = std::fs::read_to_string(site.place.path().join("outage.chaos")).unwrap();
        let short = text.replace("window 1s", "window 500ms").replace("baseline 2s", "baseline 500ms");
        site.place.write("outage.chaos", short);
        Self { site, dice: Dice(seed) }
    }

    fn store(&self) -> String {
        self.site.place.path().join("store").display().to_string()
    }

    fn millis(&mut self, most: usize) -> Duration {
        Duration::from_millis(u64::try_from(self.dice.below(most)).unwrap())
    }

    fn round(&mut self, number: usize) -> Killed {
        let victims = Victims::of(number);
        let more: &[&str] = if victims == Victims::RunnerWithoutGuard { &["--no-guard"] } else { &[] };
        // Most of them die while their fault is in force, and some whenever it may be.
        let (mut runner, load) = if number % 6 == 5 {
            let after = self.millis(1500);
            let runner = Running::start(&mut self.site.place.chaos(&[&["exec", "outage.chaos"], more].concat()));
            let load = Load::on(self.site.proxy);
            std::thread::sleep(after);
            (runner, load)
        } else {
            let load = Load::on(self.site.proxy);
            let runner = self.site.faulted(more);
            std::thread::sleep(self.millis(600));
            (runner, load)
        };
        let under_fault = self.site.answer() == Some(503);
        let guards = guards(&self.store());
        match victims {
            Victims::Runner | Victims::RunnerWithoutGuard => {}
            Victims::Stopping => {
                runner.signal("INT");
                std::thread::sleep(self.millis(30));
            }
            _ => guards.iter().for_each(|pid| kill(*pid)),
        }
        if victims == Victims::GuardFirst {
            std::thread::sleep(self.millis(50));
        }
        runner.signal("KILL");
        let killed = Instant::now();
        runner.wait();
        self.afterwards(victims);
        let clean_after = killed.elapsed();
        drop(load);
        Killed { victims, under_fault, clean_after }
    }

    /// Nothing is left: not by itself where nobody was there to take it back, and not after a recovery.
    fn afterwards(&mut self, victims: Victims) {
        match victims {
            Victims::Runner | Victims::Stopping => {
                wait_for("the guard's work", 60, || self.is_clean());
                wait_for("the guard's end", 60, || guards(&self.store()).is_empty());
            }
            Victims::RecoveryToo => {
                let mut recovery = Running::start(&mut self.site.place.chaos(&["recover"]));
                std::thread::sleep(self.millis(60));
                recovery.signal("KILL");
                recovery.wait();
            }
            Victims::BothForLong => wait_for("the end of the lease", 60, || self.answers_well()),
            _ => {}
        }
        if !matches!(victims, Victims::Runner | Victims::Stopping) {
            // A runner that dies at once has made no store.
            let made = self.site.place.path().join("store").exists();
            self.site.place.run(&["recover"]).ended(if made { 0 } else { 2 });
        }
        // Whatever was on its way has arrived by now: no client is failed any more.
        for _ in 0..5 {
            assert!(self.is_clean(), "{victims:?}: {:?}, {:?}", self.site.answer(), marked(&self.store()));
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// It was the guards that took faults back, and no lease that ran out: each has written down what it did.
    fn guards_did_it(&self, killed: &[Killed]) {
        let runs = std::fs::read_dir(self.site.place.path().join("store/runs")).unwrap().flatten();
        let logs = runs.filter_map(|run| std::fs::read_to_string(run.path().join("guard.log")).ok());
        let acted = logs.filter(|log| log.contains("the runner is gone; taken back: http.error on page")).count();
        let alone = killed.iter().filter(|it| it.victims == Victims::Runner && it.under_fault).count();
        assert!(acted >= alone, "{acted} guards took a fault back, and {alone} runners died under one");
    }

    /// No client is failed: it finds the page, or, before the first proxy stands, nobody.
    fn answers_well(&self) -> bool {
        matches!(self.site.answer(), Some(200) | None)
    }

    /// Nothing lives but the proxy, through which others call.
    fn is_clean(&self) -> bool {
        let proxy = format!("proxy --listen 127.0.0.1:{}", self.site.proxy);
        let left = marked(&self.store());
        self.answers_well() && left.iter().filter(|(_, command)| command.contains(&proxy)).count() == left.len()
    }
}

#[test]
fn whenever_a_runner_is_killed_nothing_stays_behind() {
    let (place, page) = (Place::new(), free_port());
    let _nginx = nginx(&place, page);
    let all: Mutex<Vec<Killed>> = Mutex::default();
    std::thread::scope(|scope| {
        for lane in 0..LANES {
            let all = &all;
            scope.spawn(move || {
                let mut own = Lane::new(page, 4711 + lane as u64);
                let killed: Vec<Killed> = (0..ROUNDS).map(|number| own.round(number + lane)).collect();
                own.guards_did_it(&killed);
                all.lock().unwrap().extend(killed);
                own.site.place.run(&["status"]).ended(0).says("nothing is in force");
                own.site.place.stop_kept_proxy();
            });
        }
    });
    report(&all.into_inner().unwrap());
}

fn report(all: &[Killed]) {
    let (under_fault, count) = (all.iter().filter(|it| it.under_fault).count(), all.len());
    println!("{count} runners killed, {under_fault} of them with a fault in force; left behind: nothing");
    for victims in Victims::ALL {
        let own = || all.iter().filter(|it| it.victims == victims);
        let mut times: Vec<Duration> = own().map(|it| it.clean_after).collect();
        times.sort();
        let (faults, median, last) = (own().filter(|it| it.under_fault).count(), times[times.len() / 2], times.last());
        println!(
            "{victims:?}: {}, {faults} with a fault in force; clean after {median:.1?}, at most {last:.1?}",
            times.len()
        );
    }
    assert!(count >= 200, "{count}");
    assert!(under_fault >= 150, "{under_fault} of {count}");
}
