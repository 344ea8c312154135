//! `POST /api/upload`: a file on its way in, in the order of the files here. Refused before its first byte where it can be,
//! streamed to the blob store in constant memory where it can't.

mod admission;
mod form;
mod intake;
mod multipart;
mod raw;
mod route;

pub(crate) use multipart::FormError;
pub(crate) use route::{__path_upload, upload};
