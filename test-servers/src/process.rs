//! A server's process and its folder, and how both go when the tests do, whatever ends those.
//!
//! A static is never dropped, and a killed process drops nothing. So each folder has a keeper: a shell that reads a pipe of
//! which this process holds the other end. The kernel closes that, also after kill -9, and then the keeper ends the servers
//! and removes the folder. A server's pid is written into the pipe by the process that is about to become the server, so there
//! is no moment at which one runs and the keeper does not know.

use std::fs::Permissions;
use std::io::{PipeWriter, Write as _};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};
use std::{env, fs, thread};

/// The user for servers that refuse to run as root: `nobody`, on Debian and elsewhere.
const NOBODY: u32 = 65_534;
/// How long a start or an end may take, on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);
/// How often another process is looked at.
const GLANCE: Duration = Duration::from_millis(5);

/// What the keeper runs.
const KEEPER: &str = include_str!("keeper.sh");
/// Tells the keeper of this process, then becomes the server. Its first argument is the log.
const BECOME: &str = r#"echo "started $$"; log=$1; shift; exec "$@" >>"$log" 2>&1"#;

/// A folder for one server, which goes with it.
#[derive(Debug)]
pub(crate) struct Home {
    folder: PathBuf,
    keeper: Child,
    /// Open as long as this process is there.
    pipe: Option<PipeWriter>,
    /// The signal that the server takes for "now".
    now: &'static str,
}

impl Home {
    /// Makes the folder, owned by whoever will run the server.
    pub(crate) fn new(server: &str, now: &'static str) -> Self {
        let folder = tempfile::Builder::new()
            .prefix(&format!("leyline-{server}-"))
            .permissions(Permissions::from_mode(0o700))
            .tempdir()
            .expect("there is room for a temporary folder")
            .keep();
        if is_root() {
            chown(&folder, Some(NOBODY), Some(NOBODY)).expect("root may give a folder away");
        }
        let (lines, pipe) = std::io::pipe().expect("there is a pipe");
        let keeper = Command::new("sh")
            .args(["-c", KEEPER, "keeper"])
            .arg(&folder)
            .arg(now)
            .current_dir("/")
            .stdin(lines)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // Neither Ctrl-C nor a test runner that kills the whole group ends it.
            .process_group(0)
            .spawn()
            .expect("there is a shell");
        Self {
            folder,
            keeper,
            pipe: Some(pipe),
            now,
        }
    }

    /// A path in the folder.
    pub(crate) fn join(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Writes a file that the server can read and nobody else.
    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        let file = self.join(name);
        fs::write(&file, text).expect("there is room in the folder");
        fs::set_permissions(&file, Permissions::from_mode(0o600)).expect("the file is ours");
        if is_root() {
            chown(&file, Some(NOBODY), Some(NOBODY)).expect("root may give a file away");
        }
        file
    }

    /// A program as the server's user.
    pub(crate) fn command(&self, program: &Path) -> Command {
        let mut command = plain(program);
        command
            .current_dir("/")
            .env("HOME", &self.folder)
            .stdin(Stdio::null());
        if is_root() {
            command.uid(NOBODY).gid(NOBODY);
        }
        command
    }

    /// Starts a server; what it prints is added to the log.
    pub(crate) fn start(&self, program: &Path, arguments: &[String], log: &Path) -> Running {
        let pipe = self.pipe.as_ref().expect("open until the folder goes");
        let tell = |pipe: &PipeWriter| pipe.try_clone().expect("a pipe can be had twice");
        let process = self
            .command(Path::new("sh"))
            .args(["-c", BECOME, "sh"])
            .args([log, program])
            .args(arguments)
            .stdout(tell(pipe))
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .expect("there is a shell");
        Running {
            process,
            pipe: tell(pipe),
            log: log.to_owned(),
            now: self.now,
        }
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        drop(self.pipe.take());
        let _ = self.keeper.wait();
    }
}

/// A server that was started. It is ended when this is dropped.
#[derive(Debug)]
pub(crate) struct Running {
    process: Child,
    pipe: PipeWriter,
    log: PathBuf,
    now: &'static str,
}

impl Running {
    pub(crate) fn pid(&self) -> u32 {
        self.process.id()
    }

    /// Waits until the server is ready. Panics with its log if it ends instead, or never is.
    pub(crate) fn until(&mut self, ready: impl Fn(&Self) -> bool) {
        let begin = Instant::now();
        while !ready(self) {
            let ended = self.ended();
            let late = begin.elapsed() > PATIENCE;
            if ended.is_some() || late {
                let end = ended.map_or("was not ready in time".to_owned(), |status| {
                    format!("ended with {status}")
                });
                panic!("the server {end}; its log:\n{}", text(&self.log));
            }
            thread::sleep(GLANCE);
        }
    }

    /// Sends a signal and waits for the end. Panics with the log if it does not come.
    pub(crate) fn end(&mut self, signal: &str) -> ExitStatus {
        send(signal, &[self.pid()]);
        self.wait().unwrap_or_else(|| {
            panic!(
                "the server did not end at SIG{signal}; its log:\n{}",
                text(&self.log)
            )
        })
    }

    /// Kills it and its children, none of which can do anything any more, as if the machine had lost power.
    pub(crate) fn kill(&mut self) {
        let pid = self.pid();
        // A stopped process makes no more children.
        send("STOP", &[pid]);
        let children = children(pid);
        send("KILL", &[&[pid], &children[..]].concat());
        assert!(self.wait().is_some(), "SIGKILL ends everyone");
        let begin = Instant::now();
        while children.iter().any(|child| is_alive(*child)) {
            assert!(begin.elapsed() < PATIENCE, "SIGKILL ends everyone");
            thread::sleep(GLANCE);
        }
    }

    fn wait(&mut self) -> Option<ExitStatus> {
        let begin = Instant::now();
        while begin.elapsed() < PATIENCE {
            if let Some(status) = self.ended() {
                return Some(status);
            }
            thread::sleep(GLANCE);
        }
        None
    }

    fn ended(&mut self) -> Option<ExitStatus> {
        let status = self.process.try_wait().expect("a child can be waited for")?;
        // The keeper has not ended before this process, or else nothing would be left to keep.
        let _ = writeln!(self.pipe, "ended {}", self.process.id());
        Some(status)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.ended().is_none() {
            send(self.now, &[self.pid()]);
            if self.wait().is_none() {
                self.kill();
            }
        }
    }
}

/// A program that hears nothing of the connections which the environment may suggest, and speaks English.
pub(crate) fn plain(program: &Path) -> Command {
    let mut command = Command::new(program);
    for (name, _) in env::vars_os() {
        if name.to_str().is_some_and(|name| name.starts_with("PG")) {
            command.env_remove(name);
        }
    }
    command.env("LC_ALL", "C");
    command
}

/// Runs a program to its end and gives what it printed, or what it complained of.
pub(crate) fn output(command: &mut Command) -> Result<String, String> {
    let done = command
        .output()
        .map_err(|error| format!("{command:?}: {error}"))?;
    if done.status.success() {
        Ok(String::from_utf8_lossy(&done.stdout).into_owned())
    } else {
        Err(String::from_utf8_lossy(&done.stderr).trim().to_owned())
    }
}

/// What a log says so far.
pub(crate) fn text(log: &Path) -> String {
    let bytes = fs::read(log).unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Sends a signal by its name. A process that is gone does not mind.
fn send(signal: &str, pids: &[u32]) {
    let pids: Vec<String> = pids.iter().map(u32::to_string).collect();
    let sent = Command::new("sh")
        .args(["-c", "kill -s \"$@\"", "sh", signal])
        .args(pids)
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .status();
    sent.expect("there is a shell");
}

/// The children of a process, where the system shows them as files; elsewhere none.
fn children(of: u32) -> Vec<u32> {
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    processes
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter(|pid| state(*pid).is_some_and(|(_, parent)| parent == of))
        .collect()
}

/// Whether it can still do anything: a zombie can't.
fn is_alive(pid: u32) -> bool {
    state(pid).is_some_and(|(state, _)| state != 'Z')
}

/// What a process is doing, and its parent.
fn state(pid: u32) -> Option<(char, u32)> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name before it stands in brackets and may hold anything.
    let (_, rest) = stat.rsplit_once(") ")?;
    let mut words = rest.split(' ');
    Some((words.next()?.chars().next()?, words.next()?.parse().ok()?))
}

/// Whether this process runs as root.
fn is_root() -> bool {
    // std has no geteuid, and whoever makes a file owns it.
    static ROOT: std::sync::OnceLock<bool> = std::sync::OnceLock::new();
    *ROOT.get_or_init(|| {
        let file = tempfile::NamedTempFile::new().expect("there is room for a temporary file");
        file.as_file().metadata().is_ok_and(|file| file.uid() == 0)
    })
}
