//! The store on a real server.

mod given;

mod conformance;
mod contention;
mod faults;
mod hot;
mod migrate;
mod neighbours;
mod opening;
mod outbox;
mod plans;
