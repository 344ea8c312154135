//! What goes wrong with nodes and with the store as a whole.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use leyline_core::blob::Sweeper;
use leyline_core::{Blobs, Env};
use tokio::time::Instant;

use super::blobs::NodeBlobs;
use super::cluster::Cluster;
use super::node::Node;
use super::plan::Plan;
use super::store::NodeStore;
use super::world::World;
use crate::history::Event;

#[derive(Clone, Copy)]
enum Act {
    Crash,
    Freeze,
    Stop,
    Outage,
    Jump,
    Damage,
    Sweep,
}

/// Injects faults until `end`.
pub(super) async fn chaos(cluster: &Arc<Cluster>, end: Instant) {
    let world = &cluster.world;
    let acts = acts(world);
    let rewind = async {
        if world.plan.rewinds {
            rewind(cluster, end).await;
        }
    };
    let others = async {
        while Instant::now() < end {
            world.dice.pause(200, 4_000).await;
            if let Some(act) = world.dice.pick(&acts)
                && Instant::now() < end
            {
                perform(cluster, act).await;
            }
        }
    };
    tokio::join! { biased; rewind, others };
}

/// Starts dead nodes again, sooner or later.
pub(super) async fn revive(cluster: Arc<Cluster>) {
    let world = &cluster.world;
    loop {
        world.dice.pause(100, 2_500).await;
        for index in 0..world.plan.nodes {
            if cluster.node(index).is_none() {
                world.count("restart");
                cluster.start(index);
            }
        }
    }
}

fn acts(world: &World) -> Vec<Act> {
    let plan = &world.plan;
    [
        (plan.crashes, Act::Crash),
        (plan.freezes, Act::Freeze),
        (plan.stops, Act::Stop),
        (plan.outages, Act::Outage),
        (plan.skew, Act::Jump),
        (plan.damage, Act::Damage),
        (plan.sweeps, Act::Sweep),
    ]
    .into_iter()
    .filter_map(|(enabled, act)| enabled.then_some(act))
    .collect()
}

async fn perform(cluster: &Arc<Cluster>, act: Act) {
    let world = &cluster.world;
    let node = cluster.any();
    match (act, node) {
        (Act::Crash, Some((node, _))) => cluster.crash(node.index, &node.name),
        (Act::Freeze, Some((node, _))) => {
            world.count("freeze");
            let (node_name, thawed) = (node.name.clone(), false);
            world.record(
                "chaos",
                Event::Frozen {
                    node: node_name,
                    thawed,
                },
            );
            node.gate.freeze(world.dice.millis(100, 9_000));
        }
        (Act::Stop, Some((node, _))) => cluster.stop(node.index),
        (Act::Outage, _) => {
            world.count("outage");
            world.crash_store().await;
            let kind = "outage".to_owned();
            world.record("store", Event::Fault { kind });
            world.dice.pause(50, 6_000).await;
            world.down.store(false, Ordering::Relaxed);
        }
        (Act::Jump, Some((node, _))) => {
            world.count("clock jumped");
            node.clock.jump(world.dice.below(7_200_000) as i64 - 3_600_000);
        }
        (Act::Damage, _) => world.damage(),
        (Act::Sweep, _) => {
            tokio::spawn(sweep(Arc::clone(world)));
        }
        _ => {}
    }
}

/// One sweep, as any worker would make it.
pub(super) async fn sweep(world: Arc<World>) -> bool {
    world.count("sweep");
    let grace = Plan::grace();
    let node = Node::new(
        &world,
        u64::MAX,
        "sweeper".to_owned(),
        Some(grace.as_millis() as u64),
    );
    let env = Env::seeded(node.clock.clone(), world.dice.draw());
    let blobs = Blobs::new(Arc::new(NodeBlobs(Arc::clone(&node))), env);
    let sweeper = Sweeper::new(blobs, Arc::new(NodeStore(node)), grace);
    sweeper.sweep().await.is_ok()
}

/// A backup is taken, and restored some time later.
async fn rewind(cluster: &Arc<Cluster>, end: Instant) {
    let world = &cluster.world;
    world.dice.pause(2_000, 6_000).await;
    let (image, taken) = {
        let _effects = world.effects.lock().await;
        (world.backing.image(), world.now())
    };
    let Some(image) = image else { return };
    world.dice.pause(500, 6_000).await;
    if Instant::now() < end {
        world.count("rewind");
        world.rewind(&image, taken).await;
    }
}
