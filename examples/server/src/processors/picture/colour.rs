//! Colour profiles: what was taken in a wide gamut is shown in sRGB, and its palette named in it.

use image::DynamicImage;
use leyline_core::ProcessError;
use moxcms::{ColorProfile, DataColorSpace, Layout, TransformOptions};

use super::failure::unexpected;

/// The same colours in sRGB. Pixels without a profile, or with one that is not for RGB, are taken for sRGB.
pub(super) fn to_srgb(image: DynamicImage, profile: Option<&[u8]>) -> Result<DynamicImage, ProcessError> {
    let Some(profile) = profile.and_then(|bytes| ColorProfile::new_from_slice(bytes).ok()) else {
        return Ok(image);
    };
    if profile.color_space != DataColorSpace::Rgb {
        return Ok(image);
    }
    let (mut image, layout) = if image.color().has_alpha() {
        (DynamicImage::from(image.into_rgba8()), Layout::Rgba)
    } else {
        (DynamicImage::from(image.into_rgb8()), Layout::Rgb)
    };
    let srgb = ColorProfile::new_srgb();
    let transform = profile.create_transform_8bit(layout, &srgb, layout, TransformOptions::default());
    // A profile that can't be followed is as good as none.
    let Ok(transform) = transform else {
        return Ok(image);
    };
    let wide = image.as_bytes().to_vec();
    match &mut image {
        DynamicImage::ImageRgb8(pixels) => transform.transform(&wide, pixels),
        DynamicImage::ImageRgba8(pixels) => transform.transform(&wide, pixels),
        _ => Ok(()),
    }
    .map_err(unexpected)?;
    Ok(image)
}

#[cfg(test)]
mod tests {
    use image::{Rgb, RgbImage};

    use super::*;

    #[track_caller]
    fn check(profile: Option<&[u8]>, from: [u8; 3], to: [u8; 3]) {
        let image = RgbImage::from_pixel(2, 2, Rgb(from));
        let found = to_srgb(image.into(), profile).unwrap().into_rgb8();
        let near = found
            .get_pixel(1, 1)
            .0
            .iter()
            .zip(to)
            .all(|(a, b)| a.abs_diff(b) <= 1);
        assert!(near, "{found:?}");
    }

    #[test]
    fn colours_of_display_p3_are_told_in_srgb() {
        let p3 = ColorProfile::new_display_p3().encode().unwrap();
        check(Some(&p3), [200, 100, 50], [215, 93, 31]);
        check(Some(&p3), [128, 128, 128], [128, 128, 128]);
    }

    #[test]
    fn colours_without_a_profile_or_with_a_broken_one_stay() {
        check(None, [200, 100, 50], [200, 100, 50]);
        check(Some(b"no profile"), [200, 100, 50], [200, 100, 50]);
    }
}
