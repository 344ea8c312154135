//! The store against its contract, and the fears of whoever keeps tasks in one file.

mod given;

mod conformance;

mod backup;
mod disk_full;
mod engine;
#[cfg(unix)]
mod killed;
#[cfg(unix)]
mod lock_files;
mod neighbours;
mod reopen;
mod wakeups;
