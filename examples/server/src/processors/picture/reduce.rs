//! Fewer pixels.

use fast_image_resize::{FilterType, ResizeAlg, ResizeOptions, Resizer};
use image::DynamicImage;
use leyline_core::ProcessError;

use super::failure::unexpected;

/// The picture with its longer side at most `longest`, sharp. A smaller one stays as it is.
pub(in crate::processors) fn fit(image: &DynamicImage, longest: u32) -> Result<DynamicImage, ProcessError> {
    let (width, height) = (image.width(), image.height());
    let longer = width.max(height);
    if longer <= longest {
        return Ok(image.clone());
    }
    let scaled = |side: u32| {
        let scaled = f64::from(side) * f64::from(longest) / f64::from(longer);
        (scaled.round() as u32).max(1)
    };
    resized(image, (scaled(width), scaled(height)), FilterType::Lanczos3)
}

/// The picture in exactly this size, each pixel the mean of what it covers.
pub(in crate::processors) fn sample(
    image: &DynamicImage,
    (width, height): (u32, u32),
) -> Result<DynamicImage, ProcessError> {
    resized(image, (width, height), FilterType::Box)
}

fn resized(
    image: &DynamicImage,
    (width, height): (u32, u32),
    filter: FilterType,
) -> Result<DynamicImage, ProcessError> {
    let mut reduced = DynamicImage::new(width, height, image.color());
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(filter));
    Resizer::new()
        .resize(image, &mut reduced, &options)
        .map_err(unexpected)?;
    Ok(reduced)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check((width, height): (u32, u32), longest: u32, expected: (u32, u32)) {
        let fitted = fit(&DynamicImage::new_rgb8(width, height), longest).unwrap();
        assert_eq!((fitted.width(), fitted.height()), expected);
    }

    #[test]
    fn the_longer_side_is_bounded_and_the_shape_is_kept() {
        check((400, 300), 200, (200, 150));
        check((300, 400), 200, (150, 200));
        check((5000, 2), 100, (100, 1));
        check((40, 30), 200, (40, 30));
    }
}
