//! One lock file: the steps of taking, looking and removing.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

/// A lock that is held, and the file it is on. Never cloned, unlocked or handed to a child; dropped, it is free.
#[derive(Debug)]
pub(super) struct LockFile {
    path: PathBuf,
    _file: File,
}

/// What an attempt to take a lock found.
#[derive(Debug)]
pub(super) enum Attempt {
    Taken(LockFile),
    /// Someone else holds it.
    Held,
    /// There is no such file, or there is another one by now.
    Absent,
}

impl LockFile {
    /// Makes the file and takes its lock.
    ///
    /// # Errors
    /// `AlreadyExists`: the name is someone's, or was.
    pub(super) fn create(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().write(true).create_new(true).open(path)?;
        match Self::take(file, path)? {
            Attempt::Taken(lock) => Ok(lock),
            Attempt::Held | Attempt::Absent => Err(io::ErrorKind::AlreadyExists.into()),
        }
    }

    /// Takes the lock of a file that is there.
    pub(super) fn look(path: &Path) -> io::Result<Attempt> {
        match OpenOptions::new().write(true).open(path) {
            Ok(file) => Self::take(file, path),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Attempt::Absent),
            Err(error) => Err(error),
        }
    }

    fn take(file: File, path: &Path) -> io::Result<Attempt> {
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(Attempt::Held),
            Err(TryLockError::Error(error)) => return Err(error),
        }
        if !is_at(&file, path)? {
            return Ok(Attempt::Absent);
        }
        Ok(Attempt::Taken(Self {
            path: path.to_owned(),
            _file: file,
        }))
    }

    /// Removes the file while the lock is held, then lets go.
    pub(super) fn remove(self) -> io::Result<()> {
        std::fs::remove_file(&self.path)
    }
}

/// Whether the open file is the one at the path. Another may have come there between opening and locking.
#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt as _;

    let open = file.metadata()?;
    match std::fs::symlink_metadata(path) {
        Ok(there) => Ok((open.dev(), open.ino()) == (there.dev(), there.ino())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// Where files can't be compared there are no lock files, and counters decide.
#[cfg(not(unix))]
fn is_at(_: &File, _: &Path) -> io::Result<bool> {
    Err(io::ErrorKind::Unsupported.into())
}
