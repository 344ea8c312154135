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

/// A URL in its parts, as they stand there.
pub(crate) struct Parts<'a> {
    scheme: &'a str,
    pub(crate) user: &'a str,
    pub(crate) password: &'a str,
    pub(crate) host: &'a str,
    pub(crate) port: u16,
    /// All between the scheme and the database.
    authority: &'a str,
    /// With its question mark, where there are any.
    options: &'a str,
}

impl<'a> Parts<'a> {
    fn of(url: &'a str) -> Self {
        let (scheme, rest) = url.split_once("://").expect("the URL of a server has a scheme");
        let (authority, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
        let (login, server) = authority.rsplit_once('@').unwrap_or(("", authority));
        let (user, password) = login.split_once(':').unwrap_or((login, ""));
        let (host, port) = server.rsplit_once(':').unwrap_or((server, "5432"));
        Self {
            scheme,
            user,
            password,
            host,
            port: port.parse().expect("a port is a number"),
            authority,
            options: path.find('?').map_or("", |at| &path[at..]),
        }
    }
}

impl Psql {
    pub(crate) fn parts(&self) -> Parts<'_> {
        Parts::of(&self.url)
    }

    /// The URL of another database of the server.
    pub(crate) fn url_of(&self, database: &str) -> String {
        let Parts {
            scheme,
            authority,
            options,
            ..
        } = self.parts();
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
    fn a_url_has_a_server_and_a_login() {
        let parts = Parts::of("postgres://a:b@h:1/db?x=y");
        assert_eq!(
            (parts.user, parts.password, parts.host, parts.port),
            ("a", "b", "h", 1)
        );
        let parts = Parts::of("postgres://h");
        assert_eq!(
            (parts.user, parts.password, parts.host, parts.port),
            ("", "", "h", 5432)
        );
    }

    #[test]
    fn lines_within_a_column_are_kept() {
        assert_eq!(rows("a\nb\u{1f}\u{1e}c\u{1f}d\n"), [["a\nb", ""], ["c", "d"]]);
        assert_eq!(rows(""), Vec::<Vec<String>>::new());
    }
}
