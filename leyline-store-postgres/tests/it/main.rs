//! The store on a real server.

mod audit;
mod given;
mod node;
mod relay;
mod worker;

mod clocks;
mod conformance;
mod contention;
mod faults;
mod feed;
mod feed_outage;
mod frozen;
mod hot;
mod late;
mod migrate;
mod neighbours;
mod opening;
mod outbox;
mod partition;
mod plans;
mod tls;
mod zombies;
