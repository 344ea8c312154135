//! The example server: its processors over real files, its process over real signals.

mod client;
mod load;
mod say;
mod server;
mod service;
mod verdict;

mod bombs;
mod digest;
mod image;
#[cfg(feature = "motion")]
mod motion;
mod simulate;

mod crash_loop;
mod fleet;
mod killed;
mod page;
mod process;
mod roles;
mod worker_lost;
