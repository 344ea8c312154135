//! Limits of connections, with their defaults.

use std::time::Duration;

/// Limits of [`serve`](crate::serve()). Start from [`ServeOptions::default`] and change what differs.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ServeOptions {
    /// How long a request's header may take to arrive, and an idle connection to begin another request; default 10 s. Then
    /// the connection is closed.
    pub header_timeout: Duration,
    /// Longest header block, in bytes, at least 8192; default 32 KiB. Over it the answer is 431.
    pub max_header_bytes: usize,
    /// Longest pause within a body, counted only while it is waited for; default 30 s. Then the answer is 408.
    pub body_idle_timeout: Duration,
    /// Slowest body, in bytes a second over [`body_rate_window`](Self::body_rate_window); default 1024, 0 means as slow as
    /// it likes. Then the answer is 408.
    pub min_body_rate: u64,
    /// The time over which a body's rate is measured, counted only while it is waited for; default 10 s.
    pub body_rate_window: Duration,
    /// How long a peer may let nothing of what is sent through; default 75 s. Then the connection is cut.
    pub write_timeout: Duration,
    /// Connections at once; default 65,536. More wait in the listener's queue.
    pub max_connections: usize,
    /// Over how long a shutdown spreads the closing of sockets and event streams, so that their clients do not all come
    /// back at once; default 5 s.
    pub close_spread: Duration,
    /// How long a shutdown waits for requests, uploads, and sockets before it cuts them; default 30 s.
    pub drain_timeout: Duration,
    /// How long a connection that this side closes goes on to be read, so that a client that is still sending gets to see
    /// the answer, or the close frame; default 2 s.
    pub linger: Duration,
}

impl Default for ServeOptions {
    fn default() -> Self {
        Self {
            header_timeout: Duration::from_secs(10),
            max_header_bytes: 32 * 1024,
            body_idle_timeout: Duration::from_secs(30),
            min_body_rate: 1024,
            body_rate_window: Duration::from_secs(10),
            write_timeout: Duration::from_secs(75),
            max_connections: 65_536,
            close_spread: Duration::from_secs(5),
            drain_timeout: Duration::from_secs(30),
            linger: Duration::from_secs(2),
        }
    }
}
