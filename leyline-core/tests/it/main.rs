//! The service as a whole, on a paused clock: engine, hub and handle over the in-memory store.

mod blobs;
mod engine;
mod faults;
mod housekeeping;
mod hub;
mod prepared;
mod seed;
mod service;
mod sinks;
mod workers;
