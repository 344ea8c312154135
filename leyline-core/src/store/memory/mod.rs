//! The store in memory: for tests, demos and the quickstart. It holds everything in memory, and nothing survives the process.
//!
//! It is the contract in its plainest form: [`transition`](crate::transition) says what a change does to a row, `rows.rs`
//! keeps rows and indexes together, and the other files are the verbs.

mod beat;
mod claim;
mod finish;
mod image;
mod index;
mod insert;
mod list;
mod operate;
mod rescue;
mod rows;
mod stats;
mod store;

pub use image::MemoryImage;
pub use store::MemoryStore;
