//! What has gathered in a store before it is measured: rows put in by SQL, as they would lie there.

use super::Server;
use crate::Result;
use crate::tasks::KIND;

/// Rows in one statement, and finished tasks between two passes of autovacuum.
const CHUNK: usize = 100_000;

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
        let (kind, delay) = match self {
            Self::None => return Ok(()),
            Self::Finished => (KIND, "0"),
            Self::Foreign => ("another", "0"),
            Self::Delayed => (KIND, "30 days"),
        };
        for from in (0..rows).step_by(CHUNK) {
            let insert = include_str!("scripts/past.sql")
                .replace("{first}", &from.to_string())
                .replace("{to}", &rows.min(from + CHUNK).to_string())
                .replace("{rows}", &rows.to_string())
                .replace("{schema}", schema)
                .replace("{kind}", kind)
                .replace("{delay}", delay);
            server.execute(&insert).await?;
            if matches!(self, Self::Finished) {
                let finish = include_str!("scripts/past_finish.sql").replace("{schema}", schema);
                server.execute(&finish).await?;
            }
        }
        let settle = format!("VACUUM ANALYZE {schema}.task; VACUUM ANALYZE {schema}.detail; CHECKPOINT");
        server.execute(&settle).await
    }
}
