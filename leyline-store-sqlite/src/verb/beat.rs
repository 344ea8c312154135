//! Beat: a worker's counter, its claims' progress, and what differs between its account and the store's.

use std::collections::BTreeSet;

use leyline_core::store::{Beat, BeatReply, Held, Stray};
use leyline_core::{Progress, TaskId, WorkerId};
use rusqlite::{CachedStatement, params};

use super::{Tx, Verb};
use crate::row;

pub(crate) struct Beaten(pub(crate) Beat);

impl Verb for Beaten {
    type Answer = BeatReply;
    const NAME: &'static str = "beat";

    fn run(&self, tx: &Tx<'_>) -> rusqlite::Result<Self::Answer> {
        let beat = &self.0;
        keep_worker(tx, beat)?;
        let stored = stored(tx, beat.worker)?;
        let mut write = tx.prepare(include_str!("../sql/beat_progress.sql"))?;
        for held in beat.held.iter().filter(|held| stored.contains(&claim(held))) {
            if let Some(progress) = &held.progress {
                keep_progress(&mut write, beat.worker, held, progress)?;
            }
        }
        let named: BTreeSet<Stray> = beat.held.iter().map(claim).collect();
        let lost = beat.held.iter().filter(|held| !stored.contains(&claim(held)));
        Ok(BeatReply {
            lost: lost.map(|held| held.id).collect(),
            stray: stored.difference(&named).copied().collect(),
        })
    }

    fn bytes(&self) -> usize {
        self.0.held.len() * size_of::<Held>()
    }
}

fn claim(held: &Held) -> Stray {
    Stray {
        id: held.id,
        revision: held.revision,
    }
}

fn keep_worker(tx: &Tx<'_>, beat: &Beat) -> rusqlite::Result<()> {
    let period = i64::try_from(beat.period.as_micros()).unwrap_or(i64::MAX);
    tx.prepare(include_str!("../sql/beat.sql"))?.execute(params![
        beat.worker.as_bytes(),
        row::ordered(beat.counter),
        period,
        row::micros(tx.now()),
    ])?;
    Ok(())
}

fn stored(tx: &Tx<'_>, worker: WorkerId) -> rusqlite::Result<BTreeSet<Stray>> {
    tx.prepare(include_str!("../sql/beat_held.sql"))?
        .query_map([worker.as_bytes()], |row| {
            Ok(Stray {
                id: TaskId::from_bytes(row.get(0)?),
                revision: row.get::<_, i64>(1)?.cast_unsigned(),
            })
        })?
        .collect()
}

fn keep_progress(
    write: &mut CachedStatement<'_>,
    worker: WorkerId,
    held: &Held,
    progress: &Progress,
) -> rusqlite::Result<()> {
    write.execute(params![
        held.id.as_bytes(),
        row::ordered(held.revision),
        worker.as_bytes(),
        row::ordered(progress.tick),
        progress.fraction,
        row::kept(progress.done),
        row::kept(progress.total),
        progress.unit,
        progress.phase,
        progress.message,
    ])?;
    Ok(())
}
