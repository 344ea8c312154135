//! Where tasks are kept.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// A task store by its URL.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum StoreUrl {
    /// `sqlite:PATH`: one file.
    Sqlite(PathBuf),
    /// `postgres://...`: a database that many processes share.
    Postgres(Secret),
    /// `memory:`: nothing survives the process.
    Memory,
    /// None of these. It is told when the whole configuration is checked, and not repeated: there may be a password in it.
    Unknown,
}

/// A URL that may hold a password.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(pub String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

impl FromStr for Secret {
    type Err = std::convert::Infallible;

    fn from_str(url: &str) -> Result<Self, Self::Err> {
        Ok(Self(url.to_owned()))
    }
}

impl FromStr for StoreUrl {
    type Err = std::convert::Infallible;

    fn from_str(url: &str) -> Result<Self, Self::Err> {
        Ok(match url.split_once(':') {
            Some(("memory", "")) => Self::Memory,
            Some(("sqlite", path)) if !path.is_empty() => Self::Sqlite(path.into()),
            Some(("postgres" | "postgresql", _)) => Self::Postgres(Secret(url.to_owned())),
            _ => Self::Unknown,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(url: &str) -> StoreUrl {
        let Ok(store) = url.parse();
        store
    }

    #[test]
    fn a_store_is_read_from_its_url() {
        assert_eq!(read("memory:"), StoreUrl::Memory);
        assert_eq!(read("sqlite:data/a.db"), StoreUrl::Sqlite("data/a.db".into()));
        assert_eq!(read("sqlite:/a:b.db"), StoreUrl::Sqlite("/a:b.db".into()));
        for url in ["postgres://db/x", "postgresql://u:p@db:5432/x"] {
            assert_eq!(read(url), StoreUrl::Postgres(Secret(url.to_owned())));
        }
    }

    #[test]
    fn what_is_no_store_is_not_one() {
        for url in ["", "sqlite", "sqlite:", "memory:x", "data/a.db", "mysql://x"] {
            assert_eq!(read(url), StoreUrl::Unknown, "{url}");
        }
    }

    #[test]
    fn a_password_is_not_shown() {
        assert!(!format!("{:?}", read("postgres://u:hunter2@db/x")).contains("hunter2"));
    }
}
