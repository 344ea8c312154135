//! kill -9 of processes of every role at random under load, `LEYLINE_FLEET_KILLS` times (default 6), when and whom by
//! `LEYLINE_FLEET_SEED`.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use leyline_core::Env;
use leyline_core::env::SystemClock;

use super::{Fleet, Node};
use crate::load::{Lines, Load, Places};
use crate::say::{say, variable};

/// Between two kills, at most.
const SPREAD: Duration = Duration::from_secs(1);
const ARGUMENTS: [&str; 6] = [
    "--lease-ttl",
    "3s",
    "--max-rescues",
    "1000000",
    "--concurrency",
    "8",
];
/// What a dead worker's task may take to run again: the lease, a period (a third of it), and the longest pause between two
/// claims of an idle worker (1.5 times 5 s). It is told by the database's clock, from before the kill.
const BOUND: Duration = Duration::from_millis(3_000 + 1_000 + 7_500);
/// What a machine that does much else may add to each of the five rounds in it.
const SLACK: Duration = Duration::from_secs(10);

/// A kill, noted before it is done.
const NOTE: &str = "INSERT INTO audit.kill (worker) VALUES";

/// How long each task that a dead worker held took until another worker had it, in milliseconds.
const GAPS: &str = "
SELECT ceil(1000 * extract(epoch FROM again.at - kill.at))::bigint
FROM audit.kill
JOIN audit.change AS freed ON freed.old_worker = kill.worker AND freed.status = 0 AND freed.at > kill.at AND freed.rescues > 0
JOIN audit.change AS again ON again.id = freed.id AND again.revision = freed.revision + 1 AND again.status = 1
ORDER BY 1";

#[tokio::test(flavor = "multi_thread")]
async fn processes_of_every_role_are_killed_at_random() {
    let kills: u32 = variable("LEYLINE_FLEET_KILLS").unwrap_or(6);
    let seed: u64 = variable("LEYLINE_FLEET_SEED").unwrap_or_else(|| Env::system().random_u64());
    let Some(fleet) = Fleet::open().await else { return };
    say!("kills: {kills}, LEYLINE_FLEET_SEED={seed}");
    fleet.query(
        "CREATE TABLE audit.kill (worker uuid NOT NULL, at timestamptz NOT NULL DEFAULT clock_timestamp())",
    );
    let env = Env::seeded(SystemClock, seed);
    // One worker lives throughout, so that there is somebody to see each death.
    let mut witness = fleet.start("worker", &ARGUMENTS).await;
    let mut victims = Victims::start(&fleet).await;
    let addresses = |role| victims.addresses(role);
    let places = Places::fixed(&addresses("api"), &addresses("gateway"));
    let mut load = Load::begin(&places, Lines::Breaking).pressing();
    let began = Instant::now();
    for nth in 1..=kills {
        tokio::time::sleep(SPREAD.mul_f64(env.random_fraction())).await;
        let whom = (env.random_u64() % victims.0.len() as u64) as usize;
        victims.kill(&fleet, whom).await;
        load.check();
        witness.check_running();
        if nth % 10 == 0 {
            say!("kills: {nth} in {:?}: {}", began.elapsed(), load.tally());
        }
    }
    let tally = load.tally();
    let accepted = load.settle().await;
    for node in victims
        .0
        .iter_mut()
        .map(|victim| &mut victim.node)
        .chain([&mut witness])
    {
        node.check_running();
        assert_eq!(node.terminate().await.code(), Some(0));
    }
    bury(&fleet).await;
    let found = fleet.judge(&accepted, &[]).await;
    let gaps = gaps(&fleet);
    let worst = gaps.last().copied().unwrap_or_default();
    say!(
        "kills: survived {kills} in {:?}: {tally}; {} tasks completed once each, {} rescues, {} orphan blobs swept; from the \
         kill to the next claim of a task {:?} at the median, {worst:?} at most, {BOUND:?} are allowed",
        began.elapsed(),
        accepted.len(),
        found.rescues(),
        found.swept,
        gaps.get(gaps.len() / 2).copied().unwrap_or_default(),
    );
    assert!(
        kills < 50 || !gaps.is_empty(),
        "no worker died with a task on board"
    );
    assert!(worst <= BOUND + SLACK, "{gaps:?}");
}

/// Those that died last have a row until some other worker has found them dead.
async fn bury(fleet: &Fleet) {
    let dead = fleet.workers();
    let mut last = fleet.start("worker", &ARGUMENTS).await;
    let began = Instant::now();
    while !fleet.workers().is_disjoint(&dead) {
        assert!(
            began.elapsed() < crate::client::PATIENCE,
            "the dead are never found"
        );
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(last.terminate().await.code(), Some(0));
}

fn gaps(fleet: &Fleet) -> Vec<Duration> {
    let rows = fleet.query(GAPS);
    let gap = |row: &Vec<String>| Duration::from_millis(row[0].parse().unwrap());
    rows.iter().map(gap).collect()
}

struct Victim {
    role: &'static str,
    node: Node,
    /// The incarnation, where it is a worker.
    worker: Option<String>,
}

struct Victims(Vec<Victim>);

impl Victims {
    async fn start(fleet: &Fleet) -> Self {
        let mut victims = Self(Vec::new());
        for role in ["api", "api", "gateway", "gateway", "worker", "worker"] {
            let mut victim = Victim {
                role,
                node: fleet.node(role, &ARGUMENTS),
                worker: None,
            };
            victim.begin(fleet).await;
            victims.0.push(victim);
        }
        victims
    }

    fn addresses(&self, role: &str) -> Vec<std::net::SocketAddr> {
        let of_role = self.0.iter().filter(|victim| victim.role == role);
        of_role.map(|victim| victim.node.address).collect()
    }

    /// Kills one of them, and starts it again.
    async fn kill(&mut self, fleet: &Fleet, whom: usize) {
        let victim = &mut self.0[whom];
        victim.node.check_running();
        if let Some(worker) = victim.worker.take() {
            fleet.query(&format!("{NOTE} ('{worker}')"));
        }
        victim.node.kill().await;
        victim.begin(fleet).await;
    }
}

impl Victim {
    /// Starts it; of a worker, learns who it is. Nobody else begins meanwhile.
    async fn begin(&mut self, fleet: &Fleet) {
        if self.role != "worker" {
            return self.node.start().await;
        }
        let known = ever(fleet);
        self.node.start().await;
        let began = Instant::now();
        while self.worker.is_none() {
            self.worker = fleet.workers().difference(&known).next().cloned();
            assert!(began.elapsed() < crate::client::PATIENCE, "a worker never began");
        }
    }
}

/// Every worker that there was so far, as far as it has a row or a kill was noted.
fn ever(fleet: &Fleet) -> BTreeSet<String> {
    let rows = fleet.query("SELECT id FROM leyline.worker UNION SELECT worker FROM audit.kill");
    rows.into_iter().map(|mut row| row.remove(0)).collect()
}
