//! P3: after the faults stop, what the dead held is freed, and every task ends. What is completed has run.

use std::collections::BTreeSet;

use leyline_core::{Status, TaskId};

use super::judge::Rule;
use super::known::Known;
use super::promise::Promise;
use super::verdict::Found;
use crate::history::{Entry, Event};

/// What has run.
#[derive(Default)]
pub(super) struct Executed {
    began: BTreeSet<(TaskId, u64)>,
    rescue_judged: bool,
    end_judged: bool,
}

impl Rule for Executed {
    fn promise(&self) -> Promise {
        Promise::Executed
    }

    fn take(&mut self, entry: &Entry, known: &Known, found: &mut Found<'_>) {
        match &entry.event {
            Event::Began { task, revision, .. } => {
                self.began.insert((*task, *revision));
            }
            Event::Changed {
                task,
                old: Some(old),
                new: Some(new),
            } if known.accounts.code && new.status == Status::Completed => {
                let ran = self.began.contains(&(*task, old.revision));
                found.of(*task, ran, || "completed, and its code never began".to_owned());
            }
            _ => {}
        }
        self.judge(known, found, entry.at);
    }

    fn end(&mut self, known: &Known, found: &mut Found<'_>) {
        self.judge(known, found, known.now);
    }
}

impl Executed {
    fn judge(&mut self, known: &Known, found: &mut Found<'_>, now: u64) {
        let Some(quiet) = known.quiet else { return };
        if !self.rescue_judged && now >= quiet.at + quiet.rescued {
            self.rescue_judged = true;
            for (task, row) in &known.rows {
                let dead = row.worker.and_then(|worker| known.dead.get(&worker));
                let held = row.status == Status::Processing && dead.is_some();
                found.of(*task, !held, || {
                    format!("held by a dead worker {} ms after the last fault", quiet.rescued)
                });
            }
        }
        if !self.end_judged && now >= quiet.at + quiet.within {
            self.end_judged = true;
            for (task, row) in &known.rows {
                found.of(*task, row.status.is_terminal(), || {
                    format!("{} {} ms after the last fault", row.status, quiet.within)
                });
            }
        }
    }
}
