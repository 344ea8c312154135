//! Which kinds there are, and which one a file is for by default.

use leyline_axum::MediaRange;
use leyline_core::{Builder, typed};

use super::{digest, image, simulate};

/// Adds every processor of this server.
pub fn register(builder: Builder) -> Builder {
    let builder = builder
        .processor("digest", typed(digest::digest))
        .processor("image", typed(image::image))
        .processor("simulate", typed(simulate::simulate));
    #[cfg(feature = "motion")]
    let builder = builder.processor("motion", typed(super::motion::motion));
    builder
}

/// Pictures that can be decoded become an `image` task, everything else a `digest`.
pub fn default_kinds() -> Vec<(MediaRange, String)> {
    let pictures = ["image/jpeg", "image/png", "image/webp", "image/gif", "image/bmp"];
    let pictures = pictures.iter().map(|range| (*range, "image"));
    pictures
        .chain([("*/*", "digest")])
        .map(|(range, kind)| {
            (
                range.parse().expect("the ranges above are well formed"),
                kind.to_owned(),
            )
        })
        .collect()
}
