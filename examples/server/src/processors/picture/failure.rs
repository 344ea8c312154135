//! What is said of a file that can't be worked on. Trying again would not help, so all of it is permanent.

use std::error::Error;

use image::ImageError;
use leyline_core::ProcessError;

use super::decode::{MAX_FILE_BYTES, MAX_MEGAPIXELS, MAX_SIDE};

pub(super) fn not_an_image() -> ProcessError {
    ProcessError::permanent(
        "not-an-image",
        "this file is not a picture; JPEG, PNG, WebP, GIF and BMP are understood",
    )
}

/// `what` pictures: a format, or a variant of one.
pub(super) fn unsupported(what: &str) -> ProcessError {
    let message = format!("{what} pictures are not supported; JPEG, PNG, WebP, GIF and BMP are");
    ProcessError::permanent("image-unsupported", message)
}

pub(super) fn truncated() -> ProcessError {
    ProcessError::permanent(
        "image-truncated",
        "the picture breaks off before its end; was the file copied completely?",
    )
}

pub(super) fn too_large((width, height): (u32, u32)) -> ProcessError {
    let message = format!(
        "the picture has {width} × {height} pixels; at most {MAX_MEGAPIXELS} megapixels, {MAX_SIDE} on a side, are accepted"
    );
    ProcessError::permanent("image-too-large", message)
}

pub(super) fn too_many_bytes(bytes: u64) -> ProcessError {
    let (has, most) = (bytes >> 20, MAX_FILE_BYTES >> 20);
    let message = format!("the picture's file has {has} MiB; at most {most} MiB are accepted");
    ProcessError::permanent("image-too-large", message)
}

fn too_much_memory() -> ProcessError {
    ProcessError::permanent("image-too-large", "the picture takes too much memory to decode")
}

fn damaged() -> ProcessError {
    ProcessError::permanent("image-damaged", "the picture is damaged and can't be decoded")
}

/// What a decoder's error means for whoever sent the file. `ended`: it had read all there was and wanted more.
pub(super) fn undecodable(error: ImageError, ended: bool) -> ProcessError {
    let failure = match &error {
        _ if ended => truncated(),
        ImageError::Limits(_) => too_much_memory(),
        ImageError::Unsupported(_) => unsupported("such"),
        ImageError::IoError(_) => return ProcessError::retryable(error),
        _ => damaged(),
    };
    failure.because(error)
}

/// A failure of the work itself, with pixels that were decoded already. None is expected.
pub(in crate::processors) fn unexpected(error: impl Error + Send + Sync + 'static) -> ProcessError {
    ProcessError::permanent("image-failed", "the picture could not be worked on").because(error)
}
