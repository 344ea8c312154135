//! What the rules share: the rows and blobs as the history has them by now.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use leyline_core::{TaskId, WorkerId};

use crate::history::{Accounts, Entry, Event, Row, task_of};

/// Lines remembered of each task.
const LINES: usize = 12;

/// The state that a history tells.
#[derive(Default)]
pub(super) struct Known {
    pub(super) accounts: Accounts,
    /// The entry that is being judged, from 1.
    pub(super) line: u64,
    /// When it was written.
    pub(super) now: u64,
    pub(super) rows: BTreeMap<TaskId, Row>,
    /// The row as it was before the change that is being judged.
    pub(super) previous: Option<Row>,
    /// Tasks that were removed, and when; forgotten where a rewind brings them back.
    pub(super) gone: BTreeMap<TaskId, u64>,
    pub(super) blobs: BTreeSet<String>,
    /// When the store was put back, and to when.
    pub(super) rewinds: Vec<(u64, u64)>,
    /// Between a rewind and the rows that follow it.
    pub(super) rewinding: bool,
    /// Tasks that a rewind changed: what was told of them before may differ from what holds now.
    pub(super) disturbed: BTreeSet<TaskId>,
    pub(super) audit: Audit,
    pub(super) quiet: Option<Quiet>,
    /// When the last full sweep ended, and its grace time.
    pub(super) swept: Option<(u64, u64)>,
    /// Which node a worker is of.
    pub(super) nodes: BTreeMap<WorkerId, String>,
    /// Workers of nodes that were killed, and when.
    pub(super) dead: BTreeMap<WorkerId, u64>,
    lines: BTreeMap<TaskId, VecDeque<u64>>,
    reading: Audit,
}

/// The rows and blobs that an audit found.
#[derive(Default)]
pub(super) struct Audit {
    pub(super) rows: BTreeMap<TaskId, Row>,
    /// Age and soundness.
    pub(super) blobs: BTreeMap<String, (u64, Option<bool>)>,
}

/// The end of all faults.
#[derive(Clone, Copy)]
pub(super) struct Quiet {
    pub(super) at: u64,
    pub(super) within: u64,
    pub(super) rescued: u64,
}

impl Known {
    pub(super) fn lines_of(&self, task: TaskId) -> Vec<u64> {
        let lines = self.lines.get(&task).into_iter().flatten();
        lines.copied().collect()
    }

    /// Whether rows are known in full, and in the order in which they changed.
    pub(super) fn follows_rows(&self) -> bool {
        self.accounts.rows && self.accounts.order && !self.rewinding
    }

    /// Whether a rewind may have forgotten what was asked for at `sent` and answered at `told`.
    pub(super) fn forgot(&self, sent: u64, told: u64) -> bool {
        let mut rewinds = self.rewinds.iter();
        self.rewinding || rewinds.any(|(when, to)| told >= *to && sent <= *when)
    }

    /// Whether a row names this blob.
    pub(super) fn names(&self, key: &str) -> bool {
        let row = task_of(key).and_then(|task| self.rows.get(&task));
        row.is_some_and(|row| row.blobs().any(|named| named == key))
    }

    pub(super) fn take(&mut self, entry: &Entry) {
        self.line += 1;
        self.now = entry.at;
        self.previous = None;
        if let Some(task) = entry.event.task() {
            let lines = self.lines.entry(task).or_default();
            lines.push_back(self.line);
            if lines.len() > LINES {
                lines.pop_front();
            }
        }
        self.take_store(&entry.event);
        self.take_world(entry);
    }

    fn take_store(&mut self, event: &Event) {
        match event {
            Event::Changed { task, new, .. } => {
                self.previous = match new {
                    Some(row) => self.rows.insert(*task, row.clone()),
                    None => self.rows.remove(task),
                };
                if new.is_none() {
                    self.gone.insert(*task, self.now);
                }
            }
            Event::Deleting { task } => {
                self.gone.insert(*task, self.now);
            }
            Event::Progressed { task, row, .. } => {
                self.previous = self.rows.insert(*task, row.clone());
            }
            Event::Stored { key } => {
                self.blobs.insert(key.clone());
            }
            Event::Removed { key, .. } => {
                self.blobs.remove(key);
            }
            Event::Row { task, row } => {
                self.reading.rows.insert(*task, row.clone());
            }
            Event::Blob { key, age, sound } => {
                self.reading.blobs.insert(key.clone(), (*age, *sound));
            }
            Event::Audited { .. } => self.audited(),
            _ => {}
        }
    }

    fn take_world(&mut self, entry: &Entry) {
        match &entry.event {
            Event::Accounts(accounts) => self.accounts = *accounts,
            Event::Rewound { to } => {
                self.rewinds.push((self.now, *to));
                self.rewinding = true;
                self.gone.retain(|_, at| *at < *to);
            }
            Event::Quiet { within, rescued } => {
                self.quiet = Some(Quiet {
                    at: self.now,
                    within: *within,
                    rescued: *rescued,
                });
            }
            Event::Swept { grace } => self.swept = Some((self.now, *grace)),
            Event::Beat { worker, .. } => {
                self.nodes.insert(*worker, entry.who.clone());
            }
            Event::Started {
                node,
                worker: Some(worker),
            } => {
                self.nodes.insert(*worker, node.clone());
            }
            Event::Crashed { node } => {
                let of_node = self.nodes.iter().filter(|(_, of)| *of == node);
                let dead: Vec<WorkerId> = of_node.map(|(worker, _)| *worker).collect();
                for worker in dead {
                    self.dead.entry(worker).or_insert(self.now);
                }
            }
            _ => {}
        }
    }

    /// The first audit after a rewind says what the rows are now.
    fn audited(&mut self) {
        self.audit = std::mem::take(&mut self.reading);
        if !self.rewinding {
            return;
        }
        self.rewinding = false;
        let ids = self.rows.keys().chain(self.audit.rows.keys());
        let differ = ids.filter(|id| self.rows.get(id) != self.audit.rows.get(id));
        self.disturbed.extend(differ.copied().collect::<Vec<_>>());
        self.rows.clone_from(&self.audit.rows);
    }
}
