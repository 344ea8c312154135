//! `image`: a preview and a thumbnail for the web, the palette, the perceptual hash, and the facts of a picture.

mod encode;
mod oklab;
mod palette;
mod phash;
mod process;

#[cfg(feature = "motion")]
pub(super) use encode::{Encoded, encode};
pub(super) use process::image;
