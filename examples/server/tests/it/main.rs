//! The example server: its processors over real files, its process over real signals.

mod service;

mod digest;
mod image;
#[cfg(feature = "motion")]
mod motion;
mod simulate;
