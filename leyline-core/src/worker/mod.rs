//! The worker: claims tasks, runs their code, tells the store how it ended, and watches its fellow workers.
//!
//! One file for each stage: [`claim`] and [`finish`] travel together in a [`round`], [`execute`] supervises the user's code,
//! [`progress`] carries its snapshots to the hub, [`beat`] keeps the lease and learns what was lost, [`rescue`] frees what
//! the dead left behind, [`drain`] ends it all.

mod beat;
mod claim;
mod drain;
mod engine;
mod execute;
mod finish;
mod held;
mod housekeeping;
mod looks;
mod progress;
mod rescue;
mod round;

pub use drain::Drained;
pub(crate) use engine::{Config, Engine, Registered};
pub use looks::LOOKS;
