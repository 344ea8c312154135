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
    /// `AlreadyExists`: the name is someone's, or was. `Unsupported`: the file system has no locks that others would see.
    pub(super) fn create(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().write(true).create_new(true).open(path)?;
        let Attempt::Taken(lock) = Self::take(file, path)? else {
            return Err(io::ErrorKind::AlreadyExists.into());
        };
        // A file system that gives one lock twice would have every worker found dead.
        match Self::look(path)? {
            Attempt::Taken(_) => Err(io::ErrorKind::Unsupported.into()),
            Attempt::Held | Attempt::Absent => Ok(lock),
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

#[cfg(all(test, unix))]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    /// Makes the name its own, as its owner does or as one who found it dead.
    fn own(path: &Path, round: usize) -> Option<LockFile> {
        if round.is_multiple_of(2) {
            return LockFile::create(path).ok();
        }
        match LockFile::look(path).expect("a look") {
            Attempt::Taken(lock) => Some(lock),
            Attempt::Held | Attempt::Absent => None,
        }
    }

    #[test]
    fn a_file_that_is_no_longer_at_its_path_is_nobodys_lock() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("name.lock");
        let first = LockFile::create(&path).expect("it is free");
        let open = || OpenOptions::new().write(true).open(&path).expect("it is there");
        let (gone, replaced) = (open(), open());
        first.remove().expect("it is there");
        assert!(matches!(LockFile::take(gone, &path), Ok(Attempt::Absent)));
        let second = LockFile::create(&path).expect("it is free");
        assert!(matches!(LockFile::take(replaced, &path), Ok(Attempt::Absent)));
        assert!(matches!(LockFile::look(&path), Ok(Attempt::Held)));
        drop(second);
        assert!(matches!(LockFile::look(&path), Ok(Attempt::Taken(_))));
    }

    #[test]
    fn two_never_own_one_name() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("name.lock");
        let (owners, owned) = (AtomicUsize::new(0), AtomicUsize::new(0));
        std::thread::scope(|scope| {
            for thread in 0..4 {
                let (path, owners, owned) = (&path, &owners, &owned);
                scope.spawn(move || {
                    for round in 0..2000 {
                        let Some(lock) = own(path, thread + round) else {
                            continue;
                        };
                        assert_eq!(owners.fetch_add(1, Ordering::SeqCst), 0, "two own it");
                        owned.fetch_add(1, Ordering::SeqCst);
                        std::thread::yield_now();
                        owners.fetch_sub(1, Ordering::SeqCst);
                        lock.remove().expect("it is there");
                    }
                });
            }
        });
        assert!(owned.into_inner() > 100, "there was a race");
    }
}
