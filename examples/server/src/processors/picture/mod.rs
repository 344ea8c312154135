//! Pictures: from an uploaded file to upright pixels in sRGB, within limits. What `image` and `motion` share.

mod colour;
mod decode;
mod ending;
mod failure;
mod jpeg;
mod reduce;

pub(super) use decode::decode;
pub(super) use failure::unexpected;
pub(super) use reduce::{fit, sample};
