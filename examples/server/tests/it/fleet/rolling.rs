//! Every process is restarted in order, one after the other, `LEYLINE_FLEET_ROLLS` times (default 1). With more than one, a
//! task runs that outlasts every drain.

use std::time::{Duration, Instant};

use serde_json::json;

use super::Fleet;
use super::restarts::{TTL, check_untouched};
use super::restored::cancel;
use crate::client;
use crate::load::{Lines, Load, Places};
use crate::say::{say, variable};

/// Between two restarts.
const PAUSE: Duration = Duration::from_millis(300);

#[tokio::test(flavor = "multi_thread")]
async fn a_rolling_restart_costs_nobody_anything() {
    let rolls: u32 = variable("LEYLINE_FLEET_ROLLS").unwrap_or(1);
    let Some(fleet) = Fleet::open().await else { return };
    let mut nodes = Vec::new();
    for roles in ["api", "api", "gateway", "gateway", "worker", "worker"] {
        nodes.push(
            fleet
                .start(roles, &[&TTL[..], &["--concurrency", "8"]].concat())
                .await,
        );
    }
    let [api, other_api, gateway, other_gateway] = [0, 1, 2, 3].map(|node| nodes[node].address);
    let places = Places::fixed(&[api, other_api], &[gateway, other_gateway]);
    let mut aside = Vec::new();
    if rolls > 1 {
        let task = json!({ "kind": "simulate", "params": { "seconds": 3600, "steps": 10_000 } });
        aside.push(
            client::submit(api, &task).await["id"]
                .as_str()
                .unwrap()
                .to_owned(),
        );
    }
    let mut load = Load::begin(&places, Lines::Rolling).pressing();
    let began = Instant::now();
    for roll in 1..=rolls {
        for node in &mut nodes {
            tokio::time::sleep(PAUSE).await;
            node.check_running();
            assert_eq!(node.terminate().await.code(), Some(0));
            node.start().await;
            load.check();
        }
        say!(
            "rolling: {roll} of {rolls} in {:?}: {}",
            began.elapsed(),
            load.tally()
        );
    }
    let tally = load.tally();
    let accepted = load.settle().await;
    for id in &aside {
        cancel(api, id).await;
    }
    for node in &mut nodes {
        let log = node.server().log();
        assert!(!log.contains("a worker is dead"), "{log}");
        assert_eq!(node.terminate().await.code(), Some(0));
    }
    let aside: Vec<&str> = aside.iter().map(String::as_str).collect();
    let found = fleet.judge(&accepted, &aside).await;
    found.rows.values().for_each(check_untouched);
    say!(
        "rolling: {rolls} times {} processes in {:?}: {tally}; {} tasks completed once each, no rescue, no attempt counted",
        nodes.len(),
        began.elapsed(),
        accepted.len(),
    );
}
