//! Claim: which tasks are next, and the change of each.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use leyline_core::store::{ClaimRequest, Claimed};
use leyline_core::task::MAX_PRIORITY;
use leyline_core::transition::{Change, apply};
use leyline_core::{Task, TaskId, Timestamp, WorkerId};
use rusqlite::{CachedStatement, OptionalExtension as _, params};

use super::{Tx, Verb, operate};
use crate::row;

pub(crate) struct Claiming(pub(crate) ClaimRequest);

impl Verb for Claiming {
    type Answer = Vec<Claimed>;
    const NAME: &'static str = "claim";

    fn run(&self, tx: &Tx<'_>) -> rusqlite::Result<Self::Answer> {
        let request = &self.0;
        let worker = request.worker.as_bytes();
        if !tx.prepare(include_str!("../sql/worker.sql"))?.exists([worker])? {
            return Ok(Vec::new());
        }
        let mut choice = Choice::new(request);
        if request.ids.is_empty() {
            choice.fill_from_ready(tx)?;
        } else {
            choice.fill_from_named(tx, &request.ids)?;
        }
        take(tx, &choice.chosen, request.worker)
    }
}

fn take(tx: &Tx<'_>, chosen: &[i64], worker: WorkerId) -> rusqlite::Result<Vec<Claimed>> {
    let mut read = tx.prepare(include_str!("../sql/get_by_seq.sql"))?;
    let mut write = tx.prepare(include_str!("../sql/claim.sql"))?;
    let mut claim = |seq: &i64| {
        let task = read.query_row([seq], row::task)?;
        claim(&mut write, *seq, task, worker, tx.now())
    };
    chosen.iter().map(&mut claim).collect()
}

fn claim(
    write: &mut CachedStatement<'_>,
    seq: i64,
    mut task: Task,
    worker: WorkerId,
    now: Timestamp,
) -> rusqlite::Result<Claimed> {
    let previous_progress = task.progress.clone();
    apply(&mut task, Change::Claim { worker }, now);
    let written = write.execute(params![
        seq,
        row::ordered(task.revision),
        task.attempt,
        worker.as_bytes(),
        task.started_at.map(row::micros),
        row::micros(task.updated_at),
    ])?;
    operate::exactly_one(written)?;
    Ok(Claimed {
        task,
        previous_progress,
    })
}

/// A due task of a wanted kind. The smallest turn is next: high priority first, then `run_at`, then id.
struct Candidate {
    turn: (Reverse<u8>, i64, [u8; 16]),
    seq: i64,
    suspect: bool,
    kind: String,
}

/// What is chosen so far, and how much room is left.
struct Choice<'a> {
    max_rescues: u32,
    limit: usize,
    suspects: usize,
    slots: BTreeMap<&'a str, usize>,
    chosen: Vec<i64>,
}

impl<'a> Choice<'a> {
    fn new(request: &'a ClaimRequest) -> Self {
        // Of a kind that is named twice, the last number counts.
        let wants = request.wants.iter();
        Self {
            max_rescues: request.max_rescues,
            limit: request.limit as usize,
            suspects: request.suspects as usize,
            slots: wants
                .map(|want| (want.kind.as_str(), want.slots as usize))
                .collect(),
            chosen: Vec::new(),
        }
    }

    /// Goes down the priorities at which tasks of the wanted kinds wait. Each step reads as many candidates of each kind as
    /// there is room for, so what this worker can't run, or what is due later, costs nothing, however much it is.
    fn fill_from_ready(&mut self, tx: &Tx<'_>) -> rusqlite::Result<()> {
        let mut below = MAX_PRIORITY + 1;
        while below > 0 && self.limit > 0 {
            let mut at = BTreeMap::<u8, Vec<&'a str>>::new();
            for (&kind, _) in self.slots.iter().filter(|(_, slots)| **slots > 0) {
                if let Some(priority) = next_priority(tx, kind, below - 1)? {
                    at.entry(priority).or_default().push(kind);
                }
            }
            let Some((priority, kinds)) = at.pop_last() else {
                return Ok(());
            };
            let mut candidates = Vec::new();
            for kind in kinds {
                self.read_due(tx, kind, priority, &mut candidates)?;
            }
            self.choose(candidates);
            below = priority;
        }
        Ok(())
    }

    fn fill_from_named(&mut self, tx: &Tx<'_>, ids: &[TaskId]) -> rusqlite::Result<()> {
        let mut look = tx.prepare(include_str!("../sql/claim_named.sql"))?;
        let mut candidates = Vec::new();
        for id in ids.iter().collect::<BTreeSet<_>>() {
            let found = look
                .query_row(params![id.as_bytes(), row::micros(tx.now())], |row| {
                    let kind: String = row.get(4)?;
                    let priority = row.get(5)?;
                    self.candidate(row, priority, kind)
                })
                .optional()?;
            candidates.extend(found);
        }
        self.choose(candidates);
        Ok(())
    }

    fn read_due(
        &self,
        tx: &Tx<'_>,
        kind: &str,
        priority: u8,
        candidates: &mut Vec<Candidate>,
    ) -> rusqlite::Result<()> {
        let mut due = tx.prepare(include_str!("../sql/claim_due.sql"))?;
        let mut rows = due.query(params![kind, priority, row::micros(tx.now())])?;
        let mut room = self.slots[kind].min(self.limit);
        let mut suspects = self.suspects;
        while room > 0
            && let Some(row) = rows.next()?
        {
            let candidate = self.candidate(row, priority, kind.to_owned())?;
            let left = if candidate.suspect {
                &mut suspects
            } else {
                &mut room
            };
            if *left > 0 {
                *left -= 1;
                candidates.push(candidate);
            }
        }
        Ok(())
    }

    fn candidate(&self, row: &rusqlite::Row<'_>, priority: u8, kind: String) -> rusqlite::Result<Candidate> {
        let rescues: u32 = row.get(3)?;
        Ok(Candidate {
            turn: (Reverse(priority), row.get(1)?, row.get(2)?),
            seq: row.get(0)?,
            suspect: rescues >= 1 && rescues.saturating_add(1) == self.max_rescues,
            kind,
        })
    }

    fn choose(&mut self, mut candidates: Vec<Candidate>) {
        candidates.sort_unstable_by_key(|candidate| candidate.turn);
        for candidate in candidates {
            let slots = self.slots.get_mut(candidate.kind.as_str());
            let Some(slots) = slots.filter(|slots| **slots > 0) else {
                continue;
            };
            if self.limit == 0 {
                return;
            }
            if candidate.suspect {
                if self.suspects == 0 {
                    continue;
                }
                self.suspects -= 1;
            }
            *slots -= 1;
            self.limit -= 1;
            self.chosen.push(candidate.seq);
        }
    }
}

fn next_priority(tx: &Tx<'_>, kind: &str, at_most: u8) -> rusqlite::Result<Option<u8>> {
    tx.prepare(include_str!("../sql/claim_priority.sql"))?
        .query_row(params![kind, at_most], |row| row.get(0))
        .optional()
}
