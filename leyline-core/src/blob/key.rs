//! The layout of keys, all in one place. A key holds ids and randomness only, never a client's text.
//!
//! | key | what |
//! |---|---|
//! | `uploads/{task}/{random}` | an upload; the random part keeps two requests of one id apart |
//! | `results/{task}/{revision}-{random}/{name}` | an artifact; the revision is the claim's, so a zombie makes only garbage |
//! | `sweep/state` | how far the sweep has come |

use crate::env::Env;
use crate::task::{Claim, TaskId};

pub(super) const UPLOADS: &str = "uploads";
pub(super) const RESULTS: &str = "results";
pub(super) const SWEEP: &str = "sweep";
pub(super) const SWEEP_STATE: &str = "sweep/state";

/// What a key tells of its blob.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Upload { task: TaskId },
    Result { task: TaskId, revision: u64 },
}

impl Place {
    pub(super) fn task(self) -> TaskId {
        match self {
            Self::Upload { task } | Self::Result { task, .. } => task,
        }
    }
}

pub(super) fn upload(task: TaskId, env: &Env) -> String {
    format!("{UPLOADS}/{task}/{:016x}", env.random_u64())
}

pub(super) fn result(claim: &Claim, name: &str, env: &Env) -> String {
    let Claim { id, revision, .. } = claim;
    format!("{RESULTS}/{id}/{revision}-{:016x}/{name}", env.random_u64())
}

/// Whether the key is one of an upload for this task.
pub(crate) fn is_upload_of(key: &str, task: TaskId) -> bool {
    parse(key) == Some(Place::Upload { task })
}

/// Reads a key back; `None` for one that is not of this layout.
pub(super) fn parse(key: &str) -> Option<Place> {
    let mut parts = key.split('/');
    let top = parts.next()?;
    let task: TaskId = parts.next()?.parse().ok()?;
    let third = parts.next()?;
    match top {
        UPLOADS => Some(Place::Upload { task }),
        RESULTS => {
            let (revision, _) = third.split_once('-')?;
            Some(Place::Result {
                task,
                revision: revision.parse().ok()?,
            })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::env::SystemClock;
    use crate::task::WorkerId;

    #[test]
    fn keys_are_read_back_as_they_were_made() {
        let env = Env::seeded(SystemClock, 1);
        let task = env.task_id();
        let claim = Claim {
            id: task,
            revision: 7,
            worker: WorkerId::from_bytes([1; 16]),
        };
        assert_eq!(parse(&upload(task, &env)), Some(Place::Upload { task }));
        assert_eq!(
            parse(&result(&claim, "result", &env)),
            Some(Place::Result { task, revision: 7 })
        );
        assert_ne!(upload(task, &env), upload(task, &env));
    }

    #[test]
    fn a_foreign_key_is_nobodys() {
        for key in [
            "",
            "uploads",
            "uploads/x/y",
            "sweep/state",
            "other/file",
            "results/not-an-id/1-2/n",
        ] {
            assert_eq!(parse(key), None, "{key}");
        }
    }
}
