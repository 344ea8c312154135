//! Rows and tasks: how a [`Task`] lies in the database. `sql/row.sql` names the columns in the order in which they are read.

use leyline_core::task::Digest;
use leyline_core::{Json, Kind, Progress, Status, Task, TaskId, Timestamp, WorkerId};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sqlx::error::BoxDynError;
use sqlx::postgres::PgRow;
use sqlx::{Decode, Postgres, Row as _, Type};

use crate::value::{Time, Uuid};

/// Reads a whole task, whose columns begin at `first`.
pub(crate) fn task(row: &PgRow, first: usize) -> sqlx::Result<Task> {
    let mut cells = Cells { row, next: first };
    Ok(Task {
        id: cells.task_id()?,
        kind: cells.kind()?,
        owner: cells.read()?,
        status: cells.status()?,
        revision: cells.number()?,
        attempt: cells.count()?,
        max_attempts: cells.count()?,
        params: cells.with(Json::parse)?,
        input: cells.json()?,
        progress: cells.progress()?,
        checkpoint: cells.maybe(Json::parse)?,
        output: cells.json()?,
        failure: cells.json()?,
        history: cells.json()?.unwrap_or_default(),
        priority: cells.small()?,
        run_at: cells.time()?,
        worker: cells.read::<Option<Uuid>>()?.map(|id| WorkerId::from_bytes(id.0)),
        rescues: cells.count()?,
        idempotency_key: cells.read()?,
        request_digest: cells.digest()?,
        trace_context: cells.read()?,
        created_at: cells.time()?,
        started_at: cells.read::<Option<Time>>()?.map(|time| time.0),
        finished_at: cells.read::<Option<Time>>()?.map(|time| time.0),
        updated_at: cells.time()?,
    })
}

/// Reads whole tasks.
pub(crate) fn tasks(rows: &[PgRow]) -> sqlx::Result<Vec<Task>> {
    rows.iter().map(|row| task(row, 0)).collect()
}

/// Reads the cells of a row one after the other.
pub(crate) struct Cells<'a> {
    row: &'a PgRow,
    next: usize,
}

impl<'a> Cells<'a> {
    /// From the first cell on.
    pub(crate) fn of(row: &'a PgRow) -> Self {
        Self { row, next: 0 }
    }

    pub(crate) fn read<T: Decode<'a, Postgres> + Type<Postgres>>(&mut self) -> sqlx::Result<T> {
        let at = self.next;
        self.next += 1;
        self.row.try_get(at)
    }

    pub(crate) fn task_id(&mut self) -> sqlx::Result<TaskId> {
        self.read::<Uuid>().map(|id| TaskId::from_bytes(id.0))
    }

    pub(crate) fn worker_id(&mut self) -> sqlx::Result<WorkerId> {
        self.read::<Uuid>().map(|id| WorkerId::from_bytes(id.0))
    }

    pub(crate) fn kind(&mut self) -> sqlx::Result<Kind> {
        self.with(Kind::new)
    }

    pub(crate) fn maybe_kind(&mut self) -> sqlx::Result<Option<Kind>> {
        self.maybe(Kind::new)
    }

    pub(crate) fn number(&mut self) -> sqlx::Result<u64> {
        self.read().map(i64::cast_unsigned)
    }

    fn count(&mut self) -> sqlx::Result<u32> {
        self.read().map(i32::cast_unsigned)
    }

    pub(crate) fn time(&mut self) -> sqlx::Result<Timestamp> {
        self.read::<Time>().map(|time| time.0)
    }

    fn small(&mut self) -> sqlx::Result<u8> {
        let number: i16 = self.read()?;
        u8::try_from(number).map_err(|error| self.failed(error))
    }

    pub(crate) fn status(&mut self) -> sqlx::Result<Status> {
        let code = self.small()?;
        Status::from_code(code).ok_or_else(|| self.failed("a status that is none"))
    }

    fn digest(&mut self) -> sqlx::Result<Digest> {
        let bytes: &[u8] = self.read()?;
        let bytes = bytes.try_into().map_err(|error| self.failed(error))?;
        Ok(Digest::from_bytes(bytes))
    }

    /// A text that is not NULL, made into something else.
    fn with<T, E: Into<BoxDynError>>(&mut self, make: impl FnOnce(&str) -> Result<T, E>) -> sqlx::Result<T> {
        let text: &str = self.read()?;
        make(text).map_err(|error| self.failed(error))
    }

    fn maybe<T, E: Into<BoxDynError>>(
        &mut self,
        make: impl FnOnce(&str) -> Result<T, E>,
    ) -> sqlx::Result<Option<T>> {
        let text: Option<&str> = self.read()?;
        text.map(make).transpose().map_err(|error| self.failed(error))
    }

    fn json<T: DeserializeOwned>(&mut self) -> sqlx::Result<Option<T>> {
        self.maybe(|text| serde_json::from_str(text))
    }

    pub(crate) fn progress(&mut self) -> sqlx::Result<Progress> {
        Ok(Progress {
            tick: self.number()?,
            fraction: self.read()?,
            done: self.read::<Option<i64>>()?.map(i64::cast_unsigned),
            total: self.read::<Option<i64>>()?.map(i64::cast_unsigned),
            unit: self.read()?,
            phase: self.read()?,
            message: self.read()?,
        })
    }

    /// The cell that was read last holds what it can't.
    fn failed(&self, error: impl Into<BoxDynError>) -> sqlx::Error {
        sqlx::Error::ColumnDecode {
            index: (self.next - 1).to_string(),
            source: error.into(),
        }
    }
}

/// A value as JSON text.
pub(crate) fn json<T: Serialize>(value: &T) -> sqlx::Result<String> {
    serde_json::to_string(value).map_err(|error| sqlx::Error::Encode(error.into()))
}
