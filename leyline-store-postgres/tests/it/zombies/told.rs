//! What a worker's process and its test say to each other: lines on standard output, ids of tasks on standard input.

use std::fmt;
use std::str::FromStr;

use leyline_core::TaskId;

/// Before every line: the test harness prints lines of its own.
const MARK: &str = "zombie: ";

/// Where a worker is stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Point {
    /// While it tells progress, about to keep a checkpoint.
    Progress,
    /// In the middle of an artifact.
    Artifact,
    /// About to send its finish.
    Finish,
}

impl Point {
    pub(super) const ALL: [Self; 3] = [Self::Progress, Self::Artifact, Self::Finish];
    const NAMES: [&str; 3] = ["progress", "artifact", "finish"];

    pub(super) fn name(self) -> &'static str {
        Self::NAMES[self as usize]
    }

    pub(super) fn named(name: &str) -> Self {
        let place = Self::NAMES.iter().position(|known| *known == name);
        Self::ALL[place.expect("it is a point")]
    }
}

/// What a worker's process tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Told {
    /// It is there, and goes on when it hears the task's id.
    At(Point),
    /// What became of what it wrote then: refused by the fence, or not.
    Checkpoint {
        refused: bool,
    },
    Finish {
        refused: bool,
    },
    /// A beat with progress was told that the claim is lost.
    ProgressRefused,
    /// Its artifact is durable.
    ArtifactWritten,
    /// Its code has ended.
    Ended,
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = |refused: &bool| if *refused { "refused" } else { "made" };
        match self {
            Self::At(point) => write!(f, "at-{}", point.name()),
            Self::Checkpoint { refused } => write!(f, "checkpoint-{}", word(refused)),
            Self::Finish { refused } => write!(f, "finish-{}", word(refused)),
            Self::ProgressRefused => f.write_str("progress-refused"),
            Self::ArtifactWritten => f.write_str("artifact-written"),
            Self::Ended => f.write_str("code-ended"),
        }
    }
}

impl FromStr for Told {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Ok(match text.split_once('-').ok_or(text)? {
            ("at", point) => Self::At(Point::named(point)),
            ("checkpoint", word) => Self::Checkpoint {
                refused: word == "refused",
            },
            ("finish", word) => Self::Finish {
                refused: word == "refused",
            },
            ("progress", _) => Self::ProgressRefused,
            ("artifact", _) => Self::ArtifactWritten,
            ("code", _) => Self::Ended,
            _ => return Err(text.to_owned()),
        })
    }
}

/// Tells something of a task.
pub(super) fn tell(id: TaskId, told: Told) {
    println!("{MARK}{told} {id}");
}

/// Reads a line back; `None` for one of the test harness.
pub(super) fn read(line: &str) -> Option<(TaskId, Told)> {
    let (_, line) = line.split_once(MARK)?;
    let (told, id) = line.split_once(' ').expect("a line names a task");
    Some((
        id.parse().expect("it is an id"),
        told.parse().expect("it is known"),
    ))
}

#[test]
fn a_line_is_read_back_as_it_was_told() {
    let id = leyline_core::Env::system().task_id();
    for told in [
        Told::At(Point::Finish),
        Told::Checkpoint { refused: true },
        Told::Finish { refused: false },
        Told::ProgressRefused,
        Told::ArtifactWritten,
        Told::Ended,
    ] {
        assert_eq!(read(&format!("test x ... {MARK}{told} {id}")), Some((id, told)));
    }
    assert_eq!(read("running 1 test"), None);
}
