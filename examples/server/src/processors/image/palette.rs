//! The palette: k-means in OKLab, begun from a median cut, so that the same picture always has the same one.

use image::DynamicImage;
use leyline_core::ProcessError;
use serde::Serialize;

use super::oklab::{self, Lab};
use crate::processors::picture;

/// Pixels are drawn from a picture with this longer side.
const SAMPLE: u32 = 128;
/// Means hardly move after so many rounds.
const ROUNDS: usize = 12;
/// Squared distance under which two colours look alike and become one.
const ALIKE: f32 = 0.035 * 0.035;
/// Pixels that show less than this of their colour don't count.
const OPAQUE: u8 = 128;

/// A colour and how much of the picture has it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Swatch {
    /// `#rrggbb`.
    pub(super) hex: String,
    /// From 0 to 1. All of them add up to 1.
    pub(super) share: f64,
}

/// A colour and its pixels' number.
#[derive(Debug, Clone, Copy)]
struct Mean {
    lab: Lab,
    count: usize,
}

/// At most `most` colours, the commonest first. A picture that is wholly transparent has none.
pub(super) fn palette(image: &DynamicImage, most: usize) -> Result<Vec<Swatch>, ProcessError> {
    let pixels = pixels(image)?;
    let mut means = cut(&pixels, most);
    for _ in 0..ROUNDS {
        means = refined(&pixels, &means);
    }
    let mut means = merged(means);
    means.sort_by_key(|mean| std::cmp::Reverse(mean.count));
    let swatch = |mean: &Mean| {
        let [r, g, b] = oklab::to_srgb(mean.lab);
        let share = mean.count as f64 / pixels.len() as f64;
        Swatch {
            hex: format!("#{r:02x}{g:02x}{b:02x}"),
            share: (share * 1e4).round() / 1e4,
        }
    };
    Ok(means.iter().map(swatch).collect())
}

fn pixels(image: &DynamicImage) -> Result<Vec<Lab>, ProcessError> {
    let (width, height) = (image.width(), image.height());
    let scale = f64::from(SAMPLE) / f64::from(width.max(height).max(SAMPLE));
    let scaled = |side: u32| ((f64::from(side) * scale).round() as u32).max(1);
    let sample = picture::sample(image, (scaled(width), scaled(height)))?.into_rgba8();
    let visible = sample.pixels().filter(|pixel| pixel.0[3] >= OPAQUE);
    Ok(visible
        .map(|pixel| oklab::from_srgb([pixel.0[0], pixel.0[1], pixel.0[2]]))
        .collect())
}

/// Splits the most varied group at its mean, along the axis on which it varies most, until there are `most`.
fn cut(pixels: &[Lab], most: usize) -> Vec<Mean> {
    if pixels.is_empty() {
        return Vec::new();
    }
    let mut groups = vec![Group::of(pixels.to_vec())];
    while groups.len() < most {
        let widest = (0..groups.len()).max_by(|a, b| groups[*a].spread.total_cmp(&groups[*b].spread));
        let Some(widest) = widest.filter(|group| groups[*group].spread > 0.0) else {
            break;
        };
        let (below, above) = groups.swap_remove(widest).split();
        groups.extend([below, above]);
    }
    groups.iter().map(|group| group.mean).collect()
}

/// Pixels that are taken for one colour.
struct Group {
    pixels: Vec<Lab>,
    mean: Mean,
    axis: usize,
    /// The summed squares of distances to the mean along the axis; 0 where no split is possible.
    spread: f32,
}

impl Group {
    fn of(pixels: Vec<Lab>) -> Self {
        let mean = mean(pixels.iter().copied());
        let along = |axis: usize| -> f32 {
            let squares = pixels.iter().map(|pixel| (pixel[axis] - mean.lab[axis]).powi(2));
            squares.sum()
        };
        let spreads = [along(0), along(1), along(2)];
        let axis = (0..3)
            .max_by(|a, b| spreads[*a].total_cmp(&spreads[*b]))
            .unwrap_or(0);
        let below = pixels.iter().filter(|pixel| pixel[axis] < mean.lab[axis]).count();
        // Rounding may put the mean of equal numbers beside them.
        let divisible = below > 0 && below < pixels.len();
        Self {
            spread: if divisible { spreads[axis] } else { 0.0 },
            pixels,
            mean,
            axis,
        }
    }

    fn split(self) -> (Self, Self) {
        let (axis, middle) = (self.axis, self.mean.lab[self.axis]);
        let (below, above) = self.pixels.into_iter().partition(|pixel| pixel[axis] < middle);
        (Self::of(below), Self::of(above))
    }
}

/// One round of k-means: every pixel goes to its nearest mean, which moves to the middle of its pixels.
fn refined(pixels: &[Lab], means: &[Mean]) -> Vec<Mean> {
    let mut groups = vec![Vec::new(); means.len()];
    for pixel in pixels {
        let distance = |index: &usize| oklab::distance(means[*index].lab, *pixel);
        let nearest = (0..means.len()).min_by(|a, b| distance(a).total_cmp(&distance(b)));
        if let Some(nearest) = nearest {
            groups[nearest].push(*pixel);
        }
    }
    let filled = groups.into_iter().filter(|group| !group.is_empty());
    filled.map(|group| mean(group.into_iter())).collect()
}

/// Colours that look alike become one.
fn merged(means: Vec<Mean>) -> Vec<Mean> {
    let mut kept: Vec<Mean> = Vec::new();
    for found in means {
        match kept
            .iter_mut()
            .find(|kept| oklab::distance(kept.lab, found.lab) < ALIKE)
        {
            Some(alike) => *alike = together(*alike, found),
            None => kept.push(found),
        }
    }
    kept
}

fn together(a: Mean, b: Mean) -> Mean {
    let count = a.count + b.count;
    let share = b.count as f32 / count as f32;
    let lab = [0, 1, 2].map(|axis| a.lab[axis] + (b.lab[axis] - a.lab[axis]) * share);
    Mean { lab, count }
}

fn mean(pixels: impl Iterator<Item = Lab>) -> Mean {
    let mut sums = [0.0_f64; 3];
    let mut count = 0;
    for pixel in pixels {
        for (sum, value) in sums.iter_mut().zip(pixel) {
            *sum += f64::from(value);
        }
        count += 1;
    }
    Mean {
        lab: sums.map(|sum| (sum / count.max(1) as f64) as f32),
        count,
    }
}

#[cfg(test)]
mod tests {
    use image::{Rgb, RgbImage, Rgba, RgbaImage};

    use super::*;

    fn thirds() -> DynamicImage {
        let colour = |x: u32| match x {
            0..60 => Rgb([200, 30, 30]),
            60..90 => Rgb([30, 30, 200]),
            _ => Rgb([240, 240, 240]),
        };
        RgbImage::from_fn(100, 100, |x, _| colour(x)).into()
    }

    #[test]
    fn plain_areas_are_found_with_their_shares() {
        let found = palette(&thirds(), 6).unwrap();
        let hexes: Vec<&str> = found.iter().map(|swatch| swatch.hex.as_str()).collect();
        assert_eq!(hexes, ["#c81e1e", "#1e1ec8", "#f0f0f0"]);
        let shares: Vec<f64> = found.iter().map(|swatch| swatch.share).collect();
        assert_eq!(shares, [0.6, 0.3, 0.1]);
    }

    #[test]
    fn there_are_never_more_colours_than_asked_for() {
        let rainbow = RgbImage::from_fn(64, 64, |x, y| {
            Rgb([(x * 4) as u8, (y * 4) as u8, ((x + y) * 2) as u8])
        });
        for most in [2, 3, 16] {
            let found = palette(&rainbow.clone().into(), most).unwrap();
            assert!((2..=most).contains(&found.len()), "{found:?}");
            let all: f64 = found.iter().map(|swatch| swatch.share).sum();
            assert!((all - 1.0).abs() < 0.01, "{found:?}");
        }
    }

    #[test]
    fn what_can_not_be_seen_has_no_colour() {
        let clear = RgbaImage::from_pixel(8, 8, Rgba([255, 0, 0, 0]));
        assert_eq!(palette(&clear.into(), 6).unwrap(), []);
    }

    #[test]
    fn one_colour_stays_one() {
        let plain = RgbImage::from_pixel(300, 200, Rgb([17, 119, 51]));
        let found = palette(&plain.into(), 6).unwrap();
        assert_eq!((found.len(), found[0].hex.as_str()), (1, "#117733"));
    }
}
