//! Blobs: uploads and artifacts over [`object_store`], which does files, memory and clouds. LeyLine adds the layout of the
//! keys, digests that are computed as bytes pass by and verified as they are read, and the rules of deleting.
//!
//! No row points at bytes that are not durable (invariant 2), and nobody deletes bytes on a guess (invariant 10): only what
//! the store says is unreferenced goes.

mod blobs;
mod delete;
mod error;
mod key;
mod local;
mod read;
mod sniff;
mod sweep;
mod write;

pub use blobs::Blobs;
pub use error::Error;
pub(crate) use key::is_upload_of;
pub use read::BlobStream;
pub use sniff::{SNIFF_BYTES, content_type};
pub use sweep::{Sweeper, Swept};
pub use write::BlobWriter;
