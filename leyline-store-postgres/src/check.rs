//! What is looked at before a store is opened: whether the server keeps what it acknowledges.

use leyline_core::store::{Error, Result};
use sqlx::postgres::PgConnection;
use sqlx::{Executor as _, Row as _, raw_sql};

use crate::error::{self, OpenError, Phase};
use crate::options::PostgresOptions;
use crate::pool::Pool;
use crate::session::Session;

/// The oldest server that can be used.
const OLDEST: i32 = 130_000;

/// Settings with which the server may lose what it acknowledged.
const LOSSY: [(&str, &str); 3] = [
    ("fsync", "a crash may damage the database"),
    (
        "full_page_writes",
        "a crash may damage the database, unless the file system writes pages whole",
    ),
    ("synchronous_commit", "a crash may lose what was acknowledged"),
];

/// Refuses a server on which the store's promises would not hold.
pub(crate) async fn server(
    connection: &mut PgConnection,
    options: &PostgresOptions,
) -> std::result::Result<(), OpenError> {
    let number = setting(connection, "server_version_num").await?;
    if is_too_old(&number) {
        return Err(OpenError::TooOld {
            found: setting(connection, "server_version").await?,
        });
    }
    if setting(connection, "transaction_read_only").await? != "off" {
        return Err(OpenError::ReadOnly);
    }
    let encoding = setting(connection, "server_encoding").await?;
    if encoding != "UTF8" {
        return Err(OpenError::Setting {
            setting: "server_encoding",
            value: encoding,
            reason: "it has no room for every text that a task may hold",
        });
    }
    let isolation = setting(connection, "default_transaction_isolation").await?;
    if isolation != "read committed" {
        return Err(OpenError::Setting {
            setting: "default_transaction_isolation",
            value: isolation,
            reason: "each statement has to see what is committed when it begins",
        });
    }
    for (name, reason) in LOSSY {
        let value = setting(connection, name).await?;
        if value == "off" && !options.allow_lossy {
            return Err(OpenError::Setting {
                setting: name,
                value,
                reason,
            });
        }
    }
    Ok(())
}

/// By `server_version_num`, such as 130014.
fn is_too_old(number: &str) -> bool {
    number.parse::<i32>().is_ok_and(|number| number < OLDEST)
}

/// Not prepared, so that any pooler passes it.
async fn setting(
    connection: &mut PgConnection,
    name: &'static str,
) -> std::result::Result<String, OpenError> {
    let text = sqlx::AssertSqlSafe(format!("SELECT current_setting('{name}')"));
    let row = connection.fetch_one(raw_sql(text)).await;
    row.and_then(|row| row.try_get(0))
        .map_err(|error| OpenError::Failed(error::of(error, Phase::Before)))
}

/// Finds out whether a pooler loses prepared statements: one connection prepares a statement; while another occupies the
/// session that knows it, the first one runs it again.
pub(crate) async fn pooler(pool: &Pool) -> std::result::Result<(), OpenError> {
    match look(pool).await {
        Ok(()) => Ok(()),
        Err(Error::Backend { source }) if source.is::<error::Pooler>() => Err(OpenError::Pooler),
        Err(error) => Err(OpenError::Failed(error)),
    }
}

async fn look(pool: &Pool) -> Result<()> {
    let statement = || sqlx::query("SELECT 1 AS prepared");
    let mut first = Session::of(pool).await?;
    first.run(statement(), Phase::Before, false).await?;
    if pool.status().max_size < 2 {
        return Ok(());
    }
    let mut second = Session::of(pool).await?;
    let mut occupies = second.begin().await?;
    occupies
        .run(sqlx::query("SELECT 2 AS occupied").persistent(false))
        .await?;
    first.run(statement(), Phase::Before, false).await?;
    occupies.commit(Phase::Before).await
}

#[cfg(test)]
mod tests {
    use super::is_too_old;

    #[test]
    fn thirteen_is_the_oldest() {
        for number in ["90624", "120022", "129999"] {
            assert!(is_too_old(number), "{number}");
        }
        for number in ["130000", "150018", "180000"] {
            assert!(!is_too_old(number), "{number}");
        }
    }
}
