//! A deterministic simulation: the real engine, hub and sweeper on one thread under a paused clock, with several nodes,
//! clients, watchers and operators, and everything that can go wrong. A seed decides the whole run.
//!
//! ```
//! use leyline_testkit::sim::{Mode, simulate};
//!
//! let outcome = simulate(1, Mode::Liveness);
//! assert!(outcome.verdict.holds(), "{:?}", outcome.verdict.violations);
//! assert!(outcome.history.len() > 100);
//! ```
//!
//! What can happen to a run: a node crashes at any await (its root future is dropped, calls that were under way take
//! effect or not), freezes past its lease, stops in good order, starts again; a task takes its process along; the store
//! refuses, does and does not tell, never answers, goes down and comes back without the last beats, is put back to a
//! backup; blobs are refused, torn, damaged; events and wake-ups are lost, late, doubled, out of order; clocks are hours
//! off and jump; clients give up, send again, send twice; operators cancel, requeue, delete; watchers come late, slowly,
//! and go elsewhere. The history of it all goes to the [checker](crate::checker).
//!
//! A store of your own goes through the same by [`simulate_on`]; [`Backing`] says what it needs.

mod account;
mod backing;
mod blobs;
mod burials;
mod call;
mod campaign;
mod chaos;
mod client;
mod clock;
mod cluster;
mod code;
mod dice;
mod feed;
mod gate;
mod node;
mod operator;
mod plan;
mod report;
mod run;
mod store;
mod watcher;
mod world;

pub use backing::{Backing, Image};
pub use campaign::{Campaign, Tally};
pub use plan::Mode;
pub use run::{Outcome, simulate, simulate_on};
