//! Every setting of the routes, with its default.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::auth::{AllowAll, Authorizer};
use crate::media::MediaRange;
use crate::origin::Origin;

/// Settings of the routes. Start from [`HttpOptions::default`] and change what differs.
#[derive(Clone)]
#[non_exhaustive]
pub struct HttpOptions {
    /// Who may do what; default [`AllowAll`], **which lets everyone do everything**.
    pub authorizer: Arc<dyn Authorizer>,
    /// Origins whose pages may call, beside the server's own; default none. They get CORS headers with credentials, may
    /// open WebSockets, and may send `POST` and `DELETE`.
    pub allowed_origins: Vec<Origin>,
    /// What stands before `/api` in links, for proxies that take a prefix away; default `None`, found out by itself where
    /// the router is nested.
    pub public_prefix: Option<String>,
    /// Longest file, in bytes; default 1 GiB.
    pub max_upload: u64,
    /// Uploads at once in this process; default 1024. More are refused with 429 before their bodies are read.
    pub max_concurrent_uploads: usize,
    /// Whether files without a byte are taken; default [`EmptyFile::Accept`].
    pub empty_file: EmptyFile,
    /// Bounds of the multipart form.
    pub multipart: MultipartLimits,
    /// Which kind a file is for if the client does not say: the first range that matches the file's media type, as its
    /// first bytes tell it. Default none; a service with one kind only needs none.
    pub default_kinds: Vec<(MediaRange, String)>,
    /// Media types that browsers may show instead of saving; default some for images, video, sound, and plain text. Types
    /// that can hold scripts (HTML, SVG, XML, PDF) do not belong here.
    pub inline: Vec<String>,
    /// How much of a refused body is read and thrown away, in bytes, so that a browser that is still sending gets to see
    /// the answer; default 1 MiB.
    pub drain_limit: u64,
    /// How long that may take; default 5 s.
    pub drain_timeout: Duration,
    /// Longest time that `Prefer: wait=N` is honoured for; default 60 s.
    pub max_wait: Duration,
    /// How often a WebSocket is pinged and an idle event stream gets a comment; default 25 s, below the minute after which
    /// many proxies close what is idle.
    pub ping_interval: Duration,
    /// After how long a silence, or a send that does not get through, the peer of a WebSocket is taken for dead; default
    /// 75 s. At least twice the ping interval makes sense.
    pub peer_timeout: Duration,
    /// Tasks watched at once on one socket; default 256.
    pub max_watched: usize,
    /// Shortest time between two `list_changed` frames of a socket; default 250 ms.
    pub list_interval: Duration,
}

/// Whether files without a byte are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum EmptyFile {
    /// As any other.
    #[default]
    Accept,
    /// Refused with 422.
    Refuse,
}

/// Bounds of the multipart form of an upload. Over one of them, the answer is 400.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct MultipartLimits {
    /// Parts; default 32.
    pub max_parts: usize,
    /// Bytes in the headers of one part; default 8 KiB.
    pub max_header_bytes: usize,
}

impl Default for MultipartLimits {
    fn default() -> Self {
        Self {
            max_parts: 32,
            max_header_bytes: 8 * 1024,
        }
    }
}

impl Default for HttpOptions {
    fn default() -> Self {
        Self {
            authorizer: Arc::new(AllowAll),
            allowed_origins: Vec::new(),
            public_prefix: None,
            max_upload: 1 << 30,
            max_concurrent_uploads: 1024,
            empty_file: EmptyFile::Accept,
            multipart: MultipartLimits::default(),
            default_kinds: Vec::new(),
            inline: INLINE.iter().map(ToString::to_string).collect(),
            drain_limit: 1 << 20,
            drain_timeout: Duration::from_secs(5),
            max_wait: Duration::from_mins(1),
            ping_interval: Duration::from_secs(25),
            peer_timeout: Duration::from_secs(75),
            max_watched: 256,
            list_interval: Duration::from_millis(250),
        }
    }
}

impl HttpOptions {
    /// The defaults with this authorizer.
    pub fn authorized_by(authorizer: impl Authorizer) -> Self {
        Self {
            authorizer: Arc::new(authorizer),
            ..Self::default()
        }
    }
}

/// What browsers show without running anything that the file brings along.
const INLINE: &[&str] = &[
    "image/png",
    "image/jpeg",
    "image/gif",
    "image/webp",
    "image/avif",
    "image/bmp",
    "video/mp4",
    "video/webm",
    "audio/mpeg",
    "audio/mp4",
    "audio/ogg",
    "audio/flac",
    "audio/wav",
    "text/plain",
];

impl fmt::Debug for HttpOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpOptions")
            .field("allowed_origins", &self.allowed_origins)
            .field("public_prefix", &self.public_prefix)
            .field("max_upload", &self.max_upload)
            .field("max_concurrent_uploads", &self.max_concurrent_uploads)
            .finish_non_exhaustive()
    }
}
