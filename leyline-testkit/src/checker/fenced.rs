//! P4: what is written for a claim changes exactly that claim, once; and a claim that holds is not told that it is lost.

use std::collections::{BTreeMap, BTreeSet};

use leyline_core::{Status, TaskId, WorkerId};

use super::judge::Rule;
use super::known::Known;
use super::promise::Promise;
use super::verdict::Found;
use crate::history::{Answer, Entry, Event};

type Claim = (TaskId, u64, WorkerId);

/// Claims, and how they ended.
#[derive(Default)]
pub(super) struct Fenced {
    /// Every claim that ever was.
    made: BTreeSet<Claim>,
    /// Claims that a change ended, and how many answers told of it.
    ended: BTreeMap<Claim, u32>,
    /// Answers that no change has shown yet, where the history is in no order.
    unmatched: Vec<Claim>,
}

impl Rule for Fenced {
    fn promise(&self) -> Promise {
        Promise::Fenced
    }

    fn take(&mut self, entry: &Entry, known: &Known, found: &mut Found<'_>) {
        match &entry.event {
            Event::Changed { task, old, new } => {
                if let Some(claim) = old
                    .as_ref()
                    .and_then(|old| Some((*task, old.revision, old.worker?)))
                {
                    self.ended.insert(claim, 0);
                }
                if let Some(claim) = new
                    .as_ref()
                    .and_then(|new| Some((*task, new.revision, new.worker?)))
                {
                    self.made.insert(claim);
                    self.ended.remove(&claim);
                }
            }
            Event::Rewound { .. } => self.ended.clear(),
            Event::Audited { .. } => {
                let held = known.rows.iter();
                self.made
                    .extend(held.filter_map(|(task, row)| Some((*task, row.revision, row.worker?))));
            }
            Event::Began {
                task,
                revision,
                worker,
                ..
            } if known.follows_rows() => {
                let made = self.made.contains(&(*task, *revision, *worker));
                found.of(*task, made, || {
                    format!("code began for revision {revision}, which was never claimed")
                });
            }
            Event::Wrote {
                verb,
                task,
                revision,
                worker,
                answer,
            } if known.accounts.rows => {
                self.wrote(verb, (*task, *revision, *worker), *answer, known, found);
            }
            Event::Progressed {
                task,
                revision,
                worker,
                row,
            } => {
                let fits = row.worker == Some(*worker) && Some(row.revision) == *revision;
                found.of(*task, fits && row.status == Status::Processing, || {
                    "progress of another claim than the row's".to_owned()
                });
            }
            _ => {}
        }
    }

    fn end(&mut self, _: &Known, found: &mut Found<'_>) {
        for claim in std::mem::take(&mut self.unmatched) {
            self.done(claim, found);
        }
    }
}

impl Fenced {
    fn wrote(&mut self, verb: &str, claim: Claim, answer: Answer, known: &Known, found: &mut Found<'_>) {
        let (task, revision, worker) = claim;
        let row = known.rows.get(&task);
        let holds = row.is_some_and(|row| (row.revision, row.worker) == (revision, Some(worker)));
        match answer {
            Answer::Lost if known.follows_rows() => {
                found.of(task, !holds, || {
                    format!("{verb}: told that the claim is lost, which it is not")
                });
            }
            Answer::Done if verb == "checkpoint" && known.follows_rows() => {
                found.of(task, holds, || {
                    "a checkpoint was taken for a lost claim".to_owned()
                });
            }
            Answer::Unknown | Answer::Lost => {}
            Answer::Done if verb == "checkpoint" => {}
            Answer::Done if known.follows_rows() => self.done(claim, found),
            Answer::Done => self.unmatched.push(claim),
        }
    }

    fn done(&mut self, claim: Claim, found: &mut Found<'_>) {
        let answers = self.ended.get_mut(&claim).map(|answers| {
            *answers += 1;
            *answers
        });
        found.of(claim.0, answers == Some(1), || match answers {
            None => format!(
                "a finish was taken for revision {}, whose claim was lost",
                claim.1
            ),
            Some(_) => format!("the claim of revision {} was finished twice", claim.1),
        });
    }
}
