//! Online backup: a whole copy of one moment, which appears at its path complete and durable or not at all.

use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use leyline_core::store::Error;
use rusqlite::Connection;

use crate::error::{self, BackupError, Class, classify};

/// Copies the database on this connection to the path. Blocks.
pub(crate) fn write(conn: &Connection, to: &Path) -> Result<(), BackupError> {
    refuse_journals(to)?;
    let partial = Partial::beside(to);
    let name = partial.0.to_str().ok_or_else(|| BackupError::Io {
        path: to.to_owned(),
        source: io::ErrorKind::InvalidFilename.into(),
    })?;
    conn.execute("VACUUM INTO ?1", [name]).map_err(refusal)?;
    partial.publish(to)
}

/// A journal beside the old file would be played into the new one.
fn refuse_journals(to: &Path) -> Result<(), BackupError> {
    for suffix in ["-wal", "-journal"] {
        let path = with_suffix(to, suffix);
        if path.exists() {
            return Err(BackupError::InUse { path });
        }
    }
    Ok(())
}

fn refusal(error: rusqlite::Error) -> BackupError {
    match classify(&error) {
        Class::Full => BackupError::Full { source: error.into() },
        // It was the copy that could not be synced; nothing was said about it yet.
        Class::Sync => BackupError::Store(Error::unavailable(error)),
        Class::Passing | Class::Lasting => BackupError::Store(error::undone(&error.into())),
    }
}

/// A copy that is not complete yet. Removed when it is dropped.
struct Partial(PathBuf);

impl Partial {
    /// A name beside the target, on the same file system, that no other backup has.
    fn beside(to: &Path) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let next = NEXT.fetch_add(1, Ordering::Relaxed);
        Self(with_suffix(
            to,
            &format!(".{}-{next}.partial", std::process::id()),
        ))
    }

    fn publish(self, to: &Path) -> Result<(), BackupError> {
        let failed = |source| BackupError::Io {
            path: to.to_owned(),
            source,
        };
        File::open(&self.0)
            .and_then(|file| file.sync_all())
            .map_err(failed)?;
        std::fs::rename(&self.0, to).map_err(failed)?;
        sync_folder_of(to).map_err(failed)
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
        let _ = std::fs::remove_file(with_suffix(&self.0, "-journal"));
    }
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    name.into()
}

/// Makes the names in the folder of `path` durable.
#[cfg(unix)]
pub(crate) fn sync_folder_of(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(folder) => File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}

/// Folders can't be opened here; the file system keeps their order by itself.
#[cfg(not(unix))]
pub(crate) fn sync_folder_of(_: &Path) -> io::Result<()> {
    Ok(())
}
