//! The store: where tasks live, and what every backend promises.
//!
//! [`TaskStore`] is a contract more than an interface: each method says what is guaranteed, which errors there are, and what
//! a dropped future leaves behind. The conformance suite in `leyline-testkit` tests every sentence.

mod contract;
pub(crate) mod deadline;
mod due;
mod error;
mod ext;
mod list;
pub mod memory;
mod request;
mod wakeup;

pub use contract::TaskStore;
pub use due::Due;
pub use error::{BoxError, Error};
pub use ext::TaskStoreExt;
pub use list::{Cursor, ListQuery, MAX_PAGE, Page, ParseCursorError};
pub use memory::MemoryStore;
pub use request::{
    Beat, BeatReply, Changes, ClaimRequest, Claimed, Dead, Finish, Held, Inserted, KindStats,
    MAX_RUNNING_SHOWN, Outcome, Rescue, Rescued, RunningTask, Seen, Stats, Stray, Want, WorkerRow,
};
pub use wakeup::{Waker, Wakeups};

/// The answer of a store.
pub type Result<T, E = Error> = std::result::Result<T, E>;
