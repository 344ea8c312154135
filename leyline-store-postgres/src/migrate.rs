//! The schema, brought up to date step by step.

use std::fmt;

use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, Row as _};

use crate::error::{OpenError, reason};
use crate::options::Schema;
use crate::statements;

/// Every step there is, in order. One that was released never changes.
const MIGRATIONS: [(&str, &str); 1] = [(
    "0001_tasks_and_workers",
    include_str!("../migrations/0001_tasks_and_workers.sql"),
)];

/// The version that this library works with.
const KNOWN: i32 = MIGRATIONS.len() as i32;

/// Which steps a schema lacks. Printed, it is what would be run.
#[derive(Debug, Clone)]
pub struct Plan {
    schema: Schema,
    found: i32,
    /// Whether there is such a schema, empty or not: who may make tables in it need not be allowed to make schemas.
    exists: bool,
}

impl Plan {
    /// The names of the steps, in order.
    pub fn steps(&self) -> Vec<&'static str> {
        self.pending().map(|(name, _)| name).collect()
    }

    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.found >= KNOWN
    }

    fn pending(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        MIGRATIONS
            .into_iter()
            .skip(usize::try_from(self.found).unwrap_or(0))
    }

    /// What stands before the first step.
    fn ground(&self) -> String {
        let schema = self.schema.as_str();
        let make = if self.exists {
            String::new()
        } else {
            format!("CREATE SCHEMA \"{schema}\";\n")
        };
        format!(
            "{make}CREATE TABLE IF NOT EXISTS \"{schema}\".migration (\n    \
             version integer PRIMARY KEY,\n    \
             name text NOT NULL,\n    \
             applied_at timestamptz NOT NULL DEFAULT now()\n);\n"
        )
    }

    /// The statements, each step under its name.
    fn text(&self) -> Vec<(&'static str, String)> {
        let schema = self.schema.as_str();
        self.pending()
            .map(|(name, file)| {
                let kept = format!(
                    "INSERT INTO \"{schema}\".migration (version, name) VALUES ({}, '{name}');\n",
                    &name[..4]
                );
                (name, format!("{}\n{kept}", statements::text(file, &self.schema)))
            })
            .collect()
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return writeln!(f, "-- The schema {} is up to date.", self.schema.as_str());
        }
        writeln!(f, "BEGIN;\n{}", self.ground())?;
        for (name, text) in self.text() {
            writeln!(f, "-- {name}\n{text}")?;
        }
        writeln!(f, "COMMIT;")
    }
}

/// Which steps the schema lacks.
pub(crate) async fn plan(connection: &mut PgConnection, schema: &Schema) -> Result<Plan, OpenError> {
    let found = version(connection, schema).await?;
    if found > KNOWN {
        return Err(OpenError::Newer {
            schema: schema.as_str().to_owned(),
            found,
            known: KNOWN,
        });
    }
    let exists = format!(
        "SELECT EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = '{}')",
        schema.as_str()
    );
    Ok(Plan {
        schema: schema.clone(),
        found,
        exists: one(connection, exists).await.map_err(unread)?,
    })
}

/// Refuses a schema that is not up to date.
pub(crate) async fn check(connection: &mut PgConnection, schema: &Schema) -> Result<(), OpenError> {
    let plan = plan(connection, schema).await?;
    if plan.is_empty() {
        return Ok(());
    }
    Err(OpenError::Behind {
        schema: schema.as_str().to_owned(),
        found: plan.found,
        known: KNOWN,
    })
}

/// Brings the schema up to date, in one transaction and one process at a time. Says what it did.
pub(crate) async fn migrate(connection: &mut PgConnection, schema: &Schema) -> Result<Plan, OpenError> {
    // Most starts find nothing to do, and need no lock to see it.
    let plan = plan(connection, schema).await?;
    if plan.is_empty() {
        return Ok(plan);
    }
    let failed = |error: sqlx::Error| OpenError::Migration {
        name: "0000_schema",
        reason: reason(&error),
    };
    let begin = "BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL lock_timeout = '1min'";
    let mut transaction = connection.begin_with(begin).await.map_err(failed)?;
    let lock = format!(
        "SELECT pg_advisory_xact_lock(hashtextextended('leyline migration {}', 0))",
        schema.as_str()
    );
    run(&mut transaction, lock).await.map_err(failed)?;
    // Another process may have been here before.
    let plan = self::plan(&mut transaction, schema).await?;
    if !plan.is_empty() {
        run(&mut transaction, plan.ground()).await.map_err(failed)?;
        for (name, text) in plan.text() {
            let failed = |error: sqlx::Error| OpenError::Migration {
                name,
                reason: reason(&error),
            };
            run(&mut transaction, text).await.map_err(failed)?;
        }
    }
    transaction.commit().await.map_err(failed)?;
    Ok(plan)
}

/// Runs statements of this crate, with the checked name of the schema in them.
async fn run(connection: &mut PgConnection, text: String) -> sqlx::Result<()> {
    connection.execute(sqlx::raw_sql(AssertSqlSafe(text))).await?;
    Ok(())
}

/// The version of the schema; 0 where there is none.
async fn version(connection: &mut PgConnection, schema: &Schema) -> Result<i32, OpenError> {
    // Read as a table: what `to_regclass` remembers of names may be older than this transaction's lock.
    let there = format!(
        "SELECT EXISTS (SELECT FROM pg_catalog.pg_tables WHERE schemaname = '{}' AND tablename = 'migration')",
        schema.as_str()
    );
    if !one::<bool>(connection, there).await.map_err(unread)? {
        return Ok(0);
    }
    let version = format!(
        "SELECT coalesce(max(version), 0) FROM \"{}\".migration",
        schema.as_str()
    );
    one(connection, version).await.map_err(unread)
}

fn unread(error: sqlx::Error) -> OpenError {
    OpenError::Failed(crate::error::of(error, crate::error::Phase::Before))
}

/// The one value that this text asks for. Not prepared, so that any pooler passes it.
async fn one<T>(connection: &mut PgConnection, text: String) -> sqlx::Result<T>
where
    T: for<'r> sqlx::Decode<'r, sqlx::Postgres> + sqlx::Type<sqlx::Postgres>,
{
    let row = connection.fetch_one(sqlx::raw_sql(AssertSqlSafe(text))).await?;
    row.try_get(0)
}
