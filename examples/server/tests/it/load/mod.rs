//! Load: clients who see every task through that a service has accepted, whatever happens to its processes.

mod answers;
mod client;
mod crowd;
mod lines;
mod picture;
mod seen;
mod standing;

pub(crate) use crowd::{Accepted, Load};
pub(crate) use lines::{Lines, Places};
pub(crate) use standing::Standing;
