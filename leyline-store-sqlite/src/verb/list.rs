//! List: pages, newest (highest id) first.

use leyline_core::store::{Cursor, ListQuery, Page};
use leyline_core::{Kind, Status};
use rusqlite::ToSql;

use super::{Tx, Verb};
use crate::row;

/// Above every id: one byte longer than the highest of them.
const ABOVE_ALL: [u8; 17] = [0xff; 17];

pub(crate) struct List(pub(crate) ListQuery);

impl Verb for List {
    type Answer = Page;
    const NAME: &'static str = "list";

    fn run(&self, tx: &Tx<'_>) -> rusqlite::Result<Self::Answer> {
        let query = &self.0;
        let before = match &query.after {
            Some(cursor) => cursor.id().as_bytes().to_vec(),
            None => ABOVE_ALL.to_vec(),
        };
        // One more than fits: it shows whether there is a next page.
        let limit = query.page_size() as i64 + 1;
        let kind = query.kind.as_ref().map(Kind::as_str);
        let mut params: Vec<&dyn ToSql> = vec![&before];
        params.extend(query.owner.as_ref().map(|owner| owner as &dyn ToSql));
        params.extend(kind.as_ref().map(|kind| kind as &dyn ToSql));
        params.push(&limit);
        let mut tasks = tx
            .prepare(&statement(query))?
            .query_map(&*params, row::task)?
            .collect::<rusqlite::Result<Vec<_>>>()?;
        let full = tasks.len() > query.page_size();
        tasks.truncate(query.page_size());
        let next = tasks.last().filter(|_| full).map(|task| Cursor::after(task.id));
        Ok(Page { tasks, next })
    }
}

/// Only the filters that are asked for stand in the text, in the order of their parameters: each combination then finds its
/// index. The status is a literal, so that the indexes of one status are found; nothing of a client's is in the text.
fn statement(query: &ListQuery) -> String {
    let mut sql = include_str!("../sql/list.sql").to_owned();
    if query.owner.is_some() {
        sql += "    AND owner = ?\n";
    }
    if query.kind.is_some() {
        sql += "    AND kind = ?\n";
    }
    match query.status {
        None => {}
        Some(Status::Processing) => sql += include_str!("../sql/list_processing.sql"),
        Some(status) => sql = format!("{sql}    AND status = {}\n", status.code()),
    }
    sql + "ORDER BY id DESC\nLIMIT ?\n"
}
