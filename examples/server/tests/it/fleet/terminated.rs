//! Sessions are terminated under load, five a second, for `LEYLINE_FLEET_SECONDS` (default 8).

use std::time::{Duration, Instant};

use super::restarts::{TTL, check_untouched};
use super::{Fleet, Node};
use crate::load::{Lines, Load, Places, Standing};
use crate::say::{say, variable};

/// From one to the next.
const SPACING: Duration = Duration::from_millis(200);

/// Ends so many sessions, rather those that are at work, and says of each whether it was.
fn terminate(sessions: usize) -> String {
    format!(
        "SELECT state <> 'idle', pg_terminate_backend(pid) FROM (SELECT pid, state FROM pg_stat_activity \
         WHERE application_name LIKE 'leyline%' ORDER BY state = 'idle', random() LIMIT {sessions}) AS session"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_are_terminated_under_load() {
    let seconds: u64 = variable("LEYLINE_FLEET_SECONDS").unwrap_or(8);
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
    let (began, mut terminated, mut at_work) = (Instant::now(), 0, 0);
    while began.elapsed() < Duration::from_secs(seconds) {
        tokio::time::sleep(SPACING).await;
        // Each statement takes its time, and those that were due meanwhile go with the next.
        let due = (began.elapsed().as_millis() / SPACING.as_millis()) as usize;
        for row in fleet.query(&terminate(due - terminated)) {
            terminated += 1;
            at_work += usize::from(row[0] == "t");
        }
        load.check();
        nodes.iter_mut().for_each(Node::check_running);
    }
    let (took, tally) = (began.elapsed(), load.tally());
    assert!(
        terminated as u64 >= 4 * seconds,
        "only {terminated} sessions were terminated in {took:?}"
    );
    assert!(at_work > 0, "no session was hit at work");
    let accepted = load.settle().await;
    assert_eq!(fleet.workers(), workers, "every worker is the one that it was");
    let last = standing.end(api).await;
    for node in &mut nodes {
        let log = node.server().log();
        assert!(!log.contains("a worker is dead"), "{log}");
        assert_eq!(node.terminate().await.code(), Some(0));
    }
    let found = fleet.judge(&accepted, &[last["id"].as_str().unwrap()]).await;
    found.rows.values().for_each(check_untouched);
    say!(
        "sessions: {terminated} terminated in {took:?}, {at_work} of them at work: {tally}; {} tasks completed once each, no \
         rescue, no attempt counted, one socket open throughout",
        accepted.len(),
    );
}
