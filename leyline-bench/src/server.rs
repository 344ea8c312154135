//! The example server as a child process, and what the kernel says of it.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};

use crate::Result;

/// A child that ends with its handle.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: String,
    _data: TempDir,
}

impl Server {
    /// Starts the example server over a fresh folder, and waits until it is ready.
    pub(crate) async fn start(arguments: &[&str]) -> Result<Self> {
        let binary = beside_this("leyline-server")?;
        let data = tempfile::tempdir()?;
        let mut command = Command::new(binary);
        command
            .arg("--store")
            .arg(format!("sqlite:{}", data.path().join("leyline.db").display()));
        command
            .arg("--blobs")
            .arg(format!("file:{}", data.path().join("blobs").display()));
        command.args(arguments);
        Self::launch(command, "--listen", data).await
    }

    /// Starts this program again in another role.
    pub(crate) async fn start_self(role: &str) -> Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg(role);
        Self::launch(command, "", tempfile::tempdir()?).await
    }

    async fn launch(mut command: Command, listen: &str, data: TempDir) -> Result<Self> {
        let address = format!("127.0.0.1:{}", free_port()?);
        if listen.is_empty() {
            command.env("LEYLINE_LISTEN", &address);
        } else {
            command.arg(listen).arg(&address);
        }
        let child = command
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()?;
        let server = Self {
            child,
            address,
            _data: data,
        };
        server.ready().await?;
        Ok(server)
    }

    async fn ready(&self) -> Result {
        for _ in 0..200 {
            if TcpStream::connect(&self.address).await.is_ok() {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Err(format!("the server at {} did not come up", self.address).into())
    }

    /// A number of `/proc/<pid>/status`, in KiB.
    pub(crate) fn memory(&self, field: &str) -> Result<u64> {
        let pid = self.child.id().ok_or("the server has ended")?;
        let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
        let line = status
            .lines()
            .find(|line| line.starts_with(field))
            .ok_or("no such field")?;
        let number = line.split_whitespace().nth(1).ok_or("no number")?;
        Ok(number.parse()?)
    }

    /// Processor time used so far, in clock ticks of 10 ms.
    pub(crate) fn cpu_ticks(&self) -> Result<u64> {
        let pid = self.child.id().ok_or("the server has ended")?;
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
        let (_, rest) = stat.rsplit_once(')').ok_or("a stat line")?;
        let fields: Vec<&str> = rest.split_whitespace().collect();
        Ok(fields[11].parse::<u64>()? + fields[12].parse::<u64>()?)
    }

    /// One request on a connection of its own; gives the whole answer.
    pub(crate) async fn post(&self, path: &str, content_type: &str, body: &[u8]) -> Result<String> {
        let mut stream = TcpStream::connect(&self.address).await?;
        let length = body.len();
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: bench\r\nConnection: close\r\nContent-Type: {content_type}\r\nContent-Length: {length}\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).await?;
        stream.write_all(body).await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        Ok(answer)
    }
}

fn beside_this(name: &str) -> Result<PathBuf> {
    let this = std::env::current_exe()?;
    let binary = this.parent().unwrap_or(Path::new(".")).join(name);
    if binary.exists() {
        return Ok(binary);
    }
    Err(format!("no {name} beside this program: cargo build --release -p {name}").into())
}

fn free_port() -> Result<u16> {
    Ok(std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}
