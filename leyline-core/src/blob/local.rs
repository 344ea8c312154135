//! What a folder of local files needs beyond `object_store`: folders that are durable, and the removal of what a crash left.

use std::ffi::OsStr;
use std::fs::{self, DirEntry, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::key;

/// Makes the folder and its first level, durably, so that no writer has to rely on another's fsync for them.
pub(super) fn prepare(folder: &Path) -> io::Result<PathBuf> {
    for top in [key::UPLOADS, key::RESULTS, key::SWEEP] {
        fs::create_dir_all(folder.join(top))?;
    }
    let root = folder.canonicalize()?;
    sync_folder(&root)?;
    if let Some(parent) = root.parent() {
        sync_folder(parent)?;
    }
    Ok(root)
}

fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) {
        File::open(folder)?.sync_all()
    } else {
        Ok(())
    }
}

/// Removes the folders that held the blob of `key`, up to the first level, as far as they are empty.
pub(super) fn remove_empty_folders(root: &Path, key: &str) {
    let mut folder = Path::new(key).parent();
    while let Some(inner) =
        folder.filter(|folder| folder.parent().is_some_and(|up| !up.as_os_str().is_empty()))
    {
        if fs::remove_dir(root.join(inner)).is_err() {
            return;
        }
        folder = inner.parent();
    }
}

/// Removes what a crash left and no list shows: files under a temporary name and empty folders, not touched since `before`.
/// Says how many files went.
pub(super) fn remove_leftovers(root: &Path, before: SystemTime) -> io::Result<usize> {
    let mut removed = 0;
    for top in [key::UPLOADS, key::RESULTS, key::SWEEP] {
        for entry in fs::read_dir(root.join(top))? {
            removed += remove_in(&entry?, before)?;
        }
    }
    Ok(removed)
}

fn remove_in(entry: &DirEntry, before: SystemTime) -> io::Result<usize> {
    let untouched = || Ok::<_, io::Error>(entry.metadata()?.modified()? < before);
    if !entry.file_type()?.is_dir() {
        if is_temporary(&entry.file_name()) && untouched()? {
            return gone(fs::remove_file(entry.path())).map(usize::from);
        }
        return Ok(0);
    }
    let old = untouched()?;
    let mut removed = 0;
    for inner in fs::read_dir(entry.path())? {
        removed += remove_in(&inner?, before)?;
    }
    if old {
        // Only an empty folder goes.
        let _ = fs::remove_dir(entry.path());
    }
    Ok(removed)
}

/// `object_store` writes to `name#1`, `name#2` and so on, and our keys hold no `#`.
fn is_temporary(name: &OsStr) -> bool {
    name.to_string_lossy().contains('#')
}

/// Whether the file was there to be removed.
fn gone(removal: io::Result<()>) -> io::Result<bool> {
    match removal {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}
