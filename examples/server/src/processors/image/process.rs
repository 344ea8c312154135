//! The stages, in order, each told as it begins.

use std::path::Path;

use image::{DynamicImage, ImageFormat};
use leyline_core::{ProcessError, TaskContext};
use serde::{Deserialize, Serialize};

use super::encode::{Encoded, encode};
use super::palette::{Swatch, palette};
use super::phash::phash;
use crate::processors::params::Whole;
use crate::processors::picture;

/// What is made of the picture.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(in crate::processors) struct Params {
    /// Longer side of the thumbnail, in pixels; default 320.
    thumbnail: Whole<16, 1024>,
    /// Longer side of the preview, in pixels; default 1600.
    preview: Whole<64, 4096>,
    /// Of JPEG; default 82.
    quality: Whole<1, 100>,
    /// Most colours of the palette; default 6.
    colors: Whole<2, 16>,
}

impl Default for Params {
    fn default() -> Self {
        Self {
            thumbnail: Whole(320),
            preview: Whole(1600),
            quality: Whole(82),
            colors: Whole(6),
        }
    }
}

/// The result. The thumbnail and the preview are artifacts.
#[derive(Debug, Serialize)]
pub(in crate::processors) struct Facts {
    /// As the picture is to be seen.
    width: u32,
    height: u32,
    format: &'static str,
    /// As Exif counts: 1 is upright.
    orientation: u8,
    alpha: bool,
    /// 64 bits in hexadecimal.
    phash: String,
    palette: Vec<Swatch>,
    preview: Size,
    thumbnail: Size,
}

#[derive(Debug, Serialize)]
struct Size {
    width: u32,
    height: u32,
}

impl Size {
    fn of(image: &DynamicImage) -> Self {
        Self {
            width: image.width(),
            height: image.height(),
        }
    }
}

/// Fetches the file, works on it on a thread of its own, keeps what came out.
pub(in crate::processors) async fn image(cx: TaskContext, params: Params) -> Result<Facts, ProcessError> {
    cx.progress().phase("fetch");
    let path = cx.input_path().await?.to_owned();
    let rendered = cx.blocking(move |cx| render(cx, &path, params)).await?;
    stage(&cx, "store", 0.95)?;
    keep(&cx, "preview", rendered.preview).await?;
    keep(&cx, "thumbnail", rendered.thumbnail).await?;
    Ok(rendered.facts)
}

async fn keep(cx: &TaskContext, name: &str, file: Encoded) -> Result<(), ProcessError> {
    let name = format!("{name}.{}", file.extension);
    cx.artifact_bytes(&name, Some(file.content_type), file.bytes)
        .await?;
    Ok(())
}

struct Rendered {
    facts: Facts,
    preview: Encoded,
    thumbnail: Encoded,
}

fn render(cx: &TaskContext, path: &Path, params: Params) -> Result<Rendered, ProcessError> {
    let (preview, thumbnail) = (params.preview.0, params.thumbnail.0);
    stage(cx, "decode", 0.05)?;
    let decoded = picture::decode(path)?;
    let (width, height) = decoded.size();
    let (format, orientation) = (name(decoded.format), decoded.orientation.to_exif());
    stage(cx, "resize", 0.55)?;
    let working = decoded.upright(preview.max(thumbnail))?;
    let preview = picture::fit(&working, preview)?;
    let thumbnail = picture::fit(&working, thumbnail)?;
    stage(cx, "palette", 0.7)?;
    let palette = palette(&working, params.colors.0 as usize)?;
    stage(cx, "hash", 0.8)?;
    let phash = phash(&working)?;
    stage(cx, "encode", 0.82)?;
    let facts = Facts {
        width,
        height,
        format,
        orientation,
        alpha: working.color().has_alpha(),
        phash: format!("{phash:016x}"),
        palette,
        preview: Size::of(&preview),
        thumbnail: Size::of(&thumbnail),
    };
    let quality = params.quality.0 as u8;
    Ok(Rendered {
        facts,
        preview: encode(&preview, quality)?,
        thumbnail: encode(&thumbnail, quality)?,
    })
}

/// Tells that a stage begins. The fractions are what the stages of a large photograph take of its time.
fn stage(cx: &TaskContext, phase: &str, fraction: f64) -> Result<(), ProcessError> {
    if cx.is_cancelled() {
        return Err(ProcessError::retryable("was told to stop"));
    }
    cx.progress().update(|progress| {
        progress.phase(phase);
        progress.fraction(fraction);
    });
    Ok(())
}

fn name(format: ImageFormat) -> &'static str {
    match format {
        ImageFormat::Jpeg => "jpeg",
        other => other.extensions_str().first().copied().unwrap_or("unknown"),
    }
}
