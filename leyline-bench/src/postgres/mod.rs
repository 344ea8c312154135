//! PostgreSQL: a server for the measurements, and the jobs table that an expert would write by hand.

mod raw;
mod server;

pub(crate) use raw::{Job, Raw};
pub(crate) use server::Server;
