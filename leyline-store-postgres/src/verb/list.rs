//! List: pages, newest (highest id) first.

use leyline_core::store::{Cursor, ListQuery, Page, Result};
use leyline_core::{Kind, Status, TaskId};
use sqlx::Row as _;
use sqlx::postgres::PgRow;

use crate::error::{self, Phase};
use crate::row;
use crate::session::Sql;
use crate::store::Inner;
use crate::value::Uuid;

/// Most tasks that are looked at for one page. One filter alone finds its index; of two, one is served by an index and the
/// other is not, and whoever asks for what is rare among a million must not keep the database busy.
const WALK: i64 = 10_000;

/// Columns that a walk puts before the task.
const EDGE: usize = 2;

pub(crate) async fn list(inner: &Inner, query: &ListQuery) -> Result<Page> {
    let Some(from) = first_id(query) else {
        return Ok(Page::default());
    };
    let (sql, walks) = statement(inner, query, from);
    let rows = inner.read(sql).await?;
    let page = if walks {
        walked(&rows, query.page_size())
    } else {
        row::tasks(&rows).map(|tasks| cut(tasks, query.page_size()))
    };
    page.map_err(|error| error::of(error, Phase::Before))
}

/// The highest id that may stand on the page; none is left below the lowest.
fn first_id(query: &ListQuery) -> Option<Uuid> {
    let Some(cursor) = &query.after else {
        return Some(Uuid([0xff; 16]));
    };
    let above = u128::from_be_bytes(*cursor.id().as_bytes());
    above.checked_sub(1).map(|id| Uuid(id.to_be_bytes()))
}

/// The statement of these filters, and whether it walks past tasks that do not pass.
fn statement<'q>(inner: &Inner, query: &'q ListQuery, from: Uuid) -> (Sql<'q>, bool) {
    let sql = &inner.sql;
    let kind = query.kind.as_ref().map(Kind::as_str);
    let status = query.status.map(|status| i16::from(status.code()));
    // One more than the page holds shows whether another follows.
    let page = |text| sql.query(text).bind(from).bind(query.page_size() as i64 + 1);
    match (query.owner.as_deref(), kind, query.status) {
        (None, None, None) => (page(&sql.list_all), false),
        (None, None, Some(status)) => (page(sql.list_status(status)), false),
        (Some(owner), None, None) => (page(&sql.list_owner).bind(owner), false),
        (None, Some(kind), None) => (page(&sql.list_kind).bind(kind), false),
        (Some(owner), ..) => {
            let walk = page(&sql.list_owner_walk).bind(owner);
            (walk.bind(kind).bind(status).bind(WALK), true)
        }
        (None, Some(kind), Some(_)) => {
            let walk = page(&sql.list_kind_walk).bind(kind);
            (walk.bind(None::<&str>).bind(status).bind(WALK), true)
        }
    }
}

/// A page of tasks of which the last one may be too many.
fn cut(mut tasks: Vec<leyline_core::Task>, size: usize) -> Page {
    let more = tasks.len() > size;
    tasks.truncate(size);
    let next = tasks.last().filter(|_| more).map(|task| Cursor::after(task.id));
    Page { tasks, next }
}

/// A page from a walk. Where too few passed and the walk came to its bound, the next page goes on behind it.
fn walked(rows: &[PgRow], size: usize) -> sqlx::Result<Page> {
    let Some(first) = rows.first() else {
        return Ok(Page::default());
    };
    let (walked, edge): (i64, Option<Uuid>) = (first.try_get(0)?, first.try_get(1)?);
    let mut tasks = Vec::new();
    for row in rows {
        if row.try_get::<Option<Uuid>, _>(EDGE)?.is_some() {
            tasks.push(row::task(row, EDGE)?);
        }
    }
    let mut page = cut(tasks, size);
    if page.next.is_none() && walked == WALK {
        page.next = edge.map(|id| Cursor::after(TaskId::from_bytes(id.0)));
    }
    Ok(page)
}

impl crate::statements::Statements {
    fn list_status(&self, status: Status) -> &std::sync::Arc<str> {
        &self.list_by_status[usize::from(status.code())]
    }
}
