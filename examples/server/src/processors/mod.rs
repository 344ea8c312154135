//! The kinds of work that this server does, a module each.

mod catalog;
mod digest;
mod image;
#[cfg(feature = "motion")]
mod motion;
mod params;
mod picture;
mod simulate;

pub use catalog::{default_kinds, register};
