//! Headers that are more than a word: each parsed or written in one place.

pub(crate) mod disposition;
pub(crate) mod etag;
pub(crate) mod idempotency;
pub(crate) mod prefer;
pub(crate) mod range;
