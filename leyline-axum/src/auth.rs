//! Who may do what: the [`Authorizer`] seam.

use std::fmt;

use async_trait::async_trait;
use axum::http::HeaderValue;
use axum::http::request::Parts;
use leyline_core::store::BoxError;
use leyline_core::{Kind, TaskId, Timestamp};

/// Decides on every request. The only place that is asked, by every route and both WebSockets.
///
/// It is asked once with no task, before anything is read or taken in: *who is this, and may they do such a thing at all?*
/// On routes of one task it is asked again with the task, as soon as that is known: *and to this one?* In between, a
/// principal of [`Scope::Owner`] is compared with the task's owner, so an authorizer for which ownership is all that counts
/// can ignore the task.
///
/// A task that the principal may not see and one that does not exist get the same answer, 404.
///
/// `/healthz`, `/readyz` and `/api/openapi.json` are open to everyone and never ask.
///
/// ```
/// use async_trait::async_trait;
/// use axum::http::{header, request::Parts};
/// use leyline_axum::{Action, Authorizer, Denied, Principal, Subject};
///
/// struct Tokens;
///
/// #[async_trait]
/// impl Authorizer for Tokens {
///     async fn authorize(&self, request: &Parts, _: Action, _: Option<Subject<'_>>) -> Result<Principal, Denied> {
///         match request.headers.get(header::AUTHORIZATION).map(|value| value.as_bytes()) {
///             Some(b"Bearer alices-token") => Ok(Principal::owner("alice")),
///             Some(b"Bearer operators-token") => Ok(Principal::all("operator")),
///             _ => Err(Denied::unauthenticated()),
///         }
///     }
/// }
/// ```
#[async_trait]
pub trait Authorizer: Send + Sync + 'static {
    /// Answers who asks, or why not. `request` is the head of the request as it came in (for a WebSocket that of its
    /// handshake, whenever a task is added); its extensions hold the peer's address if [`serve`](crate::serve()) is used.
    ///
    /// A browser can't set headers on a WebSocket: read a cookie, a short-lived ticket in the query, or a token among the
    /// subprotocols (offer `leyline` beside it, which is what the server selects).
    ///
    /// # Errors
    /// [`Denied`] says what the client is told.
    ///
    /// # Cancel safety
    /// The call is dropped when the client goes away.
    async fn authorize(
        &self,
        request: &Parts,
        action: Action,
        subject: Option<Subject<'_>>,
    ) -> Result<Principal, Denied>;
}

/// What a request wants to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Action {
    /// Send a file and have it worked on. Asked again with the task-to-be, once its kind is known and before its bytes are
    /// taken.
    Upload,
    /// Ask for work without a file. Asked again with the task-to-be.
    Submit,
    /// List tasks. A principal of [`Scope::Owner`] sees its own.
    List,
    /// See one task.
    Read,
    /// Watch one task, or open a socket to watch many.
    Watch,
    /// Fetch a task's input, result or artifacts.
    Download,
    /// Stop a task.
    Cancel,
    /// Start a failed or cancelled task anew.
    Requeue,
    /// Remove a task.
    Delete,
    /// See counts and workers of the whole service; only for principals of [`Scope::All`].
    Stats,
}

/// The task that a request is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Subject<'a> {
    /// The task.
    pub id: TaskId,
    /// Which processor it is for.
    pub kind: &'a Kind,
    /// Whose it is; empty means nobody's.
    pub owner: &'a str,
}

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Principal {
    /// Whose the tasks become that it creates, and whose idempotency keys it shares. At most 255 bytes; empty means
    /// nobody's, which all principals with an empty owner share.
    pub owner: String,
    /// Which tasks it sees.
    pub scope: Scope,
    /// When its permission ends; `None` means never. A socket is closed with 4401 then, an event stream ends.
    pub expires_at: Option<Timestamp>,
}

/// Which tasks a principal sees. There are these two and will be no other: whatever is finer is for the [`Authorizer`] to say of
/// each task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Everyone's.
    All,
    /// Only those of its own [owner](Principal::owner).
    Owner,
}

impl Principal {
    /// One who sees only the tasks of `owner`, for as long as it likes.
    pub fn owner(owner: impl Into<String>) -> Self {
        Self {
            owner: owner.into(),
            scope: Scope::Owner,
            expires_at: None,
        }
    }

    /// One who sees everyone's tasks, and creates those of `owner`.
    pub fn all(owner: impl Into<String>) -> Self {
        Self {
            scope: Scope::All,
            ..Self::owner(owner)
        }
    }

    /// The same until this time.
    #[must_use]
    pub fn expires_at(mut self, time: Timestamp) -> Self {
        self.expires_at = Some(time);
        self
    }

    /// Whether its scope reaches tasks of `owner`.
    pub(crate) fn sees(&self, owner: &str) -> bool {
        self.scope == Scope::All || self.owner == owner
    }
}

/// Why not.
#[derive(Debug)]
#[non_exhaustive]
pub enum Denied {
    /// Nobody that is known: 401.
    Unauthenticated {
        /// The `WWW-Authenticate` header; `None` means `Bearer`.
        challenge: Option<HeaderValue>,
    },
    /// Known, but not allowed to do this: 403. Said of a task, it tells that the task exists.
    Forbidden,
    /// Not allowed to know of the task: 404, as if it did not exist.
    Hidden,
    /// It can't be decided now: 503.
    Unavailable {
        /// Why, for the log.
        source: BoxError,
    },
}

impl Denied {
    /// [`Denied::Unauthenticated`] with the default challenge.
    pub fn unauthenticated() -> Self {
        Self::Unauthenticated { challenge: None }
    }

    /// [`Denied::Unavailable`] with this cause.
    pub fn unavailable(source: impl Into<BoxError>) -> Self {
        Self::Unavailable {
            source: source.into(),
        }
    }
}

impl fmt::Display for Denied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unauthenticated { .. } => "authentication is required",
            Self::Forbidden => "not allowed",
            Self::Hidden => "not allowed to know",
            Self::Unavailable { .. } => "can't be decided now",
        })
    }
}

/// **Lets everyone do everything to everything.** The default, so that a first program is short; fit for one machine, one
/// user, and services behind something else that decides. Whoever can reach the port can read, cancel and delete every task.
#[derive(Debug, Clone, Copy, Default)]
pub struct AllowAll;

#[async_trait]
impl Authorizer for AllowAll {
    async fn authorize(&self, _: &Parts, _: Action, _: Option<Subject<'_>>) -> Result<Principal, Denied> {
        Ok(Principal::all(""))
    }
}
