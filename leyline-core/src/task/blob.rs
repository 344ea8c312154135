//! References to bytes in the blob store.

use serde::{Deserialize, Serialize};

use super::Digest;

/// Bytes that are durable in the blob store, and what is known of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlobRef {
    /// Where they lie. Never made from a client's text, never shown to a client.
    pub key: String,
    /// The label people see: a cleaned file name, or an artifact's name.
    pub name: String,
    /// Length in bytes.
    pub size: u64,
    /// Digest of the bytes, computed as they were written.
    pub sha256: Digest,
    /// Media type (RFC 9110, 8.3.1), sniffed or declared.
    pub content_type: String,
}
