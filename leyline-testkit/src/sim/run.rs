//! One run, from a seed to a verdict.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use leyline_core::Env;
use tokio::time::Instant;

use super::backing::{Backing, Memory};
use super::chaos::{chaos, revive, sweep};
use super::client::client;
use super::clock::HostClock;
use super::cluster::Cluster;
use super::dice::Dice;
use super::plan::{Mode, Plan};
use super::world::{World, locked};
use crate::checker::{Verdict, check};
use crate::history::{Accounts, Entry, Event};

/// What a seed led to.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Outcome {
    /// The seed.
    pub seed: u64,
    /// What was tried.
    pub mode: Mode,
    /// All that happened.
    pub history: Vec<Entry>,
    /// What the checker says of it.
    pub verdict: Verdict,
    /// Faults by kind, and other things worth knowing that they happened.
    pub counts: BTreeMap<&'static str, u64>,
}

/// Simulates the in-memory store.
pub fn simulate(seed: u64, mode: Mode) -> Outcome {
    simulate_on(seed, mode, |env| Box::new(Memory::new(env)))
}

/// Simulates a store of one's own; `make` makes an empty one, on the clock and with the randomness of `env`.
///
/// To be called outside of a tokio runtime: every run has one of its own.
pub fn simulate_on(seed: u64, mode: Mode, make: impl FnOnce(Env) -> Box<dyn Backing>) -> Outcome {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime without input and output can be made");
    let (history, counts) = runtime.block_on(run(seed, mode, make));
    drop(runtime);
    let verdict = check(&history);
    Outcome {
        seed,
        mode,
        history,
        verdict,
        counts,
    }
}

async fn run(
    seed: u64,
    mode: Mode,
    make: impl FnOnce(Env) -> Box<dyn Backing>,
) -> (Vec<Entry>, BTreeMap<&'static str, u64>) {
    let dice = Dice::new(seed);
    let plan = Plan::draw(mode, &dice);
    let clock = HostClock::new(0);
    let backing = make(Env::seeded(clock.clone(), dice.draw()));
    let world = World::new(plan, dice, clock, backing);
    world.record(
        "run",
        Event::Accounts(Accounts {
            rows: true,
            blobs: true,
            beats: true,
            code: true,
            order: true,
        }),
    );
    let cluster = Cluster::new(&world);
    (0..world.plan.nodes).for_each(|index| cluster.start(index));
    let reviving = tokio::spawn(revive(Arc::clone(&cluster)));
    for number in 0..world.plan.clients {
        tokio::spawn(client(Arc::clone(&cluster), number));
    }
    let end = Instant::now() + world.plan.span;
    chaos(&cluster, end).await;
    tokio::time::sleep_until(end).await;
    quieten(&cluster).await;
    settle(&cluster).await;
    reviving.abort();
    retire(&cluster).await;
    world.take()
}

/// The faults stop.
async fn quieten(cluster: &Cluster) {
    let world = &cluster.world;
    world.quiet.store(true, Ordering::Relaxed);
    world.down.store(false, Ordering::Relaxed);
    cluster.thaw();
    (0..world.plan.nodes).for_each(|index| cluster.start(index));
    // Requests that are under way come to their end first.
    if world.plan.mode == Mode::Liveness {
        while world.clients.load(Ordering::Relaxed) > 0 {
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        world.record(
            "run",
            Event::Quiet {
                within: world.plan.within().as_millis() as u64,
                rescued: Plan::rescued().as_millis() as u64,
            },
        );
    }
}

/// Everything ends, or the bound is over.
async fn settle(cluster: &Cluster) {
    let world = &cluster.world;
    let end = Instant::now()
        + match world.plan.mode {
            Mode::Safety => Duration::from_secs(5),
            Mode::Liveness => world.plan.within(),
        };
    while Instant::now() < end && !is_settled(world) {
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

fn is_settled(world: &World) -> bool {
    let ended = locked(&world.rows).values().all(|row| row.status.is_terminal());
    ended && world.busy.load(Ordering::Relaxed) == 0
}

/// The nodes end, everything left over gets old, a sweep goes over it, and an audit closes the books.
async fn retire(cluster: &Cluster) {
    let world = &cluster.world;
    (0..world.plan.nodes).for_each(|index| cluster.stop(index));
    let end = Instant::now() + Duration::from_mins(1);
    while Instant::now() < end && !cluster.is_empty() {
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    tokio::time::sleep(world.plan.within() + 3 * Plan::grace()).await;
    if sweep(Arc::clone(world)).await {
        let grace = Plan::grace().as_millis() as u64;
        world.record("sweeper", Event::Swept { grace });
    }
    world.audit(true).await;
}
