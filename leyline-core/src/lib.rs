//! Accept a file, do the long work durably, show live progress, hand back the result.

pub mod env;
pub mod event;
pub mod hub;
pub mod metrics;
mod options;
mod retry;
mod sink;
pub mod status;
pub mod store;
pub mod task;
pub mod transition;

pub use env::Env;
pub use event::{Snapshot, TaskEvent};
pub use hub::{Hub, Update, Watch};
pub use options::{KindOptions, Options};
pub use retry::RetryPolicy;
pub use sink::ProgressSink;
pub use status::Status;
pub use store::{MemoryStore, TaskStore, TaskStoreExt};
pub use task::{Claim, Json, Kind, NewTask, Output, Progress, Task, TaskId, Timestamp, WorkerId};
