//! PostgreSQL is restarted under load, `LEYLINE_FLEET_RESTARTS` times (default 3).

use std::time::{Duration, Instant};

use leyline_core::Task;
use test_servers::Mode;

use super::Fleet;
use crate::load::{Lines, Load, Places, Standing};
use crate::say::{say, variable};

/// How long the server works between two restarts.
const LIFE: Duration = Duration::from_secs(1);
/// A few of these are over sooner than a restart; none may cost a worker its name.
pub(super) const TTL: [&str; 2] = ["--lease-ttl", "6s"];

#[tokio::test(flavor = "multi_thread")]
async fn postgres_is_restarted_under_load() {
    let restarts: u32 = variable("LEYLINE_FLEET_RESTARTS").unwrap_or(3);
    let Some(fleet) = Fleet::open().await else { return };
    let mut nodes = Vec::new();
    for roles in ["api", "api", "gateway", "worker", "worker"] {
        nodes.push(
            fleet
                .start(roles, &[&TTL[..], &["--concurrency", "8"]].concat())
                .await,
        );
    }
    let [api, other_api, gateway] = [0, 1, 2].map(|node| nodes[node].address);
    let workers = fleet.workers_when(2).await;
    let standing = Standing::begin(api, gateway).await;
    let mut load = Load::begin(&Places::fixed(&[api, other_api], &[gateway]), Lines::Steady).pressing();
    let (began, mut away) = (Instant::now(), Duration::ZERO);
    for nth in 1..=restarts {
        tokio::time::sleep(LIFE).await;
        let stopped = Instant::now();
        fleet.restart(if nth % 2 == 1 { Mode::Fast } else { Mode::Immediate });
        away += stopped.elapsed();
        load.check();
        nodes.iter_mut().for_each(super::Node::check_running);
        if nth % 10 == 0 {
            say!("restarts: {nth} in {:?}: {}", began.elapsed(), load.tally());
        }
    }
    let tally = load.tally();
    assert!(load.unavailable() > 0, "no request fell into a restart: {tally}");
    let accepted = load.settle().await;
    assert_eq!(fleet.workers(), workers, "every worker is the one that it was");
    let last = standing.end(api).await;
    for node in &mut nodes {
        let log = node.server().log();
        assert!(!log.contains("a worker is dead"), "{log}");
        assert_eq!(node.terminate().await.code(), Some(0));
    }
    let id = last["id"].as_str().unwrap();
    let found = fleet.judge(&accepted, &[id]).await;
    found.rows.values().for_each(check_untouched);
    say!(
        "restarts: survived {restarts} in {:?} ({away:?} of it without a server): {tally}; {} tasks completed once each, no \
         rescue, no attempt counted, one socket open throughout",
        began.elapsed(),
        accepted.len(),
    );
}

/// No attempt was counted and nothing was rescued.
#[track_caller]
pub(super) fn check_untouched(row: &Task) {
    assert_eq!(
        (row.attempt, row.rescues, row.history.len()),
        (1, 0, 0),
        "{row:?}"
    );
}
