//! Decoding: only what is a picture, and only within limits of bytes, pixels and memory.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits};
use leyline_core::ProcessError;

use super::ending::Ending;
use super::{colour, failure, jpeg, reduce};

/// Largest file that is read: some decoders hold all of it in memory.
pub(super) const MAX_FILE_BYTES: u64 = 256 << 20;
/// Most pixels, in millions; the largest pictures that phones take have 108.
pub(super) const MAX_MEGAPIXELS: u32 = 120;
/// Most pixels on a side.
pub(super) const MAX_SIDE: u32 = 32_768;
/// Most memory for pixels, in bytes: [`MAX_MEGAPIXELS`] with four bytes each, and a little.
const MAX_MEMORY: u64 = 512 << 20;

/// A picture as it is in its file: perhaps turned, perhaps in a colour space of its own.
pub(in crate::processors) struct Decoded {
    pub(in crate::processors) format: ImageFormat,
    pub(in crate::processors) orientation: Orientation,
    profile: Option<Vec<u8>>,
    image: DynamicImage,
}

/// Decodes a file; of an animation the first picture.
pub(in crate::processors) fn decode(path: &Path) -> Result<Decoded, ProcessError> {
    let bytes = std::fs::metadata(path)?.len();
    if bytes > MAX_FILE_BYTES {
        return Err(failure::too_many_bytes(bytes));
    }
    let (file, ended) = Ending::of(BufReader::new(File::open(path)?));
    let mut reader = ImageReader::new(file).with_guessed_format()?;
    let format = reader.format().ok_or_else(failure::not_an_image)?;
    if !format.reading_enabled() {
        return Err(failure::unsupported(&format!("{format:?}")));
    }
    if format == ImageFormat::Jpeg && !jpeg::is_whole(BufReader::new(File::open(path)?))? {
        return Err(failure::truncated());
    }
    // A JPEG is always read to its end, so that says nothing of it.
    let undecodable = |error| failure::undecodable(error, ended.get() && format != ImageFormat::Jpeg);
    reader.limits(limits());
    let mut decoder = reader.into_decoder().map_err(undecodable)?;
    let (width, height) = decoder.dimensions();
    let pixels = u64::from(width) * u64::from(height);
    if width > MAX_SIDE || height > MAX_SIDE || pixels > u64::from(MAX_MEGAPIXELS) * 1_000_000 {
        return Err(failure::too_large((width, height)));
    }
    // Metadata that can't be read is as good as none: the pixels are what counts.
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let profile = decoder.icc_profile().ok().flatten();
    let image = DynamicImage::from_decoder(decoder).map_err(undecodable)?;
    Ok(Decoded {
        format,
        orientation,
        profile,
        image,
    })
}

fn limits() -> Limits {
    let mut limits = Limits::default();
    // Width and height are looked at here, for an answer that names them.
    limits.max_image_width = None;
    limits.max_image_height = None;
    limits.max_alloc = Some(MAX_MEMORY);
    limits
}

impl Decoded {
    /// Width and height as the picture is to be seen.
    pub(in crate::processors) fn size(&self) -> (u32, u32) {
        use Orientation::{Rotate90, Rotate90FlipH, Rotate270, Rotate270FlipH};
        let (width, height) = (self.image.width(), self.image.height());
        match self.orientation {
            Rotate90 | Rotate270 | Rotate90FlipH | Rotate270FlipH => (height, width),
            _ => (width, height),
        }
    }

    /// The picture upright, in sRGB with eight bits a channel, its longer side at most `longest`. It is made small first, so
    /// that there is never a second copy of all its pixels. Alpha is there only if it shows.
    pub(in crate::processors) fn upright(self, longest: u32) -> Result<DynamicImage, ProcessError> {
        let small = reduce::fit(&self.image, longest)?;
        drop(self.image);
        let mut small = colour::to_srgb(small, self.profile.as_deref())?;
        small.apply_orientation(self.orientation);
        if small.color().has_alpha() {
            let pixels = small.into_rgba8();
            if pixels.pixels().any(|pixel| pixel.0[3] < u8::MAX) {
                return Ok(pixels.into());
            }
            small = pixels.into();
        }
        Ok(small.into_rgb8().into())
    }
}
