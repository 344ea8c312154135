//! The simulation over many seeds: nothing that is promised breaks, a seed repeats, and what is meant to happen happens.

use std::time::Duration;

use leyline_testkit::checker::Promise;
use leyline_testkit::history;
use leyline_testkit::sim::{Campaign, Mode, simulate};

/// Seeds that found something once: looks closer together than a period in the product; in the checker, a late beat and one
/// that a rewind forgot, which it took for signs of life.
const FOUND: [(u64, Mode); 5] = [
    (33, Mode::Liveness),
    (1352, Mode::Safety),
    (1449, Mode::Liveness),
    (1414, Mode::Safety),
    (1588, Mode::Safety),
];

/// What has to happen within a hundred seeds: a simulation in which nothing happens proves nothing.
const HAPPEN: [&str; 28] = [
    "asked again",
    "blob damaged",
    "blobs refused",
    "cancelled",
    "client gave up",
    "clock jumped",
    "crash",
    "deleted",
    "end told by the store alone",
    "event late",
    "event lost",
    "event twice",
    "freeze",
    "graceful stop",
    "killed by a task",
    "outage",
    "refused under load",
    "requeued",
    "restart",
    "rewind",
    "sent twice at once",
    "store answer lost",
    "store answer never came",
    "store call lost",
    "store refused",
    "sweep",
    "watcher went elsewhere",
    "worker buried",
];

fn campaign(seeds: u64) -> Campaign {
    Campaign {
        from: 0,
        seeds,
        most: Duration::MAX,
        mode: None,
        threads: std::thread::available_parallelism().map_or(1, usize::from),
    }
}

fn lines(seed: u64, mode: Mode) -> Vec<u8> {
    let mut lines = Vec::new();
    history::write(&mut lines, &simulate(seed, mode).history).unwrap();
    lines
}

#[test]
fn two_thousand_seeds_break_no_promise() {
    let tally = campaign(2_000).run();
    assert_eq!(tally.seeds, 2_000);
    assert_eq!(tally.failed, 0, "{tally}");
}

#[test]
fn a_seed_repeats_byte_for_byte() {
    for seed in 0..20 {
        for mode in [Mode::Safety, Mode::Liveness] {
            assert!(lines(seed, mode) == lines(seed, mode), "seed {seed} differs");
        }
    }
    assert!(lines(1, Mode::Safety) != lines(2, Mode::Safety));
}

#[test]
fn seeds_that_found_something_once_find_nothing_now() {
    for (seed, mode) in FOUND {
        let outcome = simulate(seed, mode);
        assert!(outcome.verdict.holds(), "{outcome}");
    }
}

#[test]
fn a_hundred_seeds_see_every_fault_and_judge_every_promise_they_can() {
    let tally = campaign(100).run();
    for kind in HAPPEN {
        assert!(tally.counts.contains_key(kind), "no {kind} in {tally}");
    }
    // A failed fsync and somebody else's tasks are attacked by tests of their own.
    let elsewhere = [Promise::Stopped, Promise::Private];
    for promise in Promise::ALL
        .into_iter()
        .filter(|promise| !elsewhere.contains(promise))
    {
        let judged = tally.verdict.judged.get(&promise).copied().unwrap_or(0);
        assert!(judged > 0, "{promise} was never judged in {tally}");
    }
}
