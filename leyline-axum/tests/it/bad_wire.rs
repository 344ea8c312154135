//! What is wrong below the level of requests, sent over raw sockets.

use std::time::Duration;

use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::time::sleep;

use crate::app::{App, Setup};
use crate::client::{raw, until_closed};

/// Limits that a test can wait for.
fn hasty(setup: &mut Setup) {
    setup.serve.header_timeout = Duration::from_millis(150);
    setup.serve.body_idle_timeout = Duration::from_millis(300);
    setup.serve.body_rate_window = Duration::from_millis(100);
    setup.serve.min_body_rate = 100_000;
}

#[test]
fn the_limits_are_those_that_are_documented() {
    let options = leyline_axum::ServeOptions::default();
    assert_eq!(options.header_timeout, Duration::from_secs(10));
    assert_eq!(options.max_header_bytes, 32 * 1024);
    assert_eq!(
        (options.min_body_rate, options.body_idle_timeout),
        (1024, Duration::from_secs(30))
    );
    assert_eq!(
        leyline_axum::HttpOptions::default().ping_interval,
        Duration::from_secs(25)
    );
}

#[test]
fn a_watcher_that_reads_nothing_for_half_a_minute_is_not_cut() {
    let halt = Duration::from_secs(30);
    assert!(leyline_axum::HttpOptions::default().peer_timeout > halt);
    assert!(leyline_axum::ServeOptions::default().write_timeout > halt);
}

#[tokio::test]
async fn a_header_that_does_not_end_in_time_gets_408_or_a_closed_connection() {
    let app = App::with(hasty).await;
    for head in ["", "GET /healthz HTTP/1.1\r\nHost: a\r\n"] {
        let answer = raw(app.addr, head).await;
        assert!(
            answer.is_empty() || answer.starts_with("HTTP/1.1 408 "),
            "{answer}"
        );
    }
}

#[tokio::test]
async fn a_header_that_drips_gets_408_or_a_closed_connection() {
    let app = App::with(hasty).await;
    let mut stream = TcpStream::connect(app.addr).await.unwrap();
    let (mut reader, mut writer) = stream.split();
    let drip = async {
        writer.write_all(b"GET /healthz HTTP/1.1\r\nHost: a\r\n").await?;
        loop {
            writer.write_all(b"X: y\r\n").await?;
            sleep(Duration::from_millis(20)).await;
        }
    };
    let mut answer = Vec::new();
    tokio::select! {
        biased;
        _ = tokio::io::AsyncReadExt::read_to_end(&mut reader, &mut answer) => {}
        error = drip => { let _: std::io::Result<()> = error; }
    }
    let answer = String::from_utf8(answer).unwrap();
    assert!(
        answer.is_empty() || answer.starts_with("HTTP/1.1 408 "),
        "{answer}"
    );
}

#[track_caller]
fn check_too_slow(answer: &str) {
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    assert!(answer.contains("connection: close\r\n"), "{answer}");
    assert!(answer.contains("urn:leyline:problem:body-timeout"), "{answer}");
}

#[tokio::test]
async fn a_body_that_stops_gets_408() {
    let app = App::with(hasty).await;
    for path in ["/api/upload?kind=copy", "/api/tasks"] {
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{{\"kind\":"
        );
        check_too_slow(&raw(app.addr, head).await);
    }
    assert_eq!((app.task_count().await, app.uploads().await), (0, vec![]));
}

#[tokio::test]
async fn a_body_below_the_least_rate_gets_408() {
    let app = App::with(hasty).await;
    let mut stream = TcpStream::connect(app.addr).await.unwrap();
    let head = "POST /api/upload?kind=copy HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    for _ in 0..15 {
        sleep(Duration::from_millis(20)).await;
        if stream.write_all(b"drip").await.is_err() {
            break;
        }
    }
    check_too_slow(&until_closed(&mut stream).await);
    assert_eq!((app.task_count().await, app.uploads().await), (0, vec![]));
}

#[tokio::test]
async fn two_content_lengths_get_400_and_the_connection_closes() {
    let app = App::start().await;
    for lengths in [
        "Content-Length: 3\r\nContent-Length: 30",
        "Content-Length: 3, 30",
        "Content-Length: 3, 3",
    ] {
        let answer = raw(
            app.addr,
            format!(
                "POST /api/upload?kind=copy HTTP/1.1\r\nHost: a\r\n{lengths}\r\n\r\nabc\
                 GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"
            ),
        )
        .await;
        assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
        assert_eq!(answer.matches("HTTP/1.1").count(), 1, "{answer}");
    }
    assert_eq!(app.task_count().await, 0);
}

#[tokio::test]
async fn a_header_block_over_32_kib_gets_431_and_the_connection_closes() {
    let app = App::start().await;
    let one = format!("X: {}\r\n", "x".repeat(33 * 1024));
    let many = format!(
        "X: {}
",
        "x".repeat(400)
    )
    .repeat(99);
    for headers in [one, many] {
        let answer = raw(
            app.addr,
            format!("GET /healthz HTTP/1.1\r\nHost: a\r\n{headers}\r\n"),
        )
        .await;
        assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");
    }
    let fits = format!("X: {}\r\n", "x".repeat(31 * 1024));
    let answer = raw(
        app.addr,
        format!("GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{fits}\r\n"),
    )
    .await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
}

/// A request that stands in the body of another.
const SMUGGLED: &str = "GET /api/stats HTTP/1.1\r\nHost: a\r\n\r\n";

/// Uploads the smuggled request in a body that these headers tell of, and asks for the health on the same connection. Gives
/// all that was answered, and its statuses.
async fn smuggle(lengths: &str, body: &str) -> (String, Vec<u16>) {
    let app = App::with(|setup| setup.worker = false).await;
    let upload = format!("POST /api/upload?kind=copy HTTP/1.1\r\nHost: a\r\n{lengths}\r\n\r\n{body}");
    let last = "GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    let answers = raw(app.addr, upload + last).await;
    let statuses = answers.split("HTTP/1.1 ").skip(1);
    let statuses = statuses.map(|answer| answer[..3].parse().unwrap()).collect();
    let tasks = app.get("/api/tasks").await.json();
    assert_eq!(tasks["tasks"][0]["input"]["size"], SMUGGLED.len(), "{lengths}");
    assert_eq!(tasks["tasks"].as_array().unwrap().len(), 1, "{lengths}");
    (answers, statuses)
}

#[tokio::test]
async fn transfer_encoding_beside_content_length_wins_and_no_body_byte_becomes_a_second_request() {
    let size = format!("{:x}\r\n", SMUGGLED.len());
    let chunked = format!("{size}{SMUGGLED}\r\n0\r\n\r\n");
    // Did this win, the body would end where the smuggled request begins.
    let length = format!("Content-Length: {}", size.len());
    for lengths in [
        format!("{length}\r\nTransfer-Encoding: chunked"),
        format!("Transfer-Encoding: chunked\r\n{length}"),
    ] {
        let (answers, statuses) = smuggle(&lengths, &chunked).await;
        assert_eq!(statuses, [202], "{lengths}: {answers}");
        assert!(answers.contains("connection: close\r\n"), "{lengths}: {answers}");
    }
}

#[tokio::test]
async fn two_equal_content_lengths_are_one_and_no_body_byte_becomes_a_second_request() {
    let length = format!("Content-Length: {}", SMUGGLED.len());
    let (answers, statuses) = smuggle(&format!("{length}\r\n{length}"), SMUGGLED).await;
    assert_eq!(statuses, [202, 200], "{answers}");
    assert!(answers.ends_with(r#"{"status":"ok"}"#), "{answers}");
}

#[tokio::test]
async fn a_transfer_encoding_that_is_not_chunked_gets_400() {
    let app = App::start().await;
    for coding in ["identity", "chunked, gzip", "xchunked"] {
        let head = format!(
            "POST /api/upload?kind=copy HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: {coding}\r\n\r\nabc\
             GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"
        );
        let answer = raw(app.addr, head).await;
        assert!(answer.starts_with("HTTP/1.1 400 "), "{coding}: {answer}");
        assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "{answer}");
    }
    assert_eq!(app.task_count().await, 0);
}

#[tokio::test]
async fn what_is_no_request_gets_400_and_the_connection_closes() {
    let app = App::start().await;
    for text in [
        "\x16\x03\x01\x02\x00\x01",
        "garbage\r\n\r\n",
        "GET /\x01 HTTP/1.1\r\n\r\n",
    ] {
        let answer = raw(app.addr, text).await;
        assert!(answer.starts_with("HTTP/1.1 400 "), "{text:?}: {answer}");
    }
}

#[tokio::test]
async fn the_body_of_a_refused_request_does_not_become_the_next_request() {
    let app = App::start().await;
    let smuggled = "GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    let head = format!(
        "POST /api/tasks HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\nContent-Length: {}\r\n\r\n{smuggled}",
        smuggled.len()
    );
    let last = "GET /api/tasks HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    let answer = raw(app.addr, head + last).await;
    assert!(answer.starts_with("HTTP/1.1 415 "), "{answer}");
    assert!(!answer.contains(r#"{"status":"ok"}"#), "{answer}");
}
