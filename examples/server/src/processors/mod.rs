//! The kinds of work that this server does, a module each.

mod catalog;
mod digest;
mod params;
mod simulate;

pub use catalog::{default_kinds, register};
