//! One life of a node: its name, its gate, its way to the world.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use leyline_core::WorkerId;

use super::clock::HostClock;
use super::gate::Gate;
use super::world::{World, locked};
use crate::history::Event;

/// One life of a node. Another begins when it starts again.
pub(super) struct Node {
    pub(super) world: Arc<World>,
    /// Which node, from 0.
    pub(super) index: u64,
    /// Node and life, such as `n1.3`.
    pub(super) name: String,
    pub(super) gate: Gate,
    pub(super) clock: HostClock,
    /// Incarnations that beat from here.
    pub(super) workers: Mutex<BTreeSet<WorkerId>>,
    /// The grace time in milliseconds, where this is the sweeper.
    pub(super) sweeps: Option<u64>,
}

impl Node {
    pub(super) fn new(world: &Arc<World>, index: u64, name: String, sweeps: Option<u64>) -> Arc<Self> {
        let hours = 3_600_000;
        let offset = if world.plan.skew {
            world.dice.below(10 * hours) as i64 - 5 * hours as i64
        } else {
            0
        };
        Arc::new(Self {
            clock: world.clock.skewed(offset),
            world: Arc::clone(world),
            index,
            name,
            gate: Gate::default(),
            workers: Mutex::default(),
            sweeps,
        })
    }

    /// Tells what happens on the node, unless it is dead.
    pub(super) fn record(&self, event: Event) {
        if !self.gate.is_dead() {
            self.world.record(&self.name, event);
        }
    }

    pub(super) fn is_own(&self, worker: WorkerId) -> bool {
        locked(&self.workers).contains(&worker)
    }
}
