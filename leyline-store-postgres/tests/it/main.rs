//! The store on a real server.

mod conformance;
mod feed;
mod feed_outage;
mod given;
mod node;
mod relay;
