//! The folder of a server, and its process on a port that stays the same.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use super::{Mode, PostgresOptions};
use crate::port;
use crate::process::{Home, Running, output, text};

/// Whom one connects as.
const USER: &str = "leyline";
/// Unlike any other word, so that one can look for it where it must not be.
const PASSWORD: &str = "open-sesame-4711";

/// A server of ours.
#[derive(Debug)]
pub(super) struct Cluster {
    // Before the home: it must have ended when that goes.
    running: Mutex<Option<Running>>,
    pub(super) programs: PathBuf,
    pub(super) options: PostgresOptions,
    pub(super) port: u16,
    pub(super) home: Home,
}

impl Cluster {
    /// A new server, started.
    pub(super) fn create(programs: PathBuf, options: PostgresOptions) -> Self {
        let cluster = Self::over(programs, options, |cluster| {
            copy_folder(&fresh(&cluster.programs), &cluster.data());
        });
        cluster.start();
        cluster
    }

    /// A server whose data `fill` provides, not started yet.
    pub(super) fn over(programs: PathBuf, options: PostgresOptions, fill: impl FnOnce(&Self)) -> Self {
        let cluster = Self {
            running: Mutex::new(None),
            programs,
            options,
            port: port::free(),
            home: Home::new("postgres", Mode::Immediate.signal()),
        };
        fill(&cluster);
        cluster
    }

    pub(super) fn data(&self) -> PathBuf {
        self.home.join("data")
    }

    pub(super) fn url(&self) -> String {
        format!("postgres://{USER}:{PASSWORD}@{}/postgres", port::local(self.port))
    }

    pub(super) fn log(&self) -> String {
        text(&self.home.join("log"))
    }

    pub(super) fn pid(&self) -> Option<u32> {
        self.running().as_ref().map(Running::pid)
    }

    pub(super) fn start(&self) {
        let mut running = self.running();
        assert!(running.is_none(), "the server runs already");
        let mut arguments = vec!["-D".to_owned(), self.data().display().to_string()];
        arguments.extend(["-p".to_owned(), self.port.to_string()]);
        arguments.extend(self.options.arguments());
        let log = self.home.join("log");
        let server = running.insert(self.home.start(&self.programs.join("postgres"), &arguments, &log));
        let note = self.data().join("postmaster.pid");
        server.until(|server| is_ready(&note, server.pid()));
    }

    pub(super) fn stop(&self, mode: Mode) {
        self.take().end(mode.signal());
    }

    pub(super) fn kill(&self) {
        self.take().kill();
    }

    fn take(&self) -> Running {
        self.running().take().expect("the server runs")
    }

    fn running(&self) -> MutexGuard<'_, Option<Running>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The data of a server that never ran. All servers of this process begin as copies of it, as making it takes seconds.
fn fresh(programs: &Path) -> PathBuf {
    static FRESH: OnceLock<Home> = OnceLock::new();
    let home = FRESH.get_or_init(|| {
        let home = Home::new("initdb", Mode::Immediate.signal());
        let password = home.write("password", PASSWORD);
        let mut initdb = home.command(&programs.join("initdb"));
        initdb
            .args(["--username", USER, "--auth", "scram-sha-256"])
            .args(["--encoding", "UTF8", "--no-locale", "--no-sync", "--pwfile"])
            .args([&password, Path::new("--pgdata"), &home.join("data")]);
        output(&mut initdb).unwrap_or_else(|said| panic!("initdb: {said}"));
        home
    });
    home.join("data")
}

/// Copies a folder with its owners to a place where nothing is yet.
pub(super) fn copy_folder(from: &Path, to: &Path) {
    let copied = output(Command::new("cp").arg("-Rp").args([from, to]));
    copied.unwrap_or_else(|said| panic!("{said}"));
}

/// What the server itself notes: its pid in the first line, in the eighth whether it takes connections.
fn is_ready(note: &Path, pid: u32) -> bool {
    let note = fs::read_to_string(note).unwrap_or_default();
    let line = |number| note.lines().nth(number).unwrap_or_default().trim();
    line(0) == pid.to_string() && line(7) == "ready"
}
