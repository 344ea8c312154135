//! Finish: the end of a claim, behind the fence.

use leyline_core::status::Step;
use leyline_core::store::{Error, Finish, Outcome, Result};
use leyline_core::transition::{Change, apply};
use leyline_core::{Claim, Task};
use rusqlite::{CachedStatement, OptionalExtension as _, params};

use super::{Tx, Verb};
use crate::row;

pub(crate) struct Finishes(pub(crate) Vec<Finish>);

impl Verb for Finishes {
    type Answer = Vec<Result<Task>>;
    const NAME: &'static str = "finish";

    fn run(&self, tx: &Tx<'_>) -> rusqlite::Result<Self::Answer> {
        let mut fenced = Fenced {
            read: tx.prepare(include_str!("../sql/get.sql"))?,
            write: tx.prepare(include_str!("../sql/finish.sql"))?,
        };
        self.0.iter().map(|finish| fenced.end(tx, finish)).collect()
    }

    fn bytes(&self) -> usize {
        self.0.iter().map(size).sum()
    }
}

fn size(finish: &Finish) -> usize {
    let output = match &finish.outcome {
        Outcome::Complete { output } => output.value.as_str().len() + 256 * output.artifacts.len(),
        _ => 0,
    };
    512 + output
}

/// The statements of a batch.
struct Fenced<'a> {
    read: CachedStatement<'a>,
    write: CachedStatement<'a>,
}

impl Fenced<'_> {
    fn end(&mut self, tx: &Tx<'_>, finish: &Finish) -> rusqlite::Result<Result<Task>> {
        let claim = &finish.claim;
        let lost = Ok(Err(Error::ClaimLost { id: claim.id }));
        let before = self.read.query_row([claim.id.as_bytes()], row::task_and_seq);
        let held = before
            .optional()?
            .filter(|(task, _)| task.claim().as_ref() == Some(claim));
        let Some((mut task, seq)) = held else {
            return lost;
        };
        let change = Change::Finish {
            outcome: finish.outcome.clone(),
            progress: finish.progress.clone(),
        };
        if !matches!(apply(&mut task, change, tx.now()), Step::To(_)) || !self.write(claim, &task)? {
            return lost;
        }
        if matches!(finish.outcome, Outcome::Retry { .. } | Outcome::Fail { .. }) {
            remember(tx, seq, &task)?;
        }
        tx.wrote(&task);
        Ok(Ok(task))
    }

    /// Writes what a finish changes; false where the fence does not hold.
    fn write(&mut self, claim: &Claim, task: &Task) -> rusqlite::Result<bool> {
        let progress = &task.progress;
        let written = self.write.execute(params![
            claim.id.as_bytes(),
            row::ordered(claim.revision),
            claim.worker.as_bytes(),
            task.status.code(),
            task.attempt,
            row::micros(task.run_at),
            row::ordered(progress.tick),
            progress.fraction,
            row::kept(progress.done),
            row::kept(progress.total),
            progress.unit,
            progress.phase,
            progress.message,
            task.output.as_ref().map(row::json).transpose()?,
            task.failure.as_ref().map(row::json).transpose()?,
            task.finished_at.map(row::micros),
            row::micros(task.updated_at),
        ])?;
        Ok(written == 1)
    }
}

/// Writes the history of a task, an attempt of which has failed.
pub(super) fn remember(tx: &Tx<'_>, seq: i64, task: &Task) -> rusqlite::Result<()> {
    let history = row::json(&task.history)?;
    tx.prepare(include_str!("../sql/history.sql"))?
        .execute(params![seq, history])?;
    Ok(())
}
