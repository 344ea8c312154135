//! The service as a whole, on a paused clock: engine, hub and handle over the in-memory store.

mod engine;
mod seed;
mod service;
mod workers;
