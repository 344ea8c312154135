//! The example server: every part of LeyLine, wired. It is a library too, so that tests can run its parts.
//!
//! In the order of a start: [`config`] reads flags and environment, [`logs`] and [`metrics`] begin to tell, [`service`]
//! opens the stores and registers the [`processors`], [`http`] puts the routes and the page together, [`app`] runs it all
//! until [`shutdown`] says that it is time.

pub mod app;
pub mod assets;
pub mod config;
pub mod healthcheck;
pub mod http;
pub mod logs;
pub mod metrics;
pub mod processors;
pub mod service;
pub mod shutdown;

/// The programs in the documents compile. This crate is the one that knows all the others.
#[cfg(doctest)]
mod documents {
    #[doc = include_str!("../../../README.md")]
    mod readme {}
    #[doc = include_str!("../../../docs/embedding.md")]
    mod embedding {}
}
