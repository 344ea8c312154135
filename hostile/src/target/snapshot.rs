//! Events as they are encoded: what goes in comes out, and what nobody encoded is an error.

use leyline_core::event::{BlobView, OutputView, ProgressView};
use leyline_core::task::{Digest, Failure};
use leyline_core::{Json, Kind, Snapshot, Status, TaskEvent, TaskId, Timestamp};

use super::Target;
use crate::source::Source;

pub(super) const TARGET: Target = Target {
    name: "snapshot",
    run,
    words: &[
        "{\"id\":\"01890a5d-ac96-774b-bcce-b302099a8057\",",
        "\"kind\":\"k\",",
        "\"status\":\"pending\",",
        "\"revision\":1,",
        "\"tick\":0,",
        "\"fraction\":0.1,",
        "null",
        "1e400",
        "-0.0",
        "\"2026-01-01T00:00:00Z\"",
        "[",
        "]",
        "}",
        ":",
        "\u{1}",
        "\u{7f}\u{2028}",
        "\\ud800",
    ],
    tries: 4000,
};

fn run(data: &[u8]) {
    // Any error is fine, a panic is not.
    if let Ok(snapshot) = serde_json::from_slice::<Snapshot>(data) {
        check(snapshot);
    }
    let mut source = Source::new(data);
    check(draw(&mut source));
}

fn check(snapshot: Snapshot) {
    let event = TaskEvent::new(snapshot);
    let json = event.json();
    let back: Snapshot = serde_json::from_slice(&json).unwrap_or_else(|error| panic!("{error}: {event:?}"));
    assert_eq!(back, expected(&event), "{}", String::from_utf8_lossy(&json));
    assert_eq!(TaskEvent::new(back).json(), json, "and so again");
}

/// The owner is not on the wire, and no number there is infinite.
fn expected(event: &Snapshot) -> Snapshot {
    let mut expected = event.clone();
    expected.owner = String::new();
    let fraction = &mut expected.progress.fraction;
    *fraction = fraction.filter(|fraction| fraction.is_finite());
    expected
}

/// Any snapshot. Progress is a worker's own, so its fraction may be any number.
pub(super) fn draw(source: &mut Source<'_>) -> Snapshot {
    let status = Status::ALL[source.below(Status::ALL.len())];
    let fraction = source.flag().then(|| f64::from_bits(source.number()));
    let unit_fraction = source.flag().then(|| source.number() as f64 / u64::MAX as f64);
    Snapshot {
        id: TaskId::from_bytes([source.byte(); 16]),
        kind: Kind::new("k").expect("it is a kind"),
        owner: source.text(8),
        status,
        revision: source.number(),
        tick: source.number(),
        attempt: source.below(4) as u32,
        max_attempts: source.number() as u32,
        rescues: source.below(4) as u32,
        progress: ProgressView {
            fraction: fraction.or(unit_fraction),
            percent: source.flag().then(|| source.byte()),
            done: source.flag().then(|| source.number()),
            total: source.flag().then(|| source.number()),
            unit: source.maybe_text(32),
            phase: source.maybe_text(64),
            message: source.maybe_text(100),
        },
        input: source.flag().then(|| blob(source)),
        failure: source
            .flag()
            .then(|| Failure::new(&source.text(20), &source.text(100))),
        run_at: time(source),
        created_at: time(source),
        started_at: source.flag().then(|| time(source)),
        finished_at: source.flag().then(|| time(source)),
        updated_at: time(source),
        output: source.flag().then(|| output(source)),
    }
}

fn time(source: &mut Source<'_>) -> Timestamp {
    let seconds = source.number() % 253_402_207_200;
    Timestamp::from_second(seconds as i64).expect("it is before the year 10000")
}

fn blob(source: &mut Source<'_>) -> BlobView {
    BlobView {
        name: source.text(40),
        size: source.number(),
        sha256: Digest::of(source.take(4)),
        content_type: source.text(20),
    }
}

/// The value is whatever is left, where that is JSON: it may have line ends between its tokens.
fn output(source: &mut Source<'_>) -> OutputView {
    let artifacts = (0..source.below(3)).map(|_| blob(source)).collect();
    let value = String::from_utf8_lossy(source.rest());
    OutputView {
        value: Json::parse(&value).unwrap_or_default(),
        artifacts,
    }
}
