//! The nodes: how they start, crash and stop.

use std::sync::{Arc, Mutex, Weak};

use leyline_core::{Blobs, CancellationToken, Env, Leyline, TaskStore};
use tokio::task::AbortHandle;

use super::blobs::NodeBlobs;
use super::code::Code;
use super::feed::Feed;
use super::node::Node;
use super::plan::Plan;
use super::store::NodeStore;
use super::world::{World, locked};
use crate::history::Event;

/// The kind of every task.
pub(super) const KIND: &str = "work";

/// All nodes.
pub(super) struct Cluster {
    pub(super) world: Arc<World>,
    lives: Mutex<Vec<Option<Life>>>,
    me: Weak<Self>,
    /// Lives begun.
    begun: Mutex<u64>,
}

/// A node that lives.
struct Life {
    node: Arc<Node>,
    leyline: Leyline,
    shutdown: CancellationToken,
    root: AbortHandle,
}

impl Cluster {
    pub(super) fn new(world: &Arc<World>) -> Arc<Self> {
        let lives = (0..world.plan.nodes).map(|_| None).collect();
        Arc::new_cyclic(|me| Self {
            world: Arc::clone(world),
            lives: Mutex::new(lives),
            me: me.clone(),
            begun: Mutex::default(),
        })
    }

    /// Begins a life of this node, if it has none.
    pub(super) fn start(&self, index: u64) {
        if self.node(index).is_some() {
            return;
        }
        let life = {
            let mut begun = locked(&self.begun);
            *begun += 1;
            *begun
        };
        let node = Node::new(&self.world, index, format!("n{index}.{life}"), None);
        node.record(Event::Started {
            node: node.name.clone(),
            worker: None,
        });
        let leyline = self.build(&node);
        let shutdown = CancellationToken::new();
        let root = tokio::spawn(run(
            self.me.clone(),
            Arc::clone(&node),
            leyline.clone(),
            shutdown.clone(),
        ));
        let life = Life {
            node,
            leyline,
            shutdown,
            root: root.abort_handle(),
        };
        if let Some(place) = locked(&self.lives).get_mut(index as usize) {
            *place = Some(life);
        }
    }

    fn build(&self, node: &Arc<Node>) -> Leyline {
        let world = &self.world;
        let env = Env::seeded(node.clock.clone(), world.dice.draw());
        let store: Arc<dyn TaskStore> = Arc::new(NodeStore(Arc::clone(node)));
        let code = Code {
            node: Arc::clone(node),
            cluster: self.me.clone(),
        };
        let mut builder = Leyline::builder(store)
            .env(env.clone())
            .blobs(Blobs::new(Arc::new(NodeBlobs(Arc::clone(node))), env))
            .options(world.plan.options())
            .processor(KIND, code)
            .kind(KIND, Plan::kind());
        if world.plan.nodes > 1 {
            builder = builder.sink(Arc::new(Feed {
                node: Arc::clone(node),
                cluster: self.me.clone(),
            }));
        }
        builder.build().expect("the options are within their bounds")
    }

    /// The node, if it lives.
    pub(super) fn node(&self, index: u64) -> Option<(Arc<Node>, Leyline)> {
        let lives = locked(&self.lives);
        let life = lives.get(index as usize)?.as_ref()?;
        Some((Arc::clone(&life.node), life.leyline.clone()))
    }

    /// Any node that lives.
    pub(super) fn any(&self) -> Option<(Arc<Node>, Leyline)> {
        let lives = locked(&self.lives);
        let alive: Vec<u64> = (0..)
            .zip(&*lives)
            .filter(|(_, life)| life.is_some())
            .map(|(at, _)| at)
            .collect();
        drop(lives);
        self.node(self.world.dice.pick(&alive)?)
    }

    /// Kills this life of a node: nothing of it happens any more.
    pub(super) fn crash(&self, index: u64, name: &str) {
        if let Some(life) = self.take(index, name) {
            self.world.count("crash");
            life.node.gate.kill();
            life.root.abort();
            self.world.record(
                "chaos",
                Event::Crashed {
                    node: name.to_owned(),
                },
            );
        }
    }

    /// Asks a node to end in good order.
    pub(super) fn stop(&self, index: u64) {
        if let Some(Some(life)) = locked(&self.lives).get(index as usize) {
            life.shutdown.cancel();
        }
    }

    pub(super) fn thaw(&self) {
        for life in locked(&self.lives).iter().flatten() {
            life.node.gate.thaw();
        }
    }

    /// Whether no node lives.
    pub(super) fn is_empty(&self) -> bool {
        locked(&self.lives).iter().all(Option::is_none)
    }

    fn take(&self, index: u64, name: &str) -> Option<Life> {
        let mut lives = locked(&self.lives);
        let place = lives.get_mut(index as usize)?;
        place.take_if(|life| life.node.name == name)
    }
}

/// The main function of a node's process.
async fn run(cluster: Weak<Cluster>, node: Arc<Node>, leyline: Leyline, shutdown: CancellationToken) {
    let drained = leyline.run_worker(shutdown).await;
    node.record(Event::Stopped {
        node: node.name.clone(),
        unsettled: drained.unsettled as u64,
    });
    node.world.count("graceful stop");
    drop(leyline);
    node.gate.kill();
    if let Some(cluster) = cluster.upgrade() {
        cluster.take(node.index, &node.name);
    }
}
