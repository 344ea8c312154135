//! List: pages, newest (highest id) first.

use leyline_core::store::{Cursor, ListQuery, Page};
use leyline_core::{Kind, Status, TaskId};
use rusqlite::params;

use super::{Tx, Verb, get};

/// Above every id: one byte longer than the highest of them.
const ABOVE_ALL: [u8; 17] = [0xff; 17];

/// Most tasks that are looked at for one page. One filter alone finds its index and never comes near; of two, one is served
/// by an index and the other is not. Without a bound, four clients that ask for what is rare among a million would occupy
/// every reader, or in memory the writer, and the worker's own reads would wait behind them.
const WALK: usize = 10_000;

pub(crate) struct List {
    pub(super) query: ListQuery,
    pub(super) walk: usize,
}

impl List {
    pub(crate) fn new(query: ListQuery) -> Self {
        Self { query, walk: WALK }
    }
}

impl Verb for List {
    type Answer = Page;
    const NAME: &'static str = "list";

    /// Reads row by row, and ends the page where it is full, or where it has walked far enough: the cursor stands there.
    fn run(&self, tx: &Tx<'_>) -> rusqlite::Result<Self::Answer> {
        let query = &self.query;
        let before = match &query.after {
            Some(cursor) => cursor.id().as_bytes().to_vec(),
            None => ABOVE_ALL.to_vec(),
        };
        let (kind, status) = (
            query.kind.as_ref().map(Kind::as_str),
            query.status.map(Status::code),
        );
        let mut walk = tx.prepare(&statement(query))?;
        let mut rows = walk.query(params![before, query.owner, kind, status])?;
        let (mut page, mut last, mut walked) = (Page::default(), None, 0);
        while let Some(row) = rows.next()? {
            let fits: bool = row.get(2)?;
            if walked == self.walk || (fits && page.tasks.len() == query.page_size()) {
                page.next = last.map(Cursor::after);
                break;
            }
            if fits {
                page.tasks.push(get::by_seq(tx, row.get(0)?)?);
            }
            last = Some(TaskId::from_bytes(row.get(1)?));
            walked += 1;
        }
        Ok(page)
    }
}

/// Of the filters the one that leaves least to walk through stands in the text. The status is a literal, so that the indexes
/// of one status are found; nothing of a client's is in the text.
pub(super) fn statement(query: &ListQuery) -> String {
    let walk = match (query.status, &query.owner, &query.kind) {
        (Some(Status::Processing), ..) => include_str!("../sql/list_processing.sql"),
        (_, Some(_), _) => "    AND owner = ?2\n",
        (Some(Status::Pending), ..) => "    AND status = 0\n",
        (Some(Status::Failed), ..) => "    AND status = 3\n",
        (Some(Status::Cancelled), ..) => "    AND status = 4\n",
        (_, _, Some(_)) => "    AND kind = ?3\n",
        (Some(Status::Completed), ..) => "    AND status = 2\n",
        (None, None, None) => "",
    };
    format!("{}{walk}ORDER BY id DESC\n", include_str!("../sql/list.sql"))
}
