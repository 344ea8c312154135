//! `digest`: any file, every byte.

use serde_json::{Value, json};

use crate::service::{Service, sample};

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_told_by_its_bytes() {
    let service = Service::start();
    let seen = service.upload("digest", json!({}), b"hello\n").await;
    let value = seen.value();
    assert_eq!(
        value["sha256"],
        "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03"
    );
    assert_eq!((&value["size"], &value["lines"]), (&json!(6), &json!(1)));
    assert_eq!(value["content_type"], "text/plain");
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_report_counts_every_byte() {
    let service = Service::start();
    let file = sample("astronaut.png");
    let seen = service.upload("digest", json!({}), &file).await;
    assert_eq!(seen.value()["content_type"], "image/png");
    assert_eq!(seen.artifacts(), [("digest.json", "application/json")]);
    let report: Value = serde_json::from_slice(&service.artifact(&seen, "digest.json").await).unwrap();
    let counted: u64 = report["histogram"]
        .as_array()
        .unwrap()
        .iter()
        .map(|n| n.as_u64().unwrap())
        .sum();
    assert_eq!(counted, file.len() as u64);
    assert_eq!(report["sha256"], seen.value()["sha256"]);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn progress_is_told_in_bytes() {
    let service = Service::start();
    let file: Vec<u8> = (0..20_000_000_u32).map(|n| (n >> 7) as u8).collect();
    let seen = service.upload("digest", json!({}), &file).await;
    seen.assert_monotonic();
    let progress = &seen.last().progress;
    assert_eq!(
        (progress.done, progress.total),
        (Some(20_000_000), Some(20_000_000))
    );
    assert_eq!(progress.unit.as_deref(), Some("bytes"));
    assert!(
        seen.events
            .iter()
            .any(|event| (1..20_000_000).contains(&event.progress.done.unwrap_or(0)))
    );
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_file_has_a_digest_too() {
    let service = Service::start();
    let value = service.upload("digest", json!({}), b"").await.value();
    assert_eq!(
        value["sha256"],
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    );
    assert_eq!(value["entropy"], json!(0.0));
    service.stop().await;
}
