//! The suite on the stores that this crate knows, and bugs that it has to catch.

mod broken;
mod checker;
mod faulty;
mod memory;
mod sim;
mod state_machine;
mod suite;
