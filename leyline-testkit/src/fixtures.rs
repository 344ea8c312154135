//! Values to test with, every field of them filled.

use std::time::Duration;

use leyline_core::store::{Finish, Held, Outcome};
use leyline_core::task::{BlobRef, Digest, Failure};
use leyline_core::{Json, Kind, NewTask, Output, Progress, Task, TaskId};

/// A text with characters of one to four bytes, a combining one, right-to-left ones and quotes.
pub const UNICODE: &str = "Ünïcode 'q' \"d\" \\ é e\u{301} 写真 שלום 🦀 %_";

/// The kind of this name.
///
/// # Panics
/// The name is not a kind's.
pub fn kind(name: &str) -> Kind {
    Kind::new(name).expect("the name is a kind's")
}

/// The JSON of this text.
///
/// # Panics
/// The text is not JSON, or out of bounds.
pub fn json(text: &str) -> Json {
    Json::parse(text).expect("the text is JSON within its bounds")
}

/// A JSON string whose text is exactly as long as JSON may be.
pub fn longest_json() -> Json {
    json(&format!(
        "\"{}\"",
        "x".repeat(leyline_core::task::MAX_JSON_BYTES - 2)
    ))
}

/// A blob of this name.
pub fn blob(name: &str) -> BlobRef {
    BlobRef {
        key: format!("uploads/fixture/{name}"),
        name: name.to_owned(),
        size: 4_096,
        sha256: Digest::of(name.as_bytes()),
        content_type: "image/jpeg".to_owned(),
    }
}

/// A task of kind `alpha` in which no field has its default.
pub fn rich_task(id: TaskId) -> NewTask {
    let mut new = NewTask::new(id, kind("alpha"));
    new.owner = "ada".into();
    new.params = json(r#"{"size":512,"label":"写真"}"#);
    new.input = Some(blob("photo.jpg"));
    new.priority = 7;
    new.delay = Duration::from_secs(3);
    new.max_attempts = 9;
    new.idempotency_key = Some(format!("key-{id}"));
    new.trace_context = Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".to_owned());
    new
}

/// A progress with every field filled.
pub fn progress(tick: u64) -> Progress {
    Progress {
        fraction: Some(0.25),
        done: Some(tick),
        total: Some(1_000),
        unit: Some("frames".to_owned()),
        phase: Some("encode".to_owned()),
        message: Some(format!("frame {tick}")),
        tick,
    }
}

/// A failure with this code.
pub fn failure(code: &str) -> Failure {
    Failure::new(code, &format!("it failed: {code}"))
}

/// An output with a value and two artifacts.
pub fn output() -> Output {
    Output {
        value: json(r#"{"faces":3}"#),
        artifacts: vec![blob("result"), blob("thumbnail.webp")],
    }
}

/// The end of the claim that `task` is under, without progress.
///
/// # Panics
/// The task is not processing.
pub fn finish(task: &Task, outcome: Outcome) -> Finish {
    Finish {
        claim: task.claim().expect("the task is processing"),
        outcome,
        progress: None,
    }
}

/// `task` as a worker holds it, without progress.
pub fn held(task: &Task) -> Held {
    Held {
        id: task.id,
        revision: task.revision,
        progress: None,
    }
}

/// `task` as a worker holds it, with progress.
pub fn held_at(task: &Task, progress: Progress) -> Held {
    Held {
        progress: Some(progress),
        ..held(task)
    }
}

/// An outcome that completes.
pub fn complete() -> Outcome {
    Outcome::Complete { output: output() }
}

/// An outcome that retries after this delay.
pub fn retry(delay: Duration) -> Outcome {
    Outcome::Retry {
        failure: failure("flaky"),
        delay,
    }
}

/// An outcome that fails.
pub fn fail() -> Outcome {
    Outcome::Fail {
        failure: failure("broken"),
    }
}
