//! LeyLine's HTTP, WebSocket and SSE routes, as one router for [axum].
//!
//! A whole service:
//!
//! ```
//! use std::sync::Arc;
//!
//! use leyline_core::{Blobs, CancellationToken, Env, Leyline, MemoryStore, ProcessError, TaskContext, typed};
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let env = Env::system();
//!     let leyline = Leyline::builder(Arc::new(MemoryStore::new(env.clone())))
//!         .blobs(Blobs::in_memory(env))
//!         .processor("shout", typed(async |_: TaskContext, text: String| Ok::<_, ProcessError>(text.to_uppercase())))
//!         .build()?;
//!     let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
//!     println!("http://{}/api/tasks", listener.local_addr()?);
//!
//!     let stop = CancellationToken::new();
//!     # stop.cancel();
//!     let app = leyline_axum::router(leyline.clone());
//!     let server = leyline_axum::serve(listener, app, Default::default(), stop.clone());
//!     let (served, _drained) = tokio::join!(server, leyline.run_worker(stop));
//!     Ok(served?)
//! }
//! ```
//!
//! # What there is
//!
//! * [`router()`] and [`router_with`] make the routes: upload, tasks, files, events, sockets, counts, health, and the OpenAPI
//!   document of them all. It is an ordinary [`axum::Router`]: merge it, layer it, or [nest](axum::Router::nest) it under a
//!   prefix, which the links in its answers then carry. `docs/wire-protocol.md` tells what goes over the wire.
//! * [`serve()`] runs any router over HTTP/1.1 with the limits that [`axum::serve`](fn@axum::serve) lacks, and ends in order:
//!   requests are finished, sockets close spread over a few seconds. [`ServeOptions`] holds its limits; [`Shutdown`] gives
//!   the same orderly end to sockets under another server.
//! * [`HttpOptions`] holds every setting of the routes, each with its default.
//!
//! # Who may do what
//!
//! **By default everyone may do everything**: [`AllowAll`] lets whoever reaches the port read, cancel and delete every task.
//! That suits one machine with one user, and nothing else. An [`Authorizer`] of your own is asked by every route and both
//! WebSockets, in one place; [`Principal`] says whose tasks someone sees.
//!
//! ```
//! use leyline_axum::{Action, Authorizer, Denied, HttpOptions, Principal, Subject, router_with};
//! # use axum::http::request::Parts;
//! # use leyline_core::{Env, Leyline, MemoryStore};
//!
//! struct Proxy;
//!
//! /// Believes a proxy in front, which strips this header from what clients send.
//! #[async_trait::async_trait]
//! impl Authorizer for Proxy {
//!     async fn authorize(&self, request: &Parts, _: Action, _: Option<Subject<'_>>) -> Result<Principal, Denied> {
//!         let user = request.headers.get("x-user").and_then(|user| user.to_str().ok());
//!         user.map(Principal::owner).ok_or_else(Denied::unauthenticated)
//!     }
//! }
//!
//! # let leyline = Leyline::builder(std::sync::Arc::new(MemoryStore::new(Env::system()))).build().unwrap();
//! let app: axum::Router = router_with(leyline, HttpOptions::authorized_by(Proxy));
//! ```
//!
//! # Which pages may call
//!
//! Pages of the server's own origin, and those of [`HttpOptions::allowed_origins`], which get CORS headers too. Requests that
//! change something and WebSocket handshakes of other pages are refused with 403, whoever is logged in.
//!
//! # What a disconnect cancels
//!
//! A closed tab ends a watch, never a task. A client that goes away in the middle of an upload leaves neither task nor bytes;
//! one that goes away after the last byte may or may not have made a task, and finds out by sending the same
//! `Idempotency-Key` again.
//!
//! # What is logged
//!
//! Every request is a [`tracing`] span, `request`, with its `method`, its `route` and, once that is known, its `task`; a socket
//! or an event stream stays in it to its end. Failures of the server are told at the level `error` with their causes; what was
//! refused, and the status of every answer, at `debug`.

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
pub use watch::CloseCode;
