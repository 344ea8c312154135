//! Rows and tasks: how a [`Task`] lies in the database.

use jiff::Timestamp;
use leyline_core::task::Digest;
use leyline_core::{Json, Kind, Progress, Status, Task, TaskId, WorkerId};
use rusqlite::Row;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, Type, ValueRef};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Reads a row of the view `task_row`.
pub(crate) fn task(row: &Row<'_>) -> rusqlite::Result<Task> {
    let mut cells = Cells { row, next: 0 };
    Ok(Task {
        id: TaskId::from_bytes(cells.read()?),
        kind: cells.read::<Name>()?.0,
        owner: cells.read()?,
        status: cells.status()?,
        revision: cells.number()?,
        attempt: cells.read()?,
        max_attempts: cells.read()?,
        params: cells.with(Json::parse)?,
        input: cells.json()?,
        progress: cells.progress()?,
        checkpoint: cells.maybe(Json::parse)?,
        output: cells.json()?,
        failure: cells.json()?,
        history: cells.json()?.unwrap_or_default(),
        priority: cells.read()?,
        run_at: cells.time()?,
        worker: cells.read::<Option<_>>()?.map(WorkerId::from_bytes),
        rescues: cells.read()?,
        idempotency_key: cells.read()?,
        request_digest: Digest::from_bytes(cells.read()?),
        trace_context: cells.read()?,
        created_at: cells.time()?,
        started_at: cells.read::<Option<Micros>>()?.map(|time| time.0),
        finished_at: cells.read::<Option<Micros>>()?.map(|time| time.0),
        updated_at: cells.time()?,
    })
}

/// Reads a row of the view `task_row`, with the row's number behind it.
pub(crate) fn task_and_seq(row: &Row<'_>) -> rusqlite::Result<(Task, i64)> {
    Ok((task(row)?, row.get("seq")?))
}

/// Reads the cells of a row one after the other, in the order of the view's columns.
struct Cells<'a> {
    row: &'a Row<'a>,
    next: usize,
}

impl Cells<'_> {
    fn read<T: FromSql>(&mut self) -> rusqlite::Result<T> {
        let at = self.next;
        self.next += 1;
        self.row.get(at)
    }

    fn number(&mut self) -> rusqlite::Result<u64> {
        self.read().map(i64::cast_unsigned)
    }

    fn time(&mut self) -> rusqlite::Result<Timestamp> {
        self.read::<Micros>().map(|time| time.0)
    }

    fn status(&mut self) -> rusqlite::Result<Status> {
        self.read::<Code>().map(|code| code.0)
    }

    /// A text that is not NULL, made into something else.
    fn with<T, E>(&mut self, make: impl FnOnce(&str) -> Result<T, E>) -> rusqlite::Result<T>
    where
        E: std::error::Error + Send + Sync + 'static,
    {
        let at = self.next;
        self.maybe(make)?
            .ok_or_else(|| rusqlite::Error::InvalidColumnType(at, "NULL".to_owned(), Type::Null))
    }

    fn maybe<T, E>(&mut self, make: impl FnOnce(&str) -> Result<T, E>) -> rusqlite::Result<Option<T>>
    where
        E: std::error::Error + Send + Sync + 'static,
    {
        let at = self.next;
        self.next += 1;
        let failed = |error| rusqlite::Error::FromSqlConversionFailure(at, Type::Text, error);
        let text = self.row.get_ref(at)?.as_str_or_null();
        let text = text.map_err(|error| failed(Box::new(error)))?;
        text.map(make)
            .transpose()
            .map_err(|error| failed(Box::new(error)))
    }

    fn json<T: DeserializeOwned>(&mut self) -> rusqlite::Result<Option<T>> {
        self.maybe(|text| serde_json::from_str(text))
    }

    fn progress(&mut self) -> rusqlite::Result<Progress> {
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
}

/// A time read from its microseconds.
pub(crate) struct Micros(pub(crate) Timestamp);

impl FromSql for Micros {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let micros = value.as_i64()?;
        Timestamp::from_microsecond(micros)
            .map(Self)
            .map_err(|_| FromSqlError::OutOfRange(micros))
    }
}

/// A status read from its code.
pub(crate) struct Code(pub(crate) Status);

impl FromSql for Code {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let code = value.as_i64()?;
        u8::try_from(code)
            .ok()
            .and_then(Status::from_code)
            .map(Self)
            .ok_or(FromSqlError::OutOfRange(code))
    }
}

/// A kind read from its name.
pub(crate) struct Name(pub(crate) Kind);

impl FromSql for Name {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        Kind::new(value.as_str()?)
            .map(Self)
            .map_err(|error| FromSqlError::Other(Box::new(error)))
    }
}

/// A time as the database keeps it.
pub(crate) fn micros(time: Timestamp) -> i64 {
    time.as_microsecond()
}

/// A number that is compared in the database: over its range it is the largest there is. No store gave out such a
/// revision, counter or tick.
pub(crate) fn ordered(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// A number that is only kept: it comes back as it was, whatever it is.
pub(crate) fn kept(number: Option<u64>) -> Option<i64> {
    number.map(u64::cast_signed)
}

/// A value as JSON text.
pub(crate) fn json<T: Serialize>(value: &T) -> rusqlite::Result<String> {
    serde_json::to_string(value).map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))
}
