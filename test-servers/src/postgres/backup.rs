//! Copies of a running server, and going back to one.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use super::cluster::{Cluster, copy_folder};
use super::{Mode, Postgres};
use crate::process::output;

/// What a server held when [`Postgres::backup`] was called. It lies beside the server's data, and goes with it.
#[derive(Debug)]
pub struct Backup {
    folder: PathBuf,
}

impl Postgres {
    /// A copy of all databases, made while the server runs.
    ///
    /// # Panics
    /// If it does not run, or is not ours.
    pub fn backup(&self) -> Backup {
        static NUMBER: AtomicU32 = AtomicU32::new(1);
        let cluster = self.own();
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let folder = cluster.home.join(&format!("backup-{number}"));
        copy(cluster, &cluster.url(), &folder, &[]);
        Backup { folder }
    }

    /// Sets all databases back to what the backup holds: the server is stopped at once if it runs, its data is replaced, and
    /// it is started again at the same port.
    ///
    /// # Panics
    /// If the server is not ours.
    pub fn restore(&self, backup: &Backup) {
        let cluster = self.own();
        if cluster.pid().is_some() {
            cluster.stop(Mode::Immediate);
        }
        let data = cluster.data();
        fs::remove_dir_all(&data).expect("the server has ended");
        copy_folder(&backup.folder, &data);
        cluster.start();
    }
}

/// Copies the server at a URL into a folder that is not there yet, which belongs to `cluster`.
pub(super) fn copy(cluster: &Cluster, url: &str, folder: &Path, more: &[&str]) {
    let mut copy = cluster.home.command(&cluster.programs.join("pg_basebackup"));
    copy.args(["--dbname", url, "--checkpoint", "fast", "--no-sync"])
        .args(more)
        .arg("--pgdata")
        .arg(folder);
    output(&mut copy).unwrap_or_else(|said| panic!("{said}"));
}
