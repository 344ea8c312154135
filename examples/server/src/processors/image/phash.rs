//! The perceptual hash: pictures that look alike have hashes that differ in few bits.
//!
//! The signs of the lowest frequencies of the picture's lightness, against their median (Zauner, "Implementation and
//! Benchmarking of Perceptual Image Hash Functions", 2010).

use std::f64::consts::PI;

use image::DynamicImage;
use leyline_core::ProcessError;

use crate::processors::picture;

/// The picture is made so many pixels wide and high.
const SIDE: usize = 32;
/// So many frequencies each way make the hash.
const KEPT: usize = 8;

/// The hash, 64 bits.
pub(super) fn phash(image: &DynamicImage) -> Result<u64, ProcessError> {
    let grey = picture::sample(image, (SIDE as u32, SIDE as u32))?.into_luma8();
    let rows: Vec<f64> = grey.as_raw().iter().map(|value| f64::from(*value)).collect();
    let frequencies = lowest_frequencies(&rows);
    let mut sorted = frequencies;
    sorted.sort_by(f64::total_cmp);
    let median = f64::midpoint(sorted[frequencies.len() / 2 - 1], sorted[frequencies.len() / 2]);
    Ok(frequencies
        .iter()
        .fold(0, |hash, value| hash << 1 | u64::from(*value > median)))
}

/// A corner of the discrete cosine transform, without the row and column that tell of brightness only.
fn lowest_frequencies(rows: &[f64]) -> [f64; KEPT * KEPT] {
    let wave = |frequency: usize, at: usize| {
        let turn = PI / SIDE as f64 * (at as f64 + 0.5) * (frequency + 1) as f64;
        turn.cos()
    };
    let mut partial = [[0.0; SIDE]; KEPT];
    for (u, sums) in partial.iter_mut().enumerate() {
        for (y, sum) in sums.iter_mut().enumerate() {
            *sum = (0..SIDE).map(|x| rows[y * SIDE + x] * wave(u, x)).sum();
        }
    }
    std::array::from_fn(|index| {
        let (u, v) = (index % KEPT, index / KEPT);
        (0..SIDE).map(|y| partial[u][y] * wave(v, y)).sum()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(name: &str) -> DynamicImage {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../frontend/tests/samples/");
        image::open(format!("{folder}{name}")).unwrap()
    }

    fn apart(a: &DynamicImage, b: &DynamicImage) -> u32 {
        (phash(a).unwrap() ^ phash(b).unwrap()).count_ones()
    }

    #[test]
    fn the_same_picture_in_another_size_and_brightness_is_near() {
        let picture = sample("astronaut.png");
        assert!(apart(&picture, &picture.thumbnail(200, 200)) <= 6);
        assert!(apart(&picture, &picture.brighten(25)) <= 10);
    }

    #[test]
    fn another_picture_is_far() {
        assert!(apart(&sample("astronaut.png"), &sample("rocket.jpg")) >= 20);
        assert!(apart(&sample("coffee.webp"), &sample("rocket.jpg")) >= 20);
    }
}
