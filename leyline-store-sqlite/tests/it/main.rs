//! The store against its contract, and the fears of whoever keeps tasks in one file.

mod given;
mod service;

mod conformance;

mod backup;
mod callers;
#[cfg(unix)]
mod callers_killed;
mod disk_full;
mod engine;
mod insert_in;
#[cfg(unix)]
mod killed;
#[cfg(unix)]
mod lock_files;
mod neighbours;
mod reopen;
mod wakeups;
