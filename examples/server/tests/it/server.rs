//! A server in a process of its own.

use std::net::SocketAddr;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, ChildStderr, Command};
use tokio::time::timeout;

/// How long a start or an orderly end may take, on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_mins(2);

/// What the server logs once it listens.
const LISTENING: &str = "listening on http://";

/// A running server. It is killed when this is dropped.
pub(crate) struct Server {
    process: Child,
    pub(crate) address: SocketAddr,
    log: Arc<Mutex<String>>,
}

/// The server's program, with its data in a folder, on a free port.
pub(crate) fn program(folder: &Path) -> Command {
    configured(Command::new(env!("CARGO_BIN_EXE_leyline-server")), folder)
}

/// Any program that is configured as the server is.
pub(crate) fn configured(mut command: Command, folder: &Path) -> Command {
    command
        .current_dir(folder)
        // A killed worker leaves the copy of its input behind.
        .env("TMPDIR", folder)
        .env("LEYLINE_LISTEN", "127.0.0.1:0")
        .env("LEYLINE_STORE", "sqlite:data/leyline.db")
        .env("LEYLINE_BLOBS", "file:data/blobs")
        .env("RUST_LOG", "info")
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command
}

impl Server {
    pub(crate) async fn start(folder: &Path) -> Self {
        Self::run(program(folder)).await
    }

    /// Runs the program until it listens.
    pub(crate) async fn run(mut program: Command) -> Self {
        let mut process = program.spawn().unwrap();
        let log = Arc::new(Mutex::new(String::new()));
        let (heard, address) = tokio::sync::oneshot::channel();
        tokio::spawn(listen(process.stderr.take().unwrap(), Arc::clone(&log), heard));
        let Ok(Ok(address)) = timeout(PATIENCE, address).await else {
            panic!("the server never listened:\n{}", locked(&log));
        };
        Self {
            process,
            address,
            log,
        }
    }

    pub(crate) fn log(&self) -> String {
        locked(&self.log)
    }

    /// The most memory that it has had so far, in bytes.
    pub(crate) fn peak_memory(&self) -> u64 {
        let pid = self.process.id().expect("it runs");
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib = peak.and_then(|line| line.trim().strip_suffix(" kB"));
        kib.and_then(|kib| kib.parse::<u64>().ok()).unwrap() << 10
    }

    /// Kills it as the kernel would.
    pub(crate) async fn kill(mut self) {
        self.process.kill().await.unwrap();
    }

    /// Its exit status, if it has ended.
    pub(crate) fn has_ended(&mut self) -> Option<ExitStatus> {
        self.process.try_wait().unwrap()
    }

    /// Sends a signal by its name.
    pub(crate) async fn signal(&self, name: &str) {
        let pid = self.process.id().expect("it runs");
        let sent = Command::new("sh")
            .args(["-c", &format!("kill -{name} {pid}")])
            .status()
            .await
            .unwrap();
        assert!(sent.success());
    }

    /// Waits for its end.
    pub(crate) async fn ended(&mut self) -> ExitStatus {
        let ended = timeout(PATIENCE, self.process.wait()).await;
        ended
            .unwrap_or_else(|_| panic!("the server never ended:\n{}", locked(&self.log)))
            .unwrap()
    }

    /// An orderly end.
    pub(crate) async fn terminate(mut self) -> ExitStatus {
        self.signal("TERM").await;
        self.ended().await
    }
}

/// Keeps what the server logs, and tells its address once.
async fn listen(
    stderr: ChildStderr,
    log: Arc<Mutex<String>>,
    heard: tokio::sync::oneshot::Sender<SocketAddr>,
) {
    let mut heard = Some(heard);
    let mut lines = BufReader::new(stderr).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        if let Some((_, rest)) = line.split_once(LISTENING)
            && let Some(heard) = heard.take()
        {
            let address = rest.split([' ', '"']).next().unwrap_or_default();
            let _ = heard.send(address.parse().expect("an address"));
        }
        let mut log = log.lock().unwrap_or_else(PoisonError::into_inner);
        log.push_str(&line);
        log.push('\n');
    }
}

fn locked(log: &Mutex<String>) -> String {
    log.lock().unwrap_or_else(PoisonError::into_inner).clone()
}
