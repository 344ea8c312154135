//! What a store of [LeyLine](leyline_core) has to pass, and tools to test with.
//!
//! Write a [`Subject`] that makes an empty store and moves its clock, hand its maker to [`conformance!`], and every
//! sentence of [`TaskStore`](leyline_core::TaskStore)'s contract becomes a test of its own:
//!
//! ```
//! use std::sync::Arc;
//!
//! use leyline_core::{Env, MemoryStore};
//! use leyline_testkit::{ManualClock, ManualSubject, Subject};
//!
//! async fn make() -> impl Subject {
//!     let clock = ManualClock::new();
//!     let store = MemoryStore::new(Env::seeded(clock.clone(), 1));
//!     ManualSubject::new(Arc::new(store), clock)
//! }
//!
//! // In a test binary this line makes a test of every case, `claim_order::a_higher_priority_goes_first` among them.
//! leyline_testkit::conformance!(make);
//! # fn main() {
//! #     leyline_testkit::run(make, leyline_testkit::cases::claim_order::a_higher_priority_goes_first);
//! # }
//! ```
//!
//! - A failure names the case, and the case's text in [`cases`] says which sentence is broken.
//! - Time is moved by [`Subject::advance`], never slept. A store on a clock that can't be moved shifts its rows instead.
//! - Every case gets a store of its own, empty, and runs on a multi-threaded runtime with real contention.
//! - Wrappers are stores: run the suite on yours too.
//!
//! [`FaultyStore`] injects faults into any store: an error before the effect, one after it, or no answer at all.
//! [`Resending`] sends again until the store answers (invariant 10). [`fixtures`] builds tasks with every field filled.

pub mod cases;
mod check;
pub mod checker;
mod clock;
pub mod columns;
mod conformance;
mod faulty;
pub mod fixtures;
pub mod history;
mod resending;
mod run;
pub mod sim;
mod stages;
mod subject;
mod trial;

pub use check::Before;
pub use clock::ManualClock;
pub use faulty::{Fault, FaultyStore, Method, When};
pub use resending::Resending;
pub use run::run;
pub use subject::{ManualSubject, Subject};
pub use trial::Trial;
