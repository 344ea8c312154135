//! What a watcher has been told of one task.

use std::collections::BTreeMap;

use serde_json::Value;

#[derive(Default)]
pub(super) struct Seen {
    /// Status by revision.
    statuses: BTreeMap<u64, String>,
    pub(super) completed_at: Option<u64>,
}

impl Seen {
    /// A revision never goes back, never changes its status, and a task completes at one only.
    #[track_caller]
    pub(super) fn take(&mut self, task: &Value) {
        let revision = task["revision"].as_u64().unwrap();
        let status = task["status"].as_str().unwrap();
        if let Some((newest, _)) = self.statuses.last_key_value() {
            assert!(*newest <= revision, "went back from {newest}: {task}");
        }
        let known = self.statuses.entry(revision).or_insert_with(|| status.to_owned());
        assert_eq!(known, status, "{task}");
        assert!(matches!(status, "pending" | "processing" | "completed"), "{task}");
        if status == "completed" {
            assert!(
                self.completed_at.is_none_or(|at| at == revision),
                "completed twice: {task}"
            );
            self.completed_at = Some(revision);
        }
    }
}
