//! What is left in the stores when every server has ended: exactly what was accepted, and all of it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use futures_util::TryStreamExt as _;
use leyline_core::blob::Sweeper;
use leyline_core::store::ListQuery;
use leyline_core::{Blobs, Env, Status, Task, TaskStore};
use object_store::ObjectStore as _;

use crate::load::Accepted;

/// What was found.
pub(crate) struct Found {
    /// Every task by its id.
    pub(crate) rows: BTreeMap<String, Task>,
    /// Blobs that no row named.
    pub(crate) swept: usize,
}

impl Found {
    pub(crate) fn rescues(&self) -> u64 {
        self.rows.values().map(|row| u64::from(row.rescues)).sum()
    }
}

/// Looks at every row and every blob in the folder `blobs`. Beside what load has had accepted there are the tasks `aside`.
pub(crate) async fn judge(
    store: Arc<dyn TaskStore>,
    blobs: &Path,
    accepted: &[Accepted],
    aside: &[&str],
) -> Found {
    let folder = blobs;
    let blobs = Blobs::local(folder, Env::system()).unwrap();
    let rows = rows(&*store).await;
    assert!(
        store.workers(0).await.unwrap().is_empty(),
        "a worker's row is left"
    );
    let mut known: BTreeSet<&str> = accepted.iter().map(|task| task.id.as_str()).collect();
    assert_eq!(known.len(), accepted.len(), "two uploads became one task");
    known.extend(aside);
    let orphans: Vec<&String> = rows.keys().filter(|id| !known.contains(id.as_str())).collect();
    assert!(orphans.is_empty(), "rows that nobody was told of: {orphans:?}");
    for task in accepted {
        let row = rows
            .get(&task.id)
            .unwrap_or_else(|| panic!("{} was accepted and is gone", task.id));
        check_row(task, row);
        check_bytes(&blobs, row).await;
    }
    let sweeper = Sweeper::new(blobs.clone(), store, Duration::ZERO);
    let swept = sweeper.sweep().await.unwrap();
    check_blobs(&blobs, rows.values()).await;
    assert_eq!(temporary_files(folder), Vec::<String>::new());
    Found {
        rows,
        swept: swept.removed + swept.leftovers,
    }
}

async fn rows(store: &dyn TaskStore) -> BTreeMap<String, Task> {
    let mut query = ListQuery::new();
    let mut rows = BTreeMap::new();
    loop {
        let page = store.list(&query).await.unwrap();
        rows.extend(page.tasks.into_iter().map(|task| (task.id.to_string(), task)));
        query.after = page.next;
        if query.after.is_none() {
            return rows;
        }
    }
}

/// Completed once: its revisions are the insert, two for each death (claim, rescue) and each failed attempt (claim, retry),
/// and the last claim and its completion.
fn check_row(task: &Accepted, row: &Task) {
    assert_eq!(row.status, Status::Completed, "{row:?}");
    assert_eq!(
        row.revision, task.completed_at,
        "another completion than the one that was told: {row:?}"
    );
    assert_eq!(row.idempotency_key.as_deref(), Some(task.key.as_str()));
    assert!(row.failure.is_none(), "{row:?}");
    let least = 3 + 2 * u64::from(row.rescues) + 2 * row.history.len() as u64;
    // A claim whose reply was late is given back, by two more.
    assert!(
        row.revision >= least && (row.revision - least).is_multiple_of(2),
        "{row:?}"
    );
    let digest = row.input.as_ref().map(|input| input.sha256.to_string());
    assert_eq!(digest, task.sha256, "{row:?}");
}

/// Whatever the row names is there and is what it says.
async fn check_bytes(blobs: &Blobs, row: &Task) {
    for blob in row
        .input
        .iter()
        .chain(row.output.iter().flat_map(|output| &output.artifacts))
    {
        let mut stream = blobs.read(blob, None).await.unwrap();
        while stream.chunk().await.unwrap().is_some() {}
    }
}

/// After the sweep there is what rows name, and how far the sweep came.
async fn check_blobs(blobs: &Blobs, rows: impl Iterator<Item = &Task>) {
    let named = rows.flat_map(|row| {
        row.input
            .iter()
            .chain(row.output.iter().flat_map(|output| &output.artifacts))
    });
    let mut expected: BTreeSet<String> = named.map(|blob| blob.key.clone()).collect();
    expected.insert("sweep/state".to_owned());
    let there = blobs
        .object_store()
        .list(None)
        .map_ok(|found| found.location.to_string());
    let there: BTreeSet<String> = there.try_collect().await.unwrap();
    assert_eq!(there, expected);
}

/// What the blob store's own list does not show.
fn temporary_files(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(temporary_files(&path));
        } else if path.to_string_lossy().contains('#') {
            found.push(path.display().to_string());
        }
    }
    found
}
