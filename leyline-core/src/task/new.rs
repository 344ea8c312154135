//! A task that is yet to be inserted.

use std::time::Duration;

use super::{BlobRef, Digest, Hasher, Json, Kind, MAX_PRIORITY, TaskId};

/// Longest owner, in bytes.
pub const MAX_OWNER_BYTES: usize = 255;

/// Longest idempotency key, in bytes.
pub const MAX_IDEMPOTENCY_KEY_BYTES: usize = 255;

/// Longest delay of a task: ten years of 366 days.
const MAX_DELAY: Duration = Duration::from_hours(10 * 366 * 24);

/// A task to insert. Build it with [`NewTask::new`] and set what differs from the defaults.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct NewTask {
    /// Its id, chosen before its bytes are written, so that an insert can be sent again.
    pub id: TaskId,
    /// Which processor it is for.
    pub kind: Kind,
    /// Whose it is; default `""`, nobody's. At most [`MAX_OWNER_BYTES`].
    pub owner: String,
    /// What the client asks for; default `{}`.
    pub params: Json,
    /// The uploaded file, durable already (invariant 2); default none. [`Leyline::upload`](crate::Leyline::upload) sets it. Its
    /// bytes go with this task, so tasks never share one.
    pub input: Option<BlobRef>,
    /// From 0 to 9, higher first; default 5.
    pub priority: u8,
    /// How long from the store's now until it may be claimed; default 0, at most ten years.
    pub delay: Duration,
    /// How many attempts a run may take; default 3, at least 1.
    pub max_attempts: u32,
    /// The client's key for safe resending; default none. 1 to [`MAX_IDEMPOTENCY_KEY_BYTES`] bytes.
    pub idempotency_key: Option<String>,
    /// `traceparent` of the request; default none. At most 255 bytes.
    pub trace_context: Option<String>,
}

/// A value of a [`NewTask`] or of another request is out of its bounds.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field} {reason}")]
pub struct Invalid {
    /// Which field.
    pub field: &'static str,
    /// What it must be.
    pub reason: &'static str,
}

impl NewTask {
    /// A task with the defaults of every field.
    pub fn new(id: TaskId, kind: Kind) -> Self {
        Self {
            id,
            kind,
            owner: String::new(),
            params: Json::empty_object(),
            input: None,
            priority: 5,
            delay: Duration::ZERO,
            max_attempts: 3,
            idempotency_key: None,
            trace_context: None,
        }
    }

    /// Digest of what is asked for: kind, params and the input's digest. A request that is sent again under the same key is
    /// the same one exactly if this is equal.
    pub fn request_digest(&self) -> Digest {
        let mut hasher = Hasher::new();
        for part in [self.kind.as_str().as_bytes(), self.params.as_str().as_bytes()] {
            hasher.update(&(part.len() as u64).to_be_bytes());
            hasher.update(part);
        }
        if let Some(input) = &self.input {
            hasher.update(input.sha256.as_bytes());
        }
        hasher.finish()
    }

    /// Checks every bound. Every store calls it before it does anything else.
    ///
    /// # Errors
    /// [`Invalid`] names the first field out of bounds.
    pub fn validate(&self) -> Result<(), Invalid> {
        text("owner", &self.owner, 0..=MAX_OWNER_BYTES)?;
        if let Some(key) = &self.idempotency_key {
            text("idempotency_key", key, 1..=MAX_IDEMPOTENCY_KEY_BYTES)?;
        }
        if let Some(trace_context) = &self.trace_context {
            text("trace_context", trace_context, 0..=255)?;
        }
        if let Some(input) = &self.input {
            text("input.name", &input.name, 0..=super::label::MAX_NAME_BYTES)?;
            text("input.key", &input.key, 1..=1024)?;
            text("input.content_type", &input.content_type, 0..=255)?;
            check(
                i64::try_from(input.size).is_ok(),
                "input.size",
                "is at most 2^63 - 1 bytes",
            )?;
        }
        check(self.priority <= MAX_PRIORITY, "priority", "is 0 to 9")?;
        check(
            (1..=i32::MAX as u32).contains(&self.max_attempts),
            "max_attempts",
            "is 1 to 2147483647",
        )?;
        check(self.delay <= MAX_DELAY, "delay", "is at most ten years")
    }
}

fn check(holds: bool, field: &'static str, reason: &'static str) -> Result<(), Invalid> {
    if holds {
        Ok(())
    } else {
        Err(Invalid { field, reason })
    }
}

fn text(field: &'static str, value: &str, bytes: std::ops::RangeInclusive<usize>) -> Result<(), Invalid> {
    check(!value.contains('\0'), field, "may not hold NUL")?;
    check(value.len() >= *bytes.start(), field, "may not be empty")?;
    check(value.len() <= *bytes.end(), field, "is too long")
}
