//! Statements by way of PostgreSQL's own client, so that the tests of a driver are not set up by that driver.

use std::path::PathBuf;
use std::process::Stdio;

use crate::process::{output, plain};

/// Between two columns and between two rows: characters that no text of a test holds.
const COLUMN: char = '\u{1f}';
const ROW: char = '\u{1e}';

/// A client for one server.
#[derive(Debug, Clone)]
pub(crate) struct Psql {
    pub(crate) program: PathBuf,
    /// Of any database of the server.
    pub(crate) url: String,
}

impl Psql {
    /// The URL of another database of the server.
    pub(crate) fn url_of(&self, database: &str) -> String {
        let (scheme, rest) = self.url.split_once("://").unwrap_or(("postgres", &self.url));
        let (before, options) = rest
            .split_once('?')
            .map_or((rest, None), |(before, options)| (before, Some(options)));
        let authority = before.split('/').next().unwrap_or(before);
        let options = options.map_or(String::new(), |options| format!("?{options}"));
        format!("{scheme}://{authority}/{database}{options}")
    }

    /// Runs statements and gives the rows of the last one, or what the server said against them.
    pub(crate) fn run(&self, database: &str, sql: &str) -> Result<Vec<Vec<String>>, String> {
        let mut psql = plain(&self.program);
        psql.args([
            "--no-psqlrc",
            "--quiet",
            "--no-align",
            "--tuples-only",
            "--no-password",
        ])
        .args(["--set", "ON_ERROR_STOP=1", "--set", "VERBOSITY=verbose"])
        .args(["--field-separator", COLUMN.encode_utf8(&mut [0; 4])])
        .args(["--record-separator", ROW.encode_utf8(&mut [0; 4])])
        .args(["--dbname", &self.url_of(database), "--command", sql])
        .stdin(Stdio::null());
        Ok(rows(&output(&mut psql)?))
    }
}

fn rows(printed: &str) -> Vec<Vec<String>> {
    let printed = printed.strip_suffix('\n').unwrap_or(printed);
    if printed.is_empty() {
        return Vec::new();
    }
    let columns = |row: &str| row.split(COLUMN).map(str::to_owned).collect();
    printed.split(ROW).map(columns).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(url: &str, expected: &str) {
        let psql = Psql {
            program: PathBuf::from("psql"),
            url: url.to_owned(),
        };
        assert_eq!(psql.url_of("new"), expected);
    }

    #[test]
    fn another_database_has_the_same_server_and_options() {
        check("postgres://a:b@h:1/old", "postgres://a:b@h:1/new");
        check("postgres://h", "postgres://h/new");
        check(
            "postgresql://h/old?sslmode=require&x=/",
            "postgresql://h/new?sslmode=require&x=/",
        );
    }

    #[test]
    fn lines_within_a_column_are_kept() {
        assert_eq!(rows("a\nb\u{1f}\u{1e}c\u{1f}d\n"), [["a\nb", ""], ["c", "d"]]);
        assert_eq!(rows(""), Vec::<Vec<String>>::new());
    }
}
