//! LeyLine's HTTP, WebSocket and SSE routes, as one router for axum.

mod auth;
mod body;
mod download;
mod gate;
mod header;
mod health;
mod media;
mod openapi;
mod options;
mod origin;
mod problem;
mod router;
pub mod schema;
mod serve;
mod stats;
mod tasks;
mod upload;
mod urls;
mod watch;
mod wire;

pub use auth::{Action, AllowAll, Authorizer, Denied, Principal, Scope, Subject};
pub use media::{MediaRange, ParseMediaRangeError};
pub use options::{EmptyFile, HttpOptions, MultipartLimits};
pub use origin::{Origin, ParseOriginError};
pub use problem::ProblemType;
pub use router::{openapi, router, router_with};
pub use serve::{ServeOptions, Shutdown, serve};
