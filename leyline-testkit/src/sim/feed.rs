//! Events between the hubs of different nodes: lost, late, twice, out of order.

use std::sync::{Arc, Weak};

use leyline_core::store::BoxError;
use leyline_core::{ProgressSink, TaskEvent};

use super::cluster::Cluster;
use super::node::Node;
use super::world::locked;

/// A node's way out for events.
pub(super) struct Feed {
    pub(super) node: Arc<Node>,
    pub(super) cluster: Weak<Cluster>,
}

#[async_trait::async_trait]
impl ProgressSink for Feed {
    async fn publish(&self, events: &[TaskEvent]) -> Result<(), BoxError> {
        self.node.gate.pass().await;
        let world = &self.node.world;
        for event in events {
            locked(&world.delivered).insert((self.node.index, event.id, event.revision));
            for to in (0..world.plan.nodes).filter(|to| *to != self.node.index) {
                // Hints are lost when it is quiet too: nothing may depend on them.
                if world.plan.lost_events > 0.0 && world.dice.chance(world.plan.lost_events) {
                    world.count("event lost");
                    continue;
                }
                self.deliver(event, to);
                if world.strikes("event twice", if world.plan.calm { 0.0 } else { 0.05 }) {
                    self.deliver(event, to);
                }
            }
        }
        Ok(())
    }
}

impl Feed {
    fn deliver(&self, event: &TaskEvent, to: u64) {
        let (cluster, event) = (self.cluster.clone(), event.clone());
        let world = &self.node.world;
        let late = world.strikes("event late", if world.plan.calm { 0.0 } else { 0.1 });
        let delay = world.dice.millis(0, if late { 3_000 } else { 30 });
        tokio::spawn(async move {
            tokio::time::sleep(delay).await;
            let Some(cluster) = cluster.upgrade() else { return };
            let Some((node, leyline)) = cluster.node(to) else {
                return;
            };
            drop(cluster);
            node.gate.pass().await;
            locked(&node.world.delivered).insert((to, event.id, event.revision));
            leyline.hub().publish(&[event]);
        });
    }
}
