//! The program of the README, as it is printed and as it runs.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use serde_json::Value;

const PATIENCE: Duration = Duration::from_mins(1);

/// A running quickstart, ended with its value.
struct Quickstart {
    process: Child,
    address: SocketAddr,
}

impl Quickstart {
    fn start(folder: &Path) -> Self {
        // The port is free again when the listener is dropped.
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let process = Command::new(env!("CARGO_BIN_EXE_leyline-quickstart"))
            .arg(address.to_string())
            .current_dir(folder)
            .spawn()
            .unwrap();
        let started = Self { process, address };
        let began = Instant::now();
        while TcpStream::connect(address).is_err() {
            assert!(began.elapsed() < PATIENCE, "it never listened");
            std::thread::sleep(Duration::from_millis(20));
        }
        started
    }

    /// Sends a request and gives the JSON of the answer.
    fn ask(&self, head: &str, body: &str) -> Value {
        let mut stream = TcpStream::connect(self.address).unwrap();
        let request = format!(
            "{head} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (_, json) = answer.split_once("\r\n\r\n").unwrap();
        serde_json::from_str(json).unwrap_or_else(|error| panic!("{error}: {answer}"))
    }
}

impl Drop for Quickstart {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn the_program_counts_words() {
    let folder = tempfile::tempdir().unwrap();
    let quickstart = Quickstart::start(folder.path());
    let accepted = quickstart.ask("POST /api/upload", "four words are here");
    let id = accepted["id"].as_str().unwrap();
    let began = Instant::now();
    loop {
        let task = quickstart.ask(&format!("GET /api/tasks/{id}"), "");
        if task["status"] == "completed" {
            break;
        }
        assert!(began.elapsed() < PATIENCE, "{task}");
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(quickstart.ask(&format!("GET /api/tasks/{id}/result"), ""), 4);
}

#[test]
fn the_readme_shows_the_program_that_runs() {
    let program = include_str!("../../src/main.rs");
    let (_, program) = program.split_once("\n\n").expect("a header, then the program");
    let readme = include_str!("../../../../README.md");
    assert!(readme.contains(program), "README.md shows another program");
    assert!(program.lines().count() < 60);
}
