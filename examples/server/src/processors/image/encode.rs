//! Encoding for the web: JPEG, or lossless WebP where something shows through.

use image::codecs::jpeg::JpegEncoder;
use image::codecs::webp::WebPEncoder;
use image::{DynamicImage, ImageEncoder};
use leyline_core::ProcessError;

use crate::processors::picture::unexpected;

/// A file in memory.
pub(in crate::processors) struct Encoded {
    pub(in crate::processors) bytes: Vec<u8>,
    pub(in crate::processors) extension: &'static str,
    pub(in crate::processors) content_type: &'static str,
}

/// Encodes a picture with eight bits a channel. `quality`, 1 to 100, is for JPEG.
pub(in crate::processors) fn encode(image: &DynamicImage, quality: u8) -> Result<Encoded, ProcessError> {
    let (width, height, color) = (image.width(), image.height(), image.color().into());
    let mut bytes = Vec::new();
    if image.color().has_alpha() {
        let encoder = WebPEncoder::new_lossless(&mut bytes);
        encoder
            .write_image(image.as_bytes(), width, height, color)
            .map_err(unexpected)?;
        return Ok(Encoded {
            bytes,
            extension: "webp",
            content_type: "image/webp",
        });
    }
    let encoder = JpegEncoder::new_with_quality(&mut bytes, quality);
    encoder
        .write_image(image.as_bytes(), width, height, color)
        .map_err(unexpected)?;
    Ok(Encoded {
        bytes,
        extension: "jpg",
        content_type: "image/jpeg",
    })
}
