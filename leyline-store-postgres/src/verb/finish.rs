//! Finish: the ends of claims, behind the fence.

use std::collections::BTreeMap;

use leyline_core::store::{Error, Finish, Outcome, Result};
use leyline_core::task::Failure;
use leyline_core::{Claim, Task};
use sqlx::postgres::types::PgInterval;

use crate::error::{self, Phase};
use crate::row;
use crate::store::Inner;
use crate::value::{self, Uuid};

pub(crate) async fn finish(inner: &Inner, finishes: &[Finish]) -> Result<Vec<Result<Task>>> {
    // Of two ends of one claim the first counts.
    let mut first = BTreeMap::<Claim, usize>::new();
    for (at, finish) in finishes.iter().enumerate() {
        first.entry(finish.claim).or_insert(at);
    }
    let mut given = Given::default();
    let encode = |error| error::of(error, Phase::Before);
    for at in first.values() {
        given.push(&finishes[*at]).map_err(encode)?;
    }
    let rows = inner.change(given.bind(inner)).await?;
    let ended = row::tasks(&rows).map_err(|error| error::of(error, Phase::Commit))?;
    inner.wake_for(&ended);
    let mut ended: BTreeMap<_, Task> = ended.into_iter().map(|task| (task.id, task)).collect();
    let answers = finishes.iter().enumerate().map(|(at, finish)| {
        let claim = finish.claim;
        // The fence let at most one claim of a task through: the one whose revision is one below the row's.
        let is_this = |task: &Task| task.revision == claim.revision + 1;
        if first[&claim] == at && ended.get(&claim.id).is_some_and(is_this) {
            return ended.remove(&claim.id).ok_or(Error::ClaimLost { id: claim.id });
        }
        Err(Error::ClaimLost { id: claim.id })
    });
    Ok(answers.collect())
}

/// The columns of a batch.
#[derive(Default)]
struct Given<'a> {
    ids: Vec<Uuid>,
    revisions: Vec<i64>,
    workers: Vec<Uuid>,
    outcomes: Vec<i16>,
    delays: Vec<Option<PgInterval>>,
    outputs: Vec<Option<String>>,
    failures: Vec<Option<String>>,
    codes: Vec<Option<&'a str>>,
    failure_messages: Vec<Option<&'a str>>,
    ticks: Vec<Option<i64>>,
    fractions: Vec<Option<f64>>,
    done: Vec<Option<i64>>,
    totals: Vec<Option<i64>>,
    units: Vec<Option<&'a str>>,
    phases: Vec<Option<&'a str>>,
    messages: Vec<Option<&'a str>>,
}

impl<'a> Given<'a> {
    fn push(&mut self, finish: &'a Finish) -> sqlx::Result<()> {
        let claim = &finish.claim;
        self.ids.push(Uuid(*claim.id.as_bytes()));
        self.revisions.push(value::ordered(claim.revision));
        self.workers.push(Uuid(*claim.worker.as_bytes()));
        let (outcome, delay, output, failure) = match &finish.outcome {
            Outcome::Complete { output } => (0, None, Some(output), None),
            Outcome::Retry { failure, delay } => (1, Some(*delay), None, Some(failure)),
            Outcome::Fail { failure } => (2, None, None, Some(failure)),
            Outcome::Release => (3, None, None, None),
            Outcome::Snooze { delay } => (4, Some(*delay), None, None),
            _ => {
                return Err(sqlx::Error::Encode(
                    "an outcome that this store does not know".into(),
                ));
            }
        };
        self.outcomes.push(outcome);
        self.delays.push(delay.map(value::interval));
        self.outputs.push(output.map(row::json).transpose()?);
        self.push_failure(failure)?;
        self.push_progress(finish);
        Ok(())
    }

    fn push_failure(&mut self, failure: Option<&'a Failure>) -> sqlx::Result<()> {
        self.failures.push(failure.map(row::json).transpose()?);
        self.codes.push(failure.map(|failure| failure.code.as_str()));
        self.failure_messages
            .push(failure.map(|failure| failure.message.as_str()));
        Ok(())
    }

    fn push_progress(&mut self, finish: &'a Finish) {
        let progress = finish.progress.as_ref();
        self.ticks
            .push(progress.map(|progress| value::ordered(progress.tick)));
        self.fractions
            .push(progress.and_then(|progress| progress.fraction));
        self.done
            .push(progress.and_then(|progress| value::kept(progress.done)));
        self.totals
            .push(progress.and_then(|progress| value::kept(progress.total)));
        self.units
            .push(progress.and_then(|progress| progress.unit.as_deref()));
        self.phases
            .push(progress.and_then(|progress| progress.phase.as_deref()));
        self.messages
            .push(progress.and_then(|progress| progress.message.as_deref()));
    }

    fn bind(self, inner: &Inner) -> crate::session::Sql<'a> {
        inner
            .sql
            .query(&inner.sql.finish)
            .bind(self.ids)
            .bind(self.revisions)
            .bind(self.workers)
            .bind(self.outcomes)
            .bind(self.delays)
            .bind(self.outputs)
            .bind(self.failures)
            .bind(self.codes)
            .bind(self.failure_messages)
            .bind(self.ticks)
            .bind(self.fractions)
            .bind(self.done)
            .bind(self.totals)
            .bind(self.units)
            .bind(self.phases)
            .bind(self.messages)
    }
}
