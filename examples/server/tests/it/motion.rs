//! `motion`: a film, taken apart.

use serde_json::{Value, json};

use crate::service::{Service, sample};

/// An MP4 file's boxes at one level: type and content.
fn boxes(mut bytes: &[u8]) -> Vec<(String, &[u8])> {
    let mut found = Vec::new();
    while bytes.len() >= 8 {
        let size = u32_at(bytes, 0) as usize;
        assert!(
            (8..=bytes.len()).contains(&size),
            "a box of {size} bytes in {}",
            bytes.len()
        );
        found.push((
            String::from_utf8_lossy(&bytes[4..8]).into_owned(),
            &bytes[8..size],
        ));
        bytes = &bytes[size..];
    }
    found
}

/// The content of the box at a path.
fn at<'a>(bytes: &'a [u8], path: &[&str]) -> &'a [u8] {
    path.iter().fold(bytes, |bytes, name| {
        let found = boxes(bytes).into_iter().find(|(found, _)| found == name);
        found.unwrap_or_else(|| panic!("no {name}")).1
    })
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap())
}

async fn film(params: Value, file: &[u8]) -> (Value, Vec<u8>) {
    let service = Service::start();
    let seen = service.upload("motion", params, file).await;
    seen.assert_monotonic();
    let value = seen.value();
    assert_eq!(
        seen.artifacts(),
        [("motion.mp4", "video/mp4"), ("still.jpg", "image/jpeg")]
    );
    let progress = &seen.last().progress;
    assert_eq!(progress.unit.as_deref(), Some("frames"));
    assert_eq!(progress.done, value["frames"].as_u64());
    let bytes = service.artifact(&seen, "motion.mp4").await;
    let still = image::load_from_memory(&service.artifact(&seen, "still.jpg").await).unwrap();
    assert_eq!(
        (&value["width"], &value["height"]),
        (&json!(still.width()), &json!(still.height()))
    );
    service.stop().await;
    (value, bytes)
}

/// Seconds, frames, width, height.
fn told(film: &[u8]) -> (f64, u32, u16, u16) {
    let track = at(film, &["moov", "trak"]);
    let media = at(track, &["mdia", "mdhd"]);
    let seconds = f64::from(u32_at(media, 16)) / f64::from(u32_at(media, 12));
    let table = at(track, &["mdia", "minf", "stbl"]);
    let frames = u32_at(at(table, &["stsz"]), 8);
    // Behind the header of the sample table, its count, and the sample entry's own header.
    let entry = &at(table, &["stsd"])[8..];
    let side = |at: usize| u16::from_be_bytes(entry[8 + at..10 + at].try_into().unwrap());
    assert_eq!(&entry[4..8], b"avc1");
    (seconds, frames, side(24), side(26))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_film_has_its_seconds_and_every_frame() {
    let params = json!({ "width": 320, "fps": 30 });
    let (value, made) = film(params, &sample("rocket.jpg")).await;
    assert_eq!((&value["frames"], &value["seconds"]), (&json!(120), &json!(4.0)));
    let (seconds, frames, width, height) = told(&made);
    assert!((seconds - 4.0).abs() < 0.001, "{seconds}");
    assert_eq!((frames, width, height), (120, 320, 214));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_index_is_in_front_so_that_it_plays_while_it_comes() {
    let params = json!({ "seconds": 1, "width": 160, "fps": 10, "motion": "pan-left" });
    let (_, made) = film(params, &sample("coffee.webp")).await;
    let names: Vec<String> = boxes(&made).into_iter().map(|(name, _)| name).collect();
    let place = |name: &str| names.iter().position(|found| found == name).unwrap();
    assert_eq!(place("ftyp"), 0);
    assert!(place("moov") < place("mdat"), "{names:?}");
    let keys = at(&made, &["moov", "trak", "mdia", "minf", "stbl", "stss"]);
    assert_eq!(u32_at(keys, 8), 1, "the first frame is a key frame");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_photograph_on_its_side_makes_an_upright_film_no_larger_than_itself() {
    let params = json!({ "seconds": 0.5, "fps": 10, "motion": "zoom-out" });
    let (value, _) = film(params, &sample("cat-orientation-6.jpg")).await;
    assert_eq!((&value["width"], &value["height"]), (&json!(452), &json!(300)));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_picture_makes_no_film() {
    let service = Service::start();
    let seen = service.upload("motion", json!({}), b"no picture").await;
    assert_eq!(seen.failure().0, "not-an-image");
    let seen = service
        .upload("motion", json!({ "motion": "spin" }), &sample("rocket.jpg"))
        .await;
    assert_eq!(seen.failure().0, "invalid-params");
    service.stop().await;
}
