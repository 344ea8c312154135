//! The store on a real server.

mod given;
mod node;
mod relay;

mod conformance;
mod contention;
mod faults;
mod feed;
mod feed_outage;
mod frozen;
mod hot;
mod migrate;
mod neighbours;
mod opening;
mod outbox;
mod plans;
mod tls;
