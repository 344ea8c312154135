//! Clients of the page: its own code, in Node.js instead of a browser.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;

use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use tokio::sync::Mutex;
use tokio::time::timeout;

use crate::client::PATIENCE;
use crate::say::say;

const COUNT: usize = 8;

/// Pages that are open at the same address. They are closed when this is dropped.
pub(super) struct Pages(Option<Running>);

struct Running {
    _process: Child,
    said: Mutex<Lines<BufReader<ChildStdout>>>,
}

impl Pages {
    /// Opens pages and waits until each knows so many tasks and is connected. Without Node.js, which a line says, there are
    /// none.
    pub(super) async fn open(address: SocketAddr, tasks: usize) -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../frontend/tests/many/watchers.js");
        let process = Command::new("node")
            // Node.js 20 has WebSockets, but does not show them to everyone.
            .arg("--experimental-websocket")
            .arg(script)
            .args([format!("http://{address}"), COUNT.to_string()])
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn();
        let Ok(mut process) = process else {
            assert!(std::env::var_os("CI").is_none(), "Node.js is not installed");
            say!("SKIPPED: the clients of the page: Node.js is not installed");
            return Self(None);
        };
        let said = BufReader::new(process.stdout.take().unwrap()).lines();
        let pages = Self(Some(Running {
            _process: process,
            said: Mutex::new(said),
        }));
        pages.hear(&format!("open {tasks}")).await;
        pages
    }

    pub(super) fn count(&self) -> usize {
        self.0.as_ref().map_or(0, |_| COUNT)
    }

    /// Waits until all that lost their sockets are connected again, and says how many those were.
    pub(super) async fn back(&self) -> usize {
        self.hear("back").await
    }

    /// Waits until each page has heard of the end of every task.
    pub(super) async fn all_ended(&self) {
        self.hear("ended").await;
    }

    /// Waits for a line that begins so, and gives the number behind it.
    async fn hear(&self, beginning: &str) -> usize {
        let Some(running) = &self.0 else { return 0 };
        let mut said = running.said.lock().await;
        loop {
            let line = timeout(PATIENCE, said.next_line()).await;
            let line = line.unwrap_or_else(|_| panic!("no page says `{beginning}`"));
            let line = line
                .unwrap()
                .unwrap_or_else(|| panic!("the pages ended before they said `{beginning}`"));
            if let Some(number) = line.strip_prefix(beginning) {
                return number.trim().parse().unwrap_or_default();
            }
        }
    }
}
