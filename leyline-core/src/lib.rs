//! Accept a file, do the long work durably, show live progress, hand back the result.

pub mod env;
pub mod status;
pub mod store;
pub mod task;
pub mod transition;

pub use env::Env;
pub use status::Status;
pub use store::{MemoryStore, TaskStore, TaskStoreExt};
pub use task::{Claim, Json, Kind, NewTask, Output, Progress, Task, TaskId, Timestamp, WorkerId};
