//! What whoever commits in groups is afraid of.

mod disk;
mod rig;

mod busy;
mod commit_fails;
mod group;
mod neighbours;
mod room;
mod sync_fails;
mod thread;
