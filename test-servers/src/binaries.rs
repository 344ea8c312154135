//! Where the servers' programs are looked for, and what is said when they are not there.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::{env, fs};

/// A server that is not ours: its URL, with the name of a database that exists.
const EXTERNAL: &str = "LEYLINE_TEST_POSTGRES_URL";
/// The folder with the programs of PostgreSQL.
const FOLDER: &str = "LEYLINE_PG_BIN";
/// Where Debian keeps them, a folder for each major version; they are not on the PATH.
const DEBIAN: &str = "/usr/lib/postgresql";
/// Where daemons lie, which is on the PATH of root only.
const SBIN: [&str; 2] = ["/usr/sbin", "/usr/local/sbin"];

/// A program that is not there.
#[derive(Debug)]
pub(crate) struct Missing {
    program: &'static str,
    package: &'static str,
}

impl Missing {
    fn said(&self) -> String {
        format!(
            "{} is not installed: on Debian, `apt-get install {}`",
            self.program, self.package
        )
    }
}

/// What has been said to be missing.
static TOLD: Mutex<BTreeSet<&str>> = Mutex::new(BTreeSet::new());

/// What was found, or `None` after a line that says what is missing. Panics where tests must not be skipped.
pub(crate) fn or_skip<T>(found: Result<T, Missing>) -> Option<T> {
    let in_ci = env::var_os("CI").is_some_and(|value| !value.is_empty());
    if in_ci {
        Some(or_fail(found))
    } else {
        or_tell(found)
    }
}

fn or_tell<T>(found: Result<T, Missing>) -> Option<T> {
    let missing = match found {
        Ok(found) => return Some(found),
        Err(missing) => missing,
    };
    let mut told = TOLD.lock().unwrap_or_else(PoisonError::into_inner);
    if told.insert(missing.program) {
        // Not by a macro: what those print the test harness keeps to itself.
        let _ = writeln!(std::io::stderr(), "\nSKIPPED: {}\n", missing.said());
    }
    None
}

/// What was found. Panics where it was not.
pub(crate) fn or_fail<T>(found: Result<T, Missing>) -> T {
    found.unwrap_or_else(|missing| panic!("{}", missing.said()))
}

/// The Debian packages of the servers that are not there, for whoever sets a machine up.
pub fn missing_packages() -> Vec<&'static str> {
    let there = match external_postgres() {
        Some(_) => psql(),
        None => postgres(),
    };
    let missing = [there, pgbouncer(), nginx()].into_iter().filter_map(Result::err);
    missing.map(|missing| missing.package).collect()
}

/// The URL of a server that is not ours.
pub(crate) fn external_postgres() -> Option<String> {
    env::var(EXTERNAL).ok().filter(|url| !url.is_empty())
}

/// The folder of PostgreSQL's programs.
pub(crate) fn postgres() -> Result<PathBuf, Missing> {
    let here = |folder: &PathBuf| folder.join("initdb").is_file() && folder.join("postgres").is_file();
    if let Some(named) = env::var_os(FOLDER).map(PathBuf::from) {
        assert!(
            here(&named),
            "{FOLDER} names {}, which has no initdb and postgres",
            named.display()
        );
        return Ok(named);
    }
    // A link may stand alone on the PATH: its neighbours are where it leads.
    let on_path =
        on_path("initdb").and_then(|initdb| Some(fs::canonicalize(initdb).ok()?.parent()?.to_owned()));
    on_path
        .into_iter()
        .chain(newest(Path::new(DEBIAN)))
        .find(here)
        .ok_or(Missing {
            program: "PostgreSQL",
            package: "postgresql",
        })
}

/// The client: beside the server's programs, else on the PATH.
pub(crate) fn psql() -> Result<PathBuf, Missing> {
    let beside = postgres().ok().map(|folder| folder.join("psql"));
    beside
        .filter(|psql| psql.is_file())
        .or_else(|| on_path("psql"))
        .ok_or(Missing {
            program: "psql",
            package: "postgresql-client",
        })
}

pub(crate) fn pgbouncer() -> Result<PathBuf, Missing> {
    daemon("pgbouncer").ok_or(Missing {
        program: "PgBouncer",
        package: "pgbouncer",
    })
}

pub(crate) fn nginx() -> Result<PathBuf, Missing> {
    daemon("nginx").ok_or(Missing {
        program: "nginx",
        package: "nginx",
    })
}

fn daemon(name: &str) -> Option<PathBuf> {
    let sbin = SBIN.iter().map(|folder| Path::new(folder).join(name));
    on_path(name).or_else(|| sbin.into_iter().find(|file| file.is_file()))
}

fn on_path(name: &str) -> Option<PathBuf> {
    env::split_paths(&env::var_os("PATH")?)
        .map(|folder| folder.join(name))
        .find(|file| file.is_file())
}

/// The programs of the highest version in Debian's folder.
fn newest(folder: &Path) -> Option<PathBuf> {
    let versions = fs::read_dir(folder).ok()?.flatten();
    let newest = versions
        .filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok())
        .max()?;
    Some(folder.join(newest.to_string()).join("bin"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_version_is_the_highest_number_and_not_the_last_word() {
        let folder = tempfile::tempdir().unwrap();
        for version in ["9", "15", "15beta", "17"] {
            fs::create_dir(folder.path().join(version)).unwrap();
        }
        assert_eq!(newest(folder.path()), Some(folder.path().join("17/bin")));
        assert_eq!(newest(&folder.path().join("none")), None);
    }

    const MISSING: Missing = Missing {
        program: "what this test looks for",
        package: "no-such-package",
    };

    #[test]
    fn what_is_missing_is_told_once() {
        assert_eq!(or_tell(Ok(1)), Some(1));
        for _ in 0..2 {
            assert_eq!(or_tell::<()>(Err(MISSING)), None);
        }
        let told = TOLD.lock().unwrap();
        assert_eq!(
            told.iter().filter(|program| **program == MISSING.program).count(),
            1
        );
    }

    #[test]
    #[should_panic(
        expected = "what this test looks for is not installed: on Debian, `apt-get install no-such-package`"
    )]
    fn what_can_not_be_skipped_fails_with_the_name_of_the_package() {
        or_fail::<()>(Err(MISSING));
    }
}
