//! A database of one test.

use crate::psql::Psql;

/// A database for one test, which goes when this is dropped, with whoever is connected to it.
#[derive(Debug)]
pub struct Database {
    psql: Psql,
    name: String,
    url: String,
}

impl Database {
    pub(crate) fn create(psql: &Psql, name: String) -> Self {
        let created = psql.run(MAINTENANCE, &format!("CREATE DATABASE {}", quoted(&name)));
        created.unwrap_or_else(|said| panic!("the database {name} can't be created: {said}"));
        Self {
            psql: psql.clone(),
            url: psql.url_of(&name),
            name,
        }
    }

    /// `postgres://user:password@127.0.0.1:port/name`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Runs statements. Several of them are one transaction.
    ///
    /// # Panics
    /// With what the server said against them.
    #[track_caller]
    pub fn execute(&self, sql: &str) {
        self.query(sql);
    }

    /// The rows of a statement, as text; a NULL is an empty one.
    ///
    /// # Panics
    /// With what the server said against it.
    #[track_caller]
    pub fn query(&self, sql: &str) -> Vec<Vec<String>> {
        self.try_query(sql).unwrap_or_else(|said| panic!("{sql}\n{said}"))
    }

    /// As [`query`](Self::query), for statements that may fail.
    ///
    /// # Errors
    /// What the client said, with the SQLSTATE of the server.
    pub fn try_query(&self, sql: &str) -> Result<Vec<Vec<String>>, String> {
        self.psql.run(&self.name, sql)
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // The server may be gone, and the database with it.
        let drop = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", quoted(&self.name));
        let _ = self.psql.run(MAINTENANCE, &drop);
    }
}

/// Every server has it, and it is no template.
pub(crate) const MAINTENANCE: &str = "postgres";

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
