//! P2: of one request there is one task, and every answer to it names that one.

use std::collections::BTreeMap;

use leyline_core::TaskId;

use super::judge::Rule;
use super::known::Known;
use super::promise::Promise;
use super::verdict::Found;
use crate::history::{Entry, Event, Row};

/// Which task each request has.
#[derive(Default)]
pub(super) struct Retried {
    /// When each request last went out.
    sent: BTreeMap<String, u64>,
    /// By the answers, and when they were asked for and given.
    answered: BTreeMap<String, (TaskId, u64, u64)>,
    /// By the rows.
    rows: BTreeMap<String, TaskId>,
}

impl Rule for Retried {
    fn promise(&self) -> Promise {
        Promise::Retried
    }

    fn take(&mut self, entry: &Entry, known: &Known, found: &mut Found<'_>) {
        match &entry.event {
            Event::Sent { request } => {
                self.sent.insert(request.clone(), entry.at);
            }
            Event::Accepted { request, task } => {
                let sent = self.sent.get(request).copied().unwrap_or(entry.at);
                let now = (*task, sent, entry.at);
                if let Some((before, sent, told)) = self.answered.insert(request.clone(), now) {
                    let excused = known.gone.contains_key(&before) || known.forgot(sent, told);
                    found.of(*task, before == *task || excused, || {
                        format!("the request {request} was answered with the task {before} before")
                    });
                }
            }
            Event::Changed { task, old, new } => {
                self.forget(*task, old.as_ref());
                if let Some(new) = new {
                    self.add(*task, new, found);
                }
            }
            Event::Audited { .. } => {
                self.rows.clear();
                for (task, row) in &known.audit.rows {
                    self.add(*task, row, found);
                }
            }
            _ => {}
        }
    }
}

impl Retried {
    fn forget(&mut self, task: TaskId, old: Option<&Row>) {
        if let Some(request) = old.and_then(|old| old.request.as_ref())
            && self.rows.get(request) == Some(&task)
        {
            self.rows.remove(request);
        }
    }

    fn add(&mut self, task: TaskId, row: &Row, found: &mut Found<'_>) {
        if let Some(request) = &row.request {
            let other = self.rows.insert(request.clone(), task);
            found.of(task, other.is_none_or(|other| other == task), || {
                format!("the request {request} has another task, {other:?}")
            });
        }
    }
}
