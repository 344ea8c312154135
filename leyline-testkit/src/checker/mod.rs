//! The checker: what LeyLine promises, judged from a [history](crate::history).
//!
//! One file for each promise. A promise is judged from what a history tells: [`Verdict::judged`] says how often each one
//! was, so that an empty history is not taken for proof.
//!
//! ```
//! use leyline_testkit::checker::{Checker, Promise};
//! use leyline_testkit::history;
//!
//! let lines = r#"
//! {"at":0,"who":"client","event":"accepted","request":"r","task":"01890000-0000-7000-8000-000000000001"}
//! {"at":9,"who":"store","event":"audited","blobs":false}
//! "#;
//! let mut checker = Checker::new();
//! for entry in history::read(lines.as_bytes()) {
//!     checker.take(&entry.unwrap());
//! }
//! let verdict = checker.finish();
//! assert_eq!(verdict.violations[0].promise, Promise::Accepted, "accepted, and not in the store");
//! ```

mod accepted;
mod bounded;
mod cancelled;
mod clocks;
mod ended;
mod executed;
mod fenced;
mod forward;
mod graceful;
mod judge;
mod known;
mod neighbours;
mod private;
mod promise;
mod refused;
mod result;
mod retried;
mod stopped;
mod swept;
mod told;
mod verdict;
mod verified;

pub use judge::{Checker, check};
pub use promise::Promise;
pub use verdict::{Verdict, Violation};
