//! From the photograph to the film, frame by frame.

use std::path::Path;

use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};
use image::{DynamicImage, RgbImage, Rgba, RgbaImage};
use leyline_core::{ProcessError, TaskContext};
use serde::{Deserialize, Serialize};

use super::camera::{Motion, frame_size};
use super::film::Film;
use crate::processors::image::{Encoded, encode};
use crate::processors::params::{Seconds, Whole};
use crate::processors::picture::{self, unexpected};

/// The picture is kept this much larger than the frames, so that a close view is still sharp.
const RESERVE: f64 = 1.5;
/// What shows through a picture.
const BACKGROUND: Rgba<u8> = Rgba([255, 255, 255, 255]);
/// Quality of the still, 1 to 100.
const STILL_QUALITY: u8 = 85;

/// How the film is to be.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(in crate::processors) struct Params {
    /// How the camera moves; default `zoom-in`.
    motion: Motion,
    /// How long the film is, at most 20 s; default 4 s. It has one frame at least.
    seconds: Seconds<20>,
    /// Frames a second; default 30.
    fps: Whole<10, 60>,
    /// Longer side, in pixels; default 1280. Small pictures make smaller films.
    width: Whole<160, 1920>,
}

impl Default for Params {
    fn default() -> Self {
        Self {
            motion: Motion::default(),
            seconds: Seconds(std::time::Duration::from_secs(4)),
            fps: Whole(30),
            width: Whole(1280),
        }
    }
}

impl Params {
    fn frames(&self) -> u32 {
        let frames = self.seconds.0.as_secs_f64() * f64::from(self.fps.0);
        (frames.round() as u32).max(1)
    }
}

/// The result. The film and a still are artifacts.
#[derive(Debug, Serialize)]
pub(in crate::processors) struct Facts {
    width: u32,
    height: u32,
    frames: u32,
    fps: u32,
    seconds: f64,
}

/// Fetches the file, makes the film on a thread of its own, keeps it.
pub(in crate::processors) async fn motion(cx: TaskContext, params: Params) -> Result<Facts, ProcessError> {
    cx.progress().phase("fetch");
    let path = cx.input_path().await?.to_owned();
    let made = cx.blocking(move |cx| make(cx, &path, params)).await?;
    cx.progress().phase("store");
    cx.artifact_bytes("motion.mp4", Some("video/mp4"), made.film)
        .await?;
    cx.artifact_bytes("still.jpg", Some(made.still.content_type), made.still.bytes)
        .await?;
    Ok(made.facts)
}

struct Made {
    facts: Facts,
    film: Vec<u8>,
    still: Encoded,
}

fn make(cx: &TaskContext, path: &Path, params: Params) -> Result<Made, ProcessError> {
    cx.progress().phase("decode");
    let decoded = picture::decode(path)?;
    let frame = frame_size(decoded.size(), params.width.0);
    let longest = f64::from(frame.0.max(frame.1)) * RESERVE;
    let picture = flat(decoded.upright(longest as u32)?);
    let frames = params.frames();
    let mut film = Film::new(frame, params.fps.0)?;
    let mut shot = Image::new(frame.0, frame.1, PixelType::U8x3);
    let mut lens = Lens::of(&picture)?;
    let mut still = None;
    cx.progress().phase("encode");
    for nth in 0..frames {
        if cx.is_cancelled() {
            return Err(ProcessError::retryable("was told to stop"));
        }
        let time = f64::from(nth) / f64::from((frames - 1).max(1));
        lens.shoot(params.motion, time, &mut shot)?;
        film.push(shot.buffer())?;
        if still.is_none() {
            still = Some(encode_still(&shot)?);
        }
        cx.progress().units(u64::from(nth) + 1, frames.into(), "frames");
    }
    Ok(Made {
        facts: Facts {
            width: frame.0,
            height: frame.1,
            frames,
            fps: params.fps.0,
            seconds: f64::from(frames) / f64::from(params.fps.0),
        },
        film: film.finish()?,
        still: still.ok_or_else(|| ProcessError::permanent("motion-failed", "the film has no frame"))?,
    })
}

/// Takes windows of a picture.
struct Lens<'a> {
    picture: ImageRef<'a>,
    resizer: Resizer,
}

impl<'a> Lens<'a> {
    fn of(picture: &'a RgbImage) -> Result<Self, ProcessError> {
        let (width, height) = picture.dimensions();
        let picture = ImageRef::new(width, height, picture.as_raw(), PixelType::U8x3).map_err(unexpected)?;
        Ok(Self {
            picture,
            resizer: Resizer::new(),
        })
    }

    /// The frame at `time`, 0 to 1. Its window has fractional edges, so that slow motion is smooth.
    fn shoot(&mut self, motion: Motion, time: f64, shot: &mut Image<'_>) -> Result<(), ProcessError> {
        let picture = (self.picture.width(), self.picture.height());
        let seen = motion.window(picture, (shot.width(), shot.height()), time);
        let options = ResizeOptions::new()
            .resize_alg(ResizeAlg::Convolution(FilterType::CatmullRom))
            .crop(seen.left, seen.top, seen.width, seen.height);
        self.resizer
            .resize(&self.picture, shot, &options)
            .map_err(unexpected)
    }
}

/// The picture before a background: films have no alpha.
fn flat(picture: DynamicImage) -> RgbImage {
    if !picture.color().has_alpha() {
        return picture.into_rgb8();
    }
    let mut flat = RgbaImage::from_pixel(picture.width(), picture.height(), BACKGROUND);
    image::imageops::overlay(&mut flat, &picture.into_rgba8(), 0, 0);
    DynamicImage::from(flat).into_rgb8()
}

fn encode_still(shot: &Image<'_>) -> Result<Encoded, ProcessError> {
    let still = RgbImage::from_raw(shot.width(), shot.height(), shot.buffer().to_vec());
    let still =
        still.ok_or_else(|| ProcessError::permanent("motion-failed", "the still could not be made"))?;
    encode(&still.into(), STILL_QUALITY)
}
