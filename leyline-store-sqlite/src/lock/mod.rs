//! A worker's lock file: how others learn at once that its process is gone.
//!
//! Each worker incarnation holds an operating system's lock on a file of its own, beside the database. The system lets go of
//! it when the process ends, however it ends, and not before: an existing file whose lock can be taken means dead *now*. A
//! missing file means nothing, and the counter of the worker's row decides. The lock is never one on the database itself:
//! closing any handle on that would drop SQLite's own locks.
//!
//! Two rules keep two owners from sharing a name: whoever takes a lock compares the file it has with the file that is at
//! the path, and whoever removes a file does so while holding its lock.

mod file;
mod folder;
mod look;

pub(crate) use folder::Locks;
pub(crate) use look::Found;
