//! What goes over the channel: JSON, as short as it can be and still be read by a person.

use std::time::Duration;

use leyline_core::task::label;
use leyline_core::{Progress, Status, TaskEvent, TaskId};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// Who does not know a version ignores it, and learns from the store.
const VERSION: u32 = 1;

/// PostgreSQL refuses a payload of 8,000 bytes.
pub(super) const MOST_BYTES: usize = 7_999;

/// The channel of a schema: at most 55 bytes, and a name may have 63.
pub(super) fn channel(schema: &str) -> String {
    format!("{schema}_events")
}

/// One thing to tell of a task.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) enum Entry {
    /// Its status has changed, and that is committed.
    #[serde(rename = "c")]
    Change(Change),
    /// Its claim has come further.
    #[serde(rename = "p")]
    Step(Step),
    /// It is as new as this, and that does not fit into a payload.
    #[serde(rename = "l")]
    Look(Version),
}

/// Which task, and how new it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Version {
    pub(super) id: TaskId,
    #[serde(rename = "r")]
    pub(super) revision: u64,
    #[serde(rename = "t", default, skip_serializing_if = "is_zero")]
    pub(super) tick: u64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Change {
    #[serde(flatten)]
    pub(super) version: Version,
    /// The code of the status.
    #[serde(rename = "s")]
    status: u8,
    /// Milliseconds from then on until a pending task can be claimed.
    #[serde(rename = "w", default, skip_serializing_if = "is_zero")]
    wait: u64,
    /// So that lists need no read of the store.
    #[serde(rename = "o", default, skip_serializing_if = "String::is_empty")]
    pub(super) owner: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Step {
    #[serde(flatten)]
    pub(super) version: Version,
    #[serde(rename = "f", skip_serializing_if = "Option::is_none")]
    fraction: Option<f64>,
    #[serde(rename = "d", skip_serializing_if = "Option::is_none")]
    done: Option<u64>,
    #[serde(rename = "n", skip_serializing_if = "Option::is_none")]
    total: Option<u64>,
    #[serde(rename = "u", skip_serializing_if = "Option::is_none")]
    unit: Option<String>,
    #[serde(rename = "h", skip_serializing_if = "Option::is_none")]
    phase: Option<String>,
    #[serde(rename = "m", skip_serializing_if = "Option::is_none")]
    message: Option<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl Version {
    fn of(event: &TaskEvent) -> Self {
        Self {
            id: event.id,
            revision: event.revision,
            tick: event.tick,
        }
    }
}

impl Entry {
    pub(super) fn of(event: &TaskEvent) -> Self {
        if event.is_progress() {
            Self::Step(Step::of(event))
        } else {
            Self::Change(Change::of(event))
        }
    }

    fn version(&self) -> Version {
        match self {
            Self::Change(change) => change.version,
            Self::Step(step) => step.version,
            Self::Look(version) => *version,
        }
    }
}

impl Change {
    fn of(event: &TaskEvent) -> Self {
        // Both times are the store's, so their distance is that of any clock.
        let wait = Duration::try_from(event.run_at.duration_since(event.updated_at)).unwrap_or_default();
        let wait = if event.status == Status::Pending {
            wait
        } else {
            Duration::ZERO
        };
        Self {
            version: Version::of(event),
            status: event.status.code(),
            wait: u64::try_from(wait.as_micros().div_ceil(1000)).unwrap_or(u64::MAX),
            owner: event.owner.clone(),
        }
    }

    /// How long until it can be claimed, if it waits for a worker.
    pub(super) fn claimable_in(&self) -> Option<Duration> {
        (self.status == Status::Pending.code()).then(|| Duration::from_millis(self.wait))
    }
}

impl Step {
    fn of(event: &TaskEvent) -> Self {
        let progress = &event.progress;
        Self {
            version: Version::of(event),
            fraction: progress.fraction,
            done: progress.done,
            total: progress.total,
            unit: progress.unit.clone(),
            phase: progress.phase.clone(),
            message: progress.message.clone(),
        }
    }

    /// Anybody on the database may have written it: its texts are cleaned as those of a processor are, and what is no fraction
    /// is none.
    pub(super) fn progress(&self) -> Progress {
        Progress {
            fraction: self.fraction.filter(|fraction| (0.0..=1.0).contains(fraction)),
            done: self.done,
            total: self.total,
            unit: clean(self.unit.as_deref()),
            phase: clean(self.phase.as_deref()),
            message: clean(self.message.as_deref()),
            tick: self.version.tick,
        }
    }
}

fn clean(text: Option<&str>) -> Option<String> {
    text.map(|text| label::clean(text, label::MAX_MESSAGE_BYTES))
}

/// Puts entries into as few payloads as they fit in, in their order.
pub(super) fn pack(origin: &str, entries: impl IntoIterator<Item = Entry>) -> Vec<String> {
    let head = format!(r#"{{"v":{VERSION},"from":"{origin}","entries":["#);
    let tail = "]}";
    let room = MOST_BYTES - head.len() - tail.len();
    let (mut payloads, mut body) = (Vec::new(), String::new());
    for entry in entries {
        let text = encode(&entry, room);
        if !body.is_empty() && body.len() + 1 + text.len() > room {
            payloads.push(format!("{head}{body}{tail}"));
            body.clear();
        }
        if !body.is_empty() {
            body.push(',');
        }
        body.push_str(&text);
    }
    if !body.is_empty() {
        payloads.push(format!("{head}{body}{tail}"));
    }
    payloads
}

/// What is larger than any payload goes by its id.
fn encode(entry: &Entry, room: usize) -> String {
    let text = |entry: &Entry| {
        serde_json::to_string(entry).expect("an entry has only string keys and writes to memory")
    };
    let whole = text(entry);
    if whole.len() <= room {
        whole
    } else {
        text(&Entry::Look(entry.version()))
    }
}

/// Why a payload is ignored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refused {
    #[error("it is of version {0} and this library reads version {VERSION}")]
    Version(u32),
    #[error("nobody here writes such a one")]
    Malformed,
}

#[derive(Deserialize)]
struct Envelope<'a> {
    v: u32,
    #[serde(borrow, default)]
    from: Option<&'a RawValue>,
    #[serde(borrow, default)]
    entries: Option<&'a RawValue>,
}

/// The entries of a payload; none, if it is this process's own.
pub(super) fn unpack(payload: &str, own: &str) -> Result<Vec<Entry>, Refused> {
    let envelope: Envelope<'_> = serde_json::from_str(payload).map_err(|_| Refused::Malformed)?;
    if envelope.v != VERSION {
        return Err(Refused::Version(envelope.v));
    }
    let from: &str = read(envelope.from)?;
    if from == own {
        return Ok(Vec::new());
    }
    read(envelope.entries)
}

fn read<'a, T: Deserialize<'a>>(value: Option<&'a RawValue>) -> Result<T, Refused> {
    let text = value.ok_or(Refused::Malformed)?.get();
    serde_json::from_str(text).map_err(|_| Refused::Malformed)
}

#[cfg(test)]
mod tests {
    use leyline_core::{Kind, NewTask, Task, Timestamp, transition};

    use super::*;

    fn task(nth: u8) -> Task {
        let mut new = NewTask::new(TaskId::from_bytes([nth; 16]), Kind::new("k").unwrap());
        new.owner = "ann".to_owned();
        new.delay = Duration::from_micros(1500);
        transition::insert(&new, Timestamp::from_second(1_700_000_000).unwrap())
    }

    fn running(message: String) -> TaskEvent {
        let mut task = task(7);
        task.status = Status::Processing;
        task.revision = 2;
        let progress = Progress {
            fraction: Some(0.5),
            done: Some(3),
            total: Some(6),
            unit: Some("frames".to_owned()),
            phase: None,
            message: Some(message),
            tick: 4,
        };
        TaskEvent::of(&task).with_progress(&progress)
    }

    #[test]
    fn the_words_on_the_wire_stay_as_they_are() {
        let entries = [TaskEvent::of(&task(7)), running("half".to_owned())];
        let payloads = pack("me", entries.iter().map(Entry::of));
        let id = "07070707-0707-0707-0707-070707070707";
        let expected = format!(
            concat!(
                r#"{{"v":1,"from":"me","entries":[{{"c":{{"id":"{0}","r":1,"s":0,"w":2,"o":"ann"}}}},"#,
                r#"{{"p":{{"id":"{0}","r":2,"t":4,"f":0.5,"d":3,"n":6,"u":"frames","m":"half"}}}}]}}"#
            ),
            id
        );
        assert_eq!(payloads, [expected]);
    }

    #[test]
    fn entries_come_out_as_they_went_in() {
        let entries: Vec<Entry> = (1..=200)
            .map(|nth| Entry::of(&TaskEvent::of(&task(nth))))
            .chain([Entry::of(&running("\u{1F600}\"\\\n".repeat(100)))])
            .collect();
        let payloads = pack("me", entries.clone());
        assert!(payloads.len() > 1);
        assert!(payloads.iter().all(|payload| payload.len() <= MOST_BYTES));
        let back: Vec<Entry> = payloads
            .iter()
            .flat_map(|payload| unpack(payload, "you").unwrap())
            .collect();
        assert_eq!(back, entries);
        let Some(Entry::Step(step)) = back.last() else {
            panic!("the progress is last")
        };
        assert_eq!(step.progress().tick, 4);
        assert!(pack("me", []).is_empty());
    }

    #[test]
    fn what_is_too_large_goes_by_its_id() {
        let payloads = pack("me", [Entry::of(&running("x".repeat(MOST_BYTES)))]);
        let version = Version {
            id: TaskId::from_bytes([7; 16]),
            revision: 2,
            tick: 4,
        };
        assert_eq!(unpack(&payloads[0], "you"), Ok(vec![Entry::Look(version)]));
    }

    #[test]
    fn a_payload_takes_as_much_as_the_server_does() {
        let whole = |message: usize| pack("me", [Entry::of(&running("x".repeat(message)))]).remove(0);
        let fits = MOST_BYTES - whole(0).len();
        assert_eq!(whole(fits).len(), MOST_BYTES);
        assert!(whole(fits + 1).len() < 200);
    }

    #[test]
    fn a_pending_task_says_when_it_can_be_claimed() {
        let claimable = |event: &TaskEvent| match Entry::of(event) {
            Entry::Change(change) => change.claimable_in(),
            other => panic!("no change: {other:?}"),
        };
        assert_eq!(
            claimable(&TaskEvent::of(&task(1))),
            Some(Duration::from_millis(2))
        );
        let mut ended = task(1);
        ended.status = Status::Cancelled;
        assert_eq!(claimable(&TaskEvent::of(&ended)), None);
    }

    #[test]
    fn own_payloads_and_those_of_strangers_hold_nothing() {
        let payload = pack("me", [Entry::of(&TaskEvent::of(&task(1)))]).remove(0);
        assert_eq!(unpack(&payload, "me"), Ok(Vec::new()));
        assert_eq!(
            unpack(&payload.replace(r#""v":1"#, r#""v":2"#), "you"),
            Err(Refused::Version(2))
        );
        assert_eq!(unpack(r#"{"v":9,"else":[]}"#, "you"), Err(Refused::Version(9)));
        for stranger in [
            "",
            "hello",
            "{}",
            "[1]",
            r#"{"v":1}"#,
            r#"{"v":1,"from":"x","entries":[7]}"#,
        ] {
            assert_eq!(unpack(stranger, "you"), Err(Refused::Malformed), "{stranger}");
        }
        assert_eq!(
            unpack(&payload.replace(r#""c""#, r#""z""#), "you"),
            Err(Refused::Malformed)
        );
    }
}
