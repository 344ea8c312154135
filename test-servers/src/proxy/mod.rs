//! A network that fails on demand.

mod connection;
mod link;
mod switch;

pub use switch::Proxy;
