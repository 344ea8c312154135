//! `image`: real photographs, and what is none.

use std::io::Cursor;

use image::{DynamicImage, ImageFormat, Rgb, RgbImage, Rgba, RgbaImage};
use serde_json::{Value, json};

use crate::service::{Seen, Service, sample};

/// Uploads a picture and gives its facts, its preview and its thumbnail.
async fn made(file: &[u8], params: Value) -> (Value, DynamicImage, DynamicImage) {
    let service = Service::start();
    let seen = service.upload("image", params, file).await;
    seen.assert_monotonic();
    let value = seen.value();
    let names: Vec<String> = seen
        .artifacts()
        .iter()
        .map(|(name, _)| (*name).to_owned())
        .collect();
    assert!(
        names[0].starts_with("preview.") && names[1].starts_with("thumbnail."),
        "{names:?}"
    );
    let preview = image::load_from_memory(&service.artifact(&seen, &names[0]).await).unwrap();
    let thumbnail = image::load_from_memory(&service.artifact(&seen, &names[1]).await).unwrap();
    service.stop().await;
    (value, preview, thumbnail)
}

async fn refused(file: &[u8]) -> (String, String) {
    let service = Service::start();
    let seen = service.upload("image", json!({}), file).await;
    assert_eq!(seen.last().attempt, 1, "trying again does not help");
    let (code, message) = failure_of(&seen);
    service.stop().await;
    (code, message)
}

fn failure_of(seen: &Seen) -> (String, String) {
    let (code, message) = seen.failure();
    (code.to_owned(), message.to_owned())
}

fn size(image: &DynamicImage) -> (u32, u32) {
    (image.width(), image.height())
}

fn encoded(image: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    image.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_photograph_that_lies_on_its_side_is_turned_upright() {
    let file = sample("cat-orientation-6.jpg");
    let (value, preview, thumbnail) = made(&file, json!({ "thumbnail": 160 })).await;
    assert_eq!(value["orientation"], 6);
    assert_eq!((&value["width"], &value["height"]), (&json!(451), &json!(300)));
    assert_eq!(size(&preview), (451, 300));
    assert_eq!(size(&thumbnail), (160, 106));
    let upright = image::load_from_memory(&file).unwrap().rotate90();
    let difference = mean_difference(&upright, &preview);
    assert!(difference < 6.0, "turned the wrong way: {difference}");
}

#[tokio::test(flavor = "multi_thread")]
async fn photographs_of_every_format_are_made_small_and_described() {
    for (name, format, width, height) in [
        ("rocket.jpg", "jpeg", 640, 427),
        ("astronaut.png", "png", 512, 512),
        ("coffee.webp", "webp", 600, 400),
    ] {
        let (value, preview, thumbnail) = made(&sample(name), json!({ "preview": 256, "colors": 5 })).await;
        assert_eq!(value["format"], format);
        assert_eq!(
            (&value["width"], &value["height"]),
            (&json!(width), &json!(height))
        );
        assert_eq!(preview.width().max(preview.height()), 256, "{name}");
        assert_eq!(thumbnail.width().max(thumbnail.height()), 320, "{name}");
        assert_eq!(value["preview"]["width"], preview.width());
        let palette = value["palette"].as_array().unwrap();
        assert!((2..=5).contains(&palette.len()), "{palette:?}");
        let shares: f64 = palette
            .iter()
            .map(|colour| colour["share"].as_f64().unwrap())
            .sum();
        assert!((shares - 1.0).abs() < 0.01, "{palette:?}");
        assert_eq!(value["phash"].as_str().unwrap().len(), 16);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_palette_names_what_the_eye_sees() {
    let (value, ..) = made(&sample("coffee.webp"), json!({})).await;
    let browns = value["palette"].as_array().unwrap().iter().filter(|colour| {
        let hex = colour["hex"].as_str().unwrap();
        let [r, g, b] = [1, 3, 5].map(|at| i32::from_str_radix(&hex[at..at + 2], 16).unwrap());
        r > g && g > b
    });
    let brown: f64 = browns.map(|colour| colour["share"].as_f64().unwrap()).sum();
    assert!(brown > 0.5, "a cup of coffee on wood is brown: {value}");
}

#[tokio::test(flavor = "multi_thread")]
async fn twelve_megapixels_are_no_trouble() {
    let large = RgbImage::from_fn(4000, 3000, |x, y| {
        Rgb([(x / 16) as u8, (y / 12) as u8, ((x ^ y) >> 4) as u8])
    });
    let file = encoded(&large.into(), ImageFormat::Jpeg);
    let (value, preview, thumbnail) = made(&file, json!({})).await;
    assert_eq!((&value["width"], &value["height"]), (&json!(4000), &json!(3000)));
    assert_eq!((size(&preview), size(&thumbnail)), ((1600, 1200), (320, 240)));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_shows_through_still_does() {
    let half = RgbaImage::from_fn(64, 64, |x, _| Rgba([200, 40, 40, if x < 32 { 0 } else { 255 }]));
    let (value, preview, _) = made(&encoded(&half.into(), ImageFormat::Png), json!({})).await;
    assert_eq!(value["alpha"], true);
    let preview = preview.into_rgba8();
    assert_eq!(
        (preview.get_pixel(2, 2).0[3], preview.get_pixel(60, 2).0[3]),
        (0, 255)
    );
    let opaque = RgbaImage::from_pixel(64, 64, Rgba([200, 40, 40, 255]));
    let (value, ..) = made(&encoded(&opaque.into(), ImageFormat::Png), json!({})).await;
    assert_eq!(value["alpha"], false);
}

#[tokio::test(flavor = "multi_thread")]
async fn sixteen_bits_and_grey_are_understood() {
    let deep = DynamicImage::new_rgba16(30, 20);
    let grey = DynamicImage::new_luma16(30, 20);
    for (image, format) in [(deep, ImageFormat::Png), (grey, ImageFormat::Png)] {
        let (_, preview, _) = made(&encoded(&image, format), json!({})).await;
        assert_eq!(size(&preview), (30, 20));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_picture_is_refused_as_such() {
    for file in [&b"just text, whatever its name"[..], b"", b"%PDF-1.7\n"] {
        let (code, message) = refused(file).await;
        assert_eq!(code, "not-an-image", "{message}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_that_breaks_off_is_refused_as_such() {
    let gif = encoded(
        &image::load_from_memory(&sample("rocket.jpg")).unwrap(),
        ImageFormat::Gif,
    );
    let bmp = encoded(
        &image::load_from_memory(&sample("rocket.jpg")).unwrap(),
        ImageFormat::Bmp,
    );
    for (name, file) in [
        ("jpeg", sample("rocket.jpg")),
        ("png", sample("astronaut.png")),
        ("webp", sample("coffee.webp")),
        ("gif", gif),
        ("bmp", bmp),
    ] {
        let (code, message) = refused(&file[..file.len() / 2]).await;
        assert_eq!(code, "image-truncated", "{name}: {message}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bomb_is_refused_before_it_is_decoded() {
    let bomb = with_size(&sample("astronaut.png"), 60_000, 60_000);
    let (code, message) = refused(&bomb).await;
    assert_eq!(code, "image-too-large");
    assert!(message.contains("60000 × 60000"), "{message}");
}

#[tokio::test(flavor = "multi_thread")]
async fn damage_in_the_middle_is_told_from_a_missing_end() {
    let mut file = sample("astronaut.png");
    let middle = file.len() / 2;
    file[middle..middle + 64].fill(0x55);
    let (code, _) = refused(&file).await;
    assert_eq!(code, "image-damaged");
}

/// A PNG that claims another size.
fn with_size(png: &[u8], width: u32, height: u32) -> Vec<u8> {
    let mut png = png.to_vec();
    png[16..20].copy_from_slice(&width.to_be_bytes());
    png[20..24].copy_from_slice(&height.to_be_bytes());
    let crc = crc32(&png[12..29]);
    png[29..33].copy_from_slice(&crc.to_be_bytes());
    png
}

pub(crate) fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            crc >> 1 ^ (0xedb8_8320 & (crc & 1).wrapping_neg())
        })
    })
}

fn mean_difference(a: &DynamicImage, b: &DynamicImage) -> f64 {
    let (a, b) = (a.to_rgb8(), b.to_rgb8());
    assert_eq!(a.dimensions(), b.dimensions());
    let sum: u64 = a
        .as_raw()
        .iter()
        .zip(b.as_raw())
        .map(|(a, b)| u64::from(a.abs_diff(*b)))
        .sum();
    sum as f64 / a.as_raw().len() as f64
}
