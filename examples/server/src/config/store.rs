//! Where tasks are kept.

use std::path::PathBuf;
use std::str::FromStr;

/// A task store by its URL.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum StoreUrl {
    /// `sqlite:PATH`: one file.
    Sqlite(PathBuf),
    /// `memory:`: nothing survives the process.
    Memory,
}

impl FromStr for StoreUrl {
    type Err = String;

    fn from_str(url: &str) -> Result<Self, Self::Err> {
        match url.split_once(':') {
            Some(("memory", "")) => Ok(Self::Memory),
            Some(("sqlite", path)) if !path.is_empty() => Ok(Self::Sqlite(path.into())),
            Some(("postgres" | "postgresql", _)) => {
                Err("this build has no Postgres store yet; use sqlite:PATH or memory:".to_owned())
            }
            _ => Err("a store is sqlite:PATH or memory:".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_is_read_from_its_url() {
        assert_eq!("memory:".parse(), Ok(StoreUrl::Memory));
        assert_eq!(
            "sqlite:data/a.db".parse(),
            Ok(StoreUrl::Sqlite("data/a.db".into()))
        );
        assert_eq!("sqlite:/a:b.db".parse(), Ok(StoreUrl::Sqlite("/a:b.db".into())));
    }

    #[test]
    fn what_is_no_store_is_refused() {
        for url in ["", "sqlite", "sqlite:", "memory:x", "data/a.db", "mysql://x"] {
            assert!(url.parse::<StoreUrl>().is_err(), "{url}");
        }
        let postgres = "postgres://db/x".parse::<StoreUrl>().unwrap_err();
        assert!(postgres.contains("no Postgres store"), "{postgres}");
    }
}
