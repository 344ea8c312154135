//! Rescue: rows of dead workers go, and tasks whose worker has no row are freed.

use leyline_core::store::{Rescue, Rescued, Result};
use leyline_core::task::Failure;
use tracing::warn;

use crate::error::{self, Phase};
use crate::row;
use crate::session::Session;
use crate::statements::Locked;
use crate::store::Inner;
use crate::value::{self, Uuid};

pub(crate) async fn rescue(inner: &Inner, rescue: &Rescue) -> Result<Rescued> {
    inner.within(Phase::Commit, patiently(inner, rescue)).await
}

/// What somebody holds for long is left to the next look: a frozen session must not keep the tasks of others' dead waiting.
async fn patiently(inner: &Inner, rescue: &Rescue) -> Result<Rescued> {
    let mut session = inner.session().await?;
    match free(inner, &mut session, rescue, Locked::Wait).await {
        Err(error) if error::is_lock_timeout(&error) => {
            warn!(%error, "somebody holds a dead worker's row or task; rescues the others");
            // In the same session: another one might still meet the locks that this one had until now, and pass them by too.
            session.roll_back().await?;
            free(inner, &mut session, rescue, Locked::Pass).await
        }
        answer => answer,
    }
}

/// Two statements, because the second has to see what was committed while the first one waited.
async fn free(inner: &Inner, session: &mut Session, rescue: &Rescue, locked: Locked) -> Result<Rescued> {
    let failed = |error| error::of(error, Phase::Before);
    let workers: Vec<Uuid> = rescue
        .dead
        .iter()
        .map(|dead| Uuid(*dead.worker.as_bytes()))
        .collect();
    let counters: Vec<i64> = rescue
        .dead
        .iter()
        .map(|dead| value::ordered(dead.counter))
        .collect();
    let failure = Failure::worker_lost();
    let bury = inner
        .sql
        .query(&inner.sql.rescue_bury[locked as usize])
        .bind(workers)
        .bind(counters);
    let orphans = inner
        .sql
        .query(&inner.sql.rescue[locked as usize])
        .bind(value::count(rescue.max_rescues))
        .bind(i64::from(rescue.limit))
        .bind(row::json(&failure).map_err(failed)?)
        .bind(failure.code)
        .bind(failure.message);
    let mut transaction = session.begin().await?;
    transaction.run(bury).await?;
    let rows = transaction.run(orphans).await?;
    let tasks = row::tasks(&rows).map_err(failed)?;
    transaction.commit(Phase::Commit).await?;
    inner.wake_for(&tasks);
    let more = tasks.len() == rescue.limit as usize;
    Ok(Rescued { tasks, more })
}
