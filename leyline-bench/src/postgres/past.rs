//! What has gathered in a store before it is measured: rows put in by SQL, as they would lie there.

use super::Server;
use crate::Result;

#[derive(Clone, Copy)]
pub(crate) enum Past {
    None,
    /// Completed tasks, kept.
    Finished,
    /// Pending tasks of a kind that the worker does not serve.
    Foreign,
    /// Tasks of the worker's kind that are due later.
    Delayed,
}

impl Past {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::None => "empty",
            Self::Finished => "finished tasks",
            Self::Foreign => "pending tasks of another kind",
            Self::Delayed => "delayed tasks",
        }
    }

    pub(crate) fn schema(self) -> &'static str {
        match self {
            Self::None => "bench_past_none",
            Self::Finished => "bench_past_finished",
            Self::Foreign => "bench_past_foreign",
            Self::Delayed => "bench_past_delayed",
        }
    }

    /// Makes the schema anew, with so many rows, and leaves it as autovacuum would.
    pub(crate) async fn prepare(self, server: &Server, rows: usize) -> Result {
        let schema = self.schema();
        server.store(schema).await?;
        let (kind, status, wait) = match self {
            Self::None => return Ok(()),
            Self::Finished => ("noop", 2, "0"),
            Self::Foreign => ("another", 0, "0"),
            Self::Delayed => ("noop", 0, "1 day"),
        };
        let text = include_str!("sql/past.sql")
            .replace("{schema}", schema)
            .replace("{rows}", &rows.to_string())
            .replace("{kind}", kind)
            .replace("{status}", &status.to_string())
            .replace("{wait}", wait);
        server.execute(&text).await
    }
}
