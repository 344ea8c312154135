//! Nothing is left of a server whose tests were killed.

use std::io::{BufRead as _, BufReader};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use test_servers::{Postgres, PostgresOptions};

/// Says to the test below that this process is the one to be killed.
const VICTIM: &str = "TEST_SERVERS_VICTIM";

/// This test is also the program that it kills.
#[test]
fn a_server_goes_with_its_folder_when_the_tests_are_killed() {
    if std::env::var_os(VICTIM).is_some() {
        live();
    }
    let Some(postgres) = Postgres::available() else {
        return;
    };
    let itself = std::env::current_exe().unwrap();
    let mut victim = Command::new(itself)
        .args([
            "--exact",
            "gone::a_server_goes_with_its_folder_when_the_tests_are_killed",
            "--nocapture",
        ])
        .env(VICTIM, "1")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(victim.stdout.take().unwrap())
        .lines()
        .map_while(Result::ok);
    let mut words = lines.filter_map(|line| line.split_once("VICTIM ").map(|(_, rest)| rest.to_owned()));
    let (port, folder) = (words.next().expect("a port"), words.next().expect("a folder"));
    let port: u16 = port.parse().unwrap();
    assert!(TcpStream::connect(("127.0.0.1", port)).is_ok() && Path::new(&folder).exists());
    victim.kill().unwrap();
    victim.wait().unwrap();
    let begin = Instant::now();
    while TcpStream::connect(("127.0.0.1", port)).is_ok() || Path::new(&folder).exists() {
        assert!(
            begin.elapsed() < Duration::from_secs(30),
            "{folder} is still there"
        );
        std::thread::sleep(Duration::from_millis(10));
    }
    assert_eq!(
        postgres.query("postgres", "SELECT 1"),
        [["1"]],
        "that of others is not touched"
    );
}

/// Starts a server and waits to be killed.
fn live() -> ! {
    let postgres = Postgres::start(PostgresOptions::default()).expect("it is installed");
    println!("VICTIM {}", postgres.port());
    println!(
        "VICTIM {}",
        postgres.query("postgres", "SHOW data_directory")[0][0]
    );
    loop {
        std::thread::park();
    }
}
