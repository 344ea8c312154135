//! Payloads of strangers: anybody on the database may send some. Not part of the API: for fuzzers, and for the test below.

use std::time::Duration;

use leyline_core::task::{Failure, label};
use leyline_core::{Kind, NewTask, Progress, Status, TaskEvent, TaskId, Timestamp, transition};

use super::message::{Entry, MOST_BYTES, Refused, pack, unpack};

/// The codec of notifications: garbage is refused, what was packed comes out as it went in, and fits.
///
/// # Panics
/// One of them does not hold.
pub fn feed(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    match unpack(&text, "own") {
        Ok(entries) => entries.iter().for_each(check),
        Err(Refused::Malformed | Refused::Version(_)) => {}
    }
    let entries: Vec<Entry> = data.chunks(40).map(|chunk| Entry::of(&event(chunk))).collect();
    let payloads = pack("other", entries.clone());
    assert!(payloads.iter().all(|payload| payload.len() <= MOST_BYTES));
    let back = payloads
        .iter()
        .flat_map(|payload| unpack(payload, "own").expect("it was packed here"));
    let back: Vec<Entry> = back.collect();
    assert_eq!(back, entries);
    back.iter().for_each(check);
}

/// What an entry tells may be shown, and waits for no longer than it says.
fn check(entry: &Entry) {
    match entry {
        Entry::Step(step) => {
            let progress = step.progress();
            for text in [progress.unit, progress.phase, progress.message]
                .into_iter()
                .flatten()
            {
                assert!(text.len() <= label::MAX_MESSAGE_BYTES && !text.contains('\0'));
            }
            let fraction = progress.fraction;
            assert!(
                fraction.is_none_or(|fraction| (0.0..=1.0).contains(&fraction)),
                "{fraction:?}"
            );
        }
        Entry::Change(change) => {
            let waits = change.claimable_in();
            assert!(waits.is_none_or(|wait| wait <= Duration::from_millis(u64::MAX)));
        }
        Entry::Look(_) => {}
    }
}

/// An event whose parts are the bytes.
fn event(bytes: &[u8]) -> TaskEvent {
    let at = |at: usize| bytes.get(at).copied().unwrap_or(0);
    let text = |from: usize| String::from_utf8_lossy(bytes.get(from..).unwrap_or_default()).into_owned();
    let mut new = NewTask::new(
        TaskId::from_bytes([at(0); 16]),
        Kind::new("k").expect("it is a kind"),
    );
    new.owner = text(8);
    new.delay = Duration::from_millis(u64::from(at(1)) << (at(2) % 32));
    let mut task = transition::insert(&new, Timestamp::UNIX_EPOCH);
    task.status = Status::ALL[usize::from(at(3)) % Status::ALL.len()];
    task.revision = u64::from(at(4)) << (at(5) % 56);
    task.failure = (task.status == Status::Failed).then(|| Failure::new(&text(20), &text(4)));
    let progress = Progress {
        fraction: (at(6) > 0).then(|| f64::from(at(6)) / 255.0),
        done: (at(7) > 9).then(|| u64::from(at(7)) << (at(5) % 56)),
        total: Some(u64::MAX),
        unit: (at(7) > 99).then(|| text(30)),
        phase: Some(text(20)),
        message: Some(text(4).repeat(usize::from(at(2)))),
        tick: u64::from(at(1)),
    };
    TaskEvent::of(&task).with_progress(&progress)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::feed;

    fn corpus() -> Vec<Vec<u8>> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus/feed");
        let files = fs::read_dir(folder).unwrap();
        files
            .map(|file| fs::read(file.unwrap().path()).unwrap())
            .collect()
    }

    #[test]
    fn the_codec_holds_for_every_case_of_its_corpus() {
        let corpus = corpus();
        assert!(!corpus.is_empty());
        corpus.iter().for_each(|case| feed(case));
    }

    #[test]
    fn the_codec_holds_for_every_case_that_is_cut_or_changed() {
        for case in corpus() {
            for at in 0..case.len().min(400) {
                feed(&case[..at]);
                for byte in *b"\0\"{[:,0\xff" {
                    let mut changed = case.clone();
                    changed[at] = byte;
                    feed(&changed);
                }
            }
        }
    }
}
