//! Where clients find the service, and what may happen to their connections.

use std::io;
use std::net::SocketAddr;

use tokio::sync::watch;

use crate::client::Failed;

pub(crate) type Addresses = watch::Receiver<Vec<SocketAddr>>;

/// The processes that take requests, and those that hold sockets. While there are none, clients wait.
#[derive(Clone)]
pub(crate) struct Places {
    pub(crate) apis: Addresses,
    pub(crate) gateways: Addresses,
}

impl Places {
    /// Processes that stay where they are.
    pub(crate) fn fixed(apis: &[SocketAddr], gateways: &[SocketAddr]) -> Self {
        let fixed = |addresses: &[SocketAddr]| watch::channel(addresses.to_vec()).1;
        Self {
            apis: fixed(apis),
            gateways: fixed(gateways),
        }
    }
}

/// What may happen to connections. Anything else fails the test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lines {
    /// Nothing: every request is answered, and every socket stays until its task has ended.
    Steady,
    /// Processes end in order and come back: a connection may be refused, and a socket is closed with a word.
    Rolling,
    /// Processes are killed: connections break at any moment.
    Breaking,
}

impl Lines {
    /// A request got no answer.
    #[track_caller]
    pub(crate) fn unanswered(self, error: &Failed) {
        let allowed = match self {
            Self::Steady => false,
            Self::Rolling => is_unheard(error),
            Self::Breaking => true,
        };
        assert!(allowed, "a request was not answered: {error:?}");
    }

    /// A socket ended before its task, without a close frame.
    #[track_caller]
    pub(crate) fn broke(self, error: &Failed) {
        assert!(self == Self::Breaking, "a socket broke: {error:?}");
    }

    /// A socket was closed with 1001 before its task had ended.
    #[track_caller]
    pub(crate) fn went_away(self) {
        assert!(
            self != Self::Steady,
            "a socket was closed although its process goes on"
        );
    }
}

/// Whether nobody has taken the connection: it was refused, or was still in the queue of a listener that closed.
fn is_unheard(error: &Failed) -> bool {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error.as_ref());
    while let Some(error) = cause {
        if let Some(io) = error.downcast_ref::<io::Error>() {
            return matches!(
                io.kind(),
                io::ErrorKind::ConnectionRefused | io::ErrorKind::ConnectionReset
            );
        }
        cause = error.source();
    }
    false
}
