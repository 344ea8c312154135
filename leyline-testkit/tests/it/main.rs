//! The suite on the stores that this crate knows, and bugs that it has to catch.

mod faulty;
mod memory;
