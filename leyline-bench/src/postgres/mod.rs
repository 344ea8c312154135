//! PostgreSQL: a server for the measurements, and the jobs table that an expert would write by hand.

mod past;
mod raw;
mod server;

pub(crate) use past::Past;
pub(crate) use raw::{Indexes, Job, Raw};
pub(crate) use server::{CONNECTIONS, Server};
