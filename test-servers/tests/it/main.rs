//! The servers do what the tests that use them rely on.

mod gone;
mod nginx;
mod node;
mod pgbouncer;
mod postgres;
mod proxy;
