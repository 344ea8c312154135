//! What must be so when a stopped worker has gone on.

use std::collections::BTreeSet;
use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use leyline_core::blob::Sweeper;
use leyline_core::{Blobs, Env, Leyline, Status, TaskId};

use super::RESULT;
use super::successor::NAME;
use super::told::Told;
use crate::audit::{self, What};
use crate::given::Store;
use crate::worker::row;

/// Who wrote, by the roles that the server knows.
#[derive(Debug, Clone)]
pub(super) struct Roles {
    pub(super) stopped: Vec<String>,
    pub(super) successor: String,
}

/// What was seen so far.
#[derive(Default)]
pub(super) struct Seen {
    told: BTreeSet<(TaskId, Told)>,
    pub(super) tasks: Vec<(TaskId, Roles)>,
    pub(super) checkpoints_refused: usize,
    pub(super) finishes_refused: usize,
    pub(super) progress_refused: usize,
    pub(super) swept: usize,
}

impl Seen {
    pub(super) fn told(&mut self, id: TaskId, told: Told) {
        if !self.told.insert((id, told)) {
            return;
        }
        match told {
            Told::Checkpoint { refused } => {
                assert!(refused, "{id}: a stale checkpoint was kept");
                self.checkpoints_refused += 1;
            }
            Told::Finish { refused } => {
                assert!(refused, "{id}: a stale finish was made");
                self.finishes_refused += 1;
            }
            Told::ProgressRefused => self.progress_refused += 1,
            Told::At(_) | Told::ArtifactWritten | Told::Ended => {}
        }
    }

    pub(super) fn has_told(&self, id: TaskId, told: Told) -> bool {
        self.told.contains(&(id, told))
    }
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} tasks taken over; refused: {} checkpoints, {} finishes, progress of {} tasks; {} artifacts swept; \
             0 stale writes",
            self.tasks.len(),
            self.checkpoints_refused,
            self.finishes_refused,
            self.progress_refused,
            self.swept,
        )
    }
}

/// The row, and what it names, is the successor's.
pub(super) async fn ended_by_the_successor(store: &Store, leyline: &Leyline, id: TaskId, roles: &Roles) {
    let task = row(store, id).await;
    assert_eq!(
        (task.status, task.revision, task.attempt, task.rescues),
        (Status::Completed, 5, 1, 1),
        "{task:?}"
    );
    let name = format!("{NAME:?}");
    assert_eq!(
        task.checkpoint.as_ref().map(leyline_core::Json::as_str),
        Some(&*name)
    );
    assert_eq!(task.progress.message.as_deref(), Some(NAME), "{task:?}");
    let output = task.output.expect("it is completed");
    assert_eq!(output.value.as_str(), name);
    let names: Vec<&str> = output.artifacts.iter().map(|artifact| &*artifact.name).collect();
    assert_eq!(names, [RESULT]);
    let blobs = leyline.blobs().expect("there is a blob store");
    let file = blobs.download(&output.artifacts[0]).await.expect("it is whole");
    assert_eq!(std::fs::read_to_string(&file).expect("it is there"), NAME);
    nothing_stale(store, id, roles).await;
}

/// By the server's own account: the stopped one changed the row while it held it, and the successor all that came after.
pub(super) async fn nothing_stale(store: &Store, id: TaskId, roles: &Roles) {
    let changes = audit::of(store, id).await;
    let statuses = audit::statuses(&changes);
    let stopped = statuses[0].0;
    assert!(roles.stopped.iter().any(|role| role == stopped), "{statuses:?}");
    let new = &*roles.successor;
    assert_eq!(statuses, [(stopped, 2, 1), (new, 3, 0), (new, 4, 1), (new, 5, 2)]);
    for change in &changes {
        let (by, word) = match change.what.revision() {
            2 => (stopped, "zombie"),
            _ => (new, NAME),
        };
        assert_eq!(change.by, by, "{change}");
        match &change.what {
            What::Progress { message: text, .. } => assert_eq!(text, word, "{change}"),
            What::Checkpoint { value, .. } => assert_eq!(*value, format!("{word:?}"), "{change}"),
            What::Status { .. } => {}
            What::Other { .. } => panic!("nothing else changes a row: {change}"),
        }
    }
}

/// A sweep without grace takes what the stopped ones wrote, and nothing else. Says how much that was.
pub(super) async fn only_garbage_is_swept(store: &Store, folder: &Path, tasks: &[(TaskId, Roles)]) -> usize {
    let mut named = BTreeSet::new();
    for (id, _) in tasks {
        let task = row(store, *id).await;
        named.extend(task.input.map(|input| input.key));
        named.extend(
            task.output
                .into_iter()
                .flat_map(|output| output.artifacts)
                .map(|artifact| artifact.key),
        );
    }
    assert_eq!(named.len(), 2 * tasks.len());
    let before = files(folder);
    assert!(named.is_subset(&before));
    let stale = before.difference(&named).count();
    let blobs = Blobs::local(folder, Env::system()).expect("the folder can be used");
    let sweeper = Sweeper::new(blobs, Arc::new(store.postgres()), Duration::ZERO);
    let swept = sweeper.sweep().await.expect("it sweeps");
    assert_eq!((swept.removed, swept.leftovers), (stale, 0));
    assert_eq!(files(folder), named);
    stale
}

/// The keys of all blobs.
fn files(folder: &Path) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut folders = vec![folder.join("uploads"), folder.join("results")];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next).expect("it is there") {
            let path = entry.expect("it is read").path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let key = path.strip_prefix(folder).expect("it lies there");
                found.insert(key.to_string_lossy().into_owned());
            }
        }
    }
    found
}
