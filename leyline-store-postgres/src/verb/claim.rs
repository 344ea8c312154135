//! Claim: hands out due tasks.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::time::Duration;

use leyline_core::Task;
use leyline_core::store::{ClaimRequest, Claimed, Result};
use sqlx::Row as _;
use sqlx::postgres::PgRow;

use crate::error::{self, Phase};
use crate::row::{self, Cells};
use crate::store::Inner;
use crate::value::{self, Uuid};

/// Columns before the task: how many the look chose, and the progress that the attempt before had made.
const BEFORE_TASK: usize = 8;

/// Tasks of one statement, as `claim.sql` has it. A claim of more takes several.
const MOST: u32 = 500;

/// Where a look has chosen what others were just taking, there may be more of another kind or priority: workers look again
/// when those have committed.
const TAKEN_BY_OTHERS: Duration = Duration::from_millis(20);

/// How often the wait is doubled while others hold what a look chooses: up to five seconds, when polls find it as well.
const DOUBLINGS: u32 = 8;

/// What one statement has done.
struct Taken {
    /// How many tasks its look chose.
    looked: usize,
    claimed: Vec<Claimed>,
}

pub(crate) async fn claim(inner: &Inner, request: &ClaimRequest) -> Result<Vec<Claimed>> {
    let mut claimed = Vec::new();
    loop {
        let taken = match statement(inner, &rest(request, &claimed)).await {
            Ok(taken) => taken,
            Err(error) if claimed.is_empty() => return Err(error),
            // What was claimed before is told all the same.
            Err(_) => return Ok(claimed),
        };
        let took = taken.claimed.len();
        claimed.extend(taken.claimed);
        if took == taken.looked || took > 0 {
            inner.contended.store(0, Ordering::Relaxed);
        }
        if took < taken.looked {
            let times = inner.contended.fetch_add(1, Ordering::Relaxed).min(DOUBLINGS);
            inner.alarm.wake_in(TAKEN_BY_OTHERS * 2_u32.pow(times));
        }
        if took < MOST as usize {
            return Ok(claimed);
        }
    }
}

/// What is left to ask for, in one statement.
fn rest(request: &ClaimRequest, claimed: &[Claimed]) -> ClaimRequest {
    let count =
        |of: &dyn Fn(&Task) -> bool| claimed.iter().filter(|claimed| of(&claimed.task)).count() as u32;
    let mut rest = request.clone();
    rest.limit = (request.limit - claimed.len() as u32).min(MOST);
    rest.suspects = request
        .suspects
        .saturating_sub(count(&|task| task.is_suspect(request.max_rescues)));
    for want in &mut rest.wants {
        want.slots = want.slots.saturating_sub(count(&|task| task.kind == want.kind));
    }
    rest
}

async fn statement(inner: &Inner, request: &ClaimRequest) -> Result<Taken> {
    // Of a kind that is named twice, the last number counts.
    let wants: BTreeMap<&str, i32> = request
        .wants
        .iter()
        .map(|want| (want.kind.as_str(), value::count(want.slots.min(request.limit))))
        .filter(|(_, slots)| *slots > 0)
        .collect();
    if wants.is_empty() {
        return Ok(Taken {
            looked: 0,
            claimed: Vec::new(),
        });
    }
    let text = match wants.len() {
        _ if !request.ids.is_empty() => &inner.sql.claim_named,
        1 => &inner.sql.claim_kind,
        _ => &inner.sql.claim,
    };
    let (kinds, slots): (Vec<&str>, Vec<i32>) = wants.into_iter().unzip();
    let mut sql = inner
        .sql
        .query(text)
        .bind(Uuid(*request.worker.as_bytes()))
        .bind(kinds)
        .bind(slots)
        .bind(i64::from(request.limit))
        .bind(i64::from(request.suspects))
        .bind(rescues_of_a_suspect(request.max_rescues));
    if !request.ids.is_empty() {
        let ids: Vec<Uuid> = request.ids.iter().map(|id| Uuid(*id.as_bytes())).collect();
        sql = sql.bind(ids);
    }
    let rows = inner.change(sql).await?;
    // What can't be read was claimed all the same: the next beat names it as a stray.
    taken(&rows).map_err(|error| error::of(error, Phase::Commit))
}

/// There is a row for each task, or one without.
fn taken(rows: &[PgRow]) -> sqlx::Result<Taken> {
    let mut taken = Taken {
        looked: 0,
        claimed: Vec::new(),
    };
    for row in rows {
        let mut cells = Cells::of(row);
        taken.looked = usize::try_from(cells.number()?).unwrap_or(usize::MAX);
        if row.try_get::<Option<Uuid>, _>(BEFORE_TASK)?.is_some() {
            taken.claimed.push(Claimed {
                previous_progress: cells.progress()?,
                task: row::task(row, BEFORE_TASK)?,
            });
        }
    }
    Ok(taken)
}

/// The next death of its worker fails it: see [`Task::is_suspect`](leyline_core::Task::is_suspect).
fn rescues_of_a_suspect(max_rescues: u32) -> i32 {
    match max_rescues {
        0 | 1 => -1,
        cap => value::count(cap - 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_statement_reads_as_many_tasks_as_are_asked_for() {
        let limits = |text: &str| text.matches(&format!("LIMIT {MOST}\n")).count();
        assert_eq!(limits(include_str!("../sql/claim.sql")), 2);
        assert_eq!(limits(include_str!("../sql/claim_kind.sql")), 1);
    }
}
