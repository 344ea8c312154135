//! Watching: server-sent events, a WebSocket for one task, a WebSocket for many. All of them are windows on the hub; none
//! keeps a queue, so a slow reader skips snapshots and sees the newest.

mod close;
mod events;
mod handshake;
mod link;
mod many;
mod message;
mod one;

pub use close::CloseCode;
pub(crate) use events::{__path_watch_events, watch_events};
pub(crate) use many::{__path_open_socket, open_socket};
pub(crate) use one::{__path_watch_socket, watch_socket};
