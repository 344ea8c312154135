//! The picture that clients upload.

use std::io::Cursor;

use image::{ImageFormat, Rgb, RgbImage};

/// So small that a life of the server is long enough for it: what never ends would take every slot for good.
pub(super) fn picture() -> Vec<u8> {
    let picture = RgbImage::from_fn(24, 24, |x, y| Rgb([(x * 10) as u8, (y * 10) as u8, 99]));
    let mut file = Cursor::new(Vec::new());
    picture.write_to(&mut file, ImageFormat::Png).unwrap();
    file.into_inner()
}
