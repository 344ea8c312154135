//! Beat: a worker's counter, its claims' progress, and what differs between its account and the store's.

use std::collections::BTreeSet;

use leyline_core::Progress;
use leyline_core::store::{Beat, BeatReply, Held, Result, Stray};

use crate::error::{self, Phase};
use crate::row::Cells;
use crate::session::{Sql, Transaction};
use crate::store::Inner;
use crate::value::{self, Uuid};

pub(crate) async fn beat(inner: &Inner, beat: &Beat) -> Result<BeatReply> {
    inner.within(Phase::Commit, keep(inner, beat)).await
}

/// The worker's row first, then its tasks: so a beat that had to wait for its own rescue sees what that took.
async fn keep(inner: &Inner, beat: &Beat) -> Result<BeatReply> {
    let mut session = inner.beat_session().await?;
    let mut transaction = session.begin().await?;
    transaction.run(keep_worker(inner, beat)).await?;
    let stored = stored(inner, beat, &mut transaction).await?;
    let moved: Vec<(&Held, &Progress)> = beat
        .held
        .iter()
        .filter(|held| stored.contains(&claim(held)))
        .filter_map(|held| held.progress.as_ref().map(|progress| (held, progress)))
        .collect();
    if !moved.is_empty() {
        transaction.run(keep_progress(inner, beat, &moved)).await?;
    }
    transaction.commit(Phase::Commit).await?;
    let named: BTreeSet<Stray> = beat.held.iter().map(claim).collect();
    let lost = beat.held.iter().filter(|held| !stored.contains(&claim(held)));
    Ok(BeatReply {
        lost: lost.map(|held| held.id).collect(),
        stray: stored.difference(&named).copied().collect(),
    })
}

fn claim(held: &Held) -> Stray {
    Stray {
        id: held.id,
        revision: held.revision,
    }
}

fn keep_worker<'a>(inner: &Inner, beat: &Beat) -> Sql<'a> {
    inner
        .sql
        .query(&inner.sql.beat)
        .bind(Uuid(*beat.worker.as_bytes()))
        .bind(value::ordered(beat.counter))
        .bind(value::interval(beat.period))
}

async fn stored(inner: &Inner, beat: &Beat, transaction: &mut Transaction<'_>) -> Result<BTreeSet<Stray>> {
    let sql = inner
        .sql
        .query(&inner.sql.beat_held)
        .bind(Uuid(*beat.worker.as_bytes()));
    let rows = transaction.run(sql).await?;
    let stored: sqlx::Result<_> = rows
        .iter()
        .map(|row| {
            let mut cells = Cells::of(row);
            Ok(Stray {
                id: cells.task_id()?,
                revision: cells.number()?,
            })
        })
        .collect();
    stored.map_err(|error| error::of(error, Phase::Before))
}

fn keep_progress<'a>(inner: &Inner, beat: &Beat, moved: &[(&'a Held, &'a Progress)]) -> Sql<'a> {
    let of_held = |of: fn(&Held) -> i64| moved.iter().map(|(held, _)| of(held)).collect::<Vec<i64>>();
    let number = |of: fn(&Progress) -> Option<i64>| -> Vec<Option<i64>> {
        moved.iter().map(|(_, progress)| of(progress)).collect()
    };
    let text = |of: fn(&'a Progress) -> Option<&'a str>| -> Vec<Option<&'a str>> {
        moved.iter().map(|(_, progress)| of(progress)).collect()
    };
    let ids: Vec<Uuid> = moved.iter().map(|(held, _)| Uuid(*held.id.as_bytes())).collect();
    let ticks: Vec<i64> = moved
        .iter()
        .map(|(_, progress)| value::ordered(progress.tick))
        .collect();
    let fractions: Vec<Option<f64>> = moved.iter().map(|(_, progress)| progress.fraction).collect();
    inner
        .sql
        .query(&inner.sql.beat_progress)
        .bind(Uuid(*beat.worker.as_bytes()))
        .bind(ids)
        .bind(of_held(|held| value::ordered(held.revision)))
        .bind(ticks)
        .bind(fractions)
        .bind(number(|progress| value::kept(progress.done)))
        .bind(number(|progress| value::kept(progress.total)))
        .bind(text(|progress| progress.unit.as_deref()))
        .bind(text(|progress| progress.phase.as_deref()))
        .bind(text(|progress| progress.message.as_deref()))
}
