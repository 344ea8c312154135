//! Requests whose ends could be seen in two places: a proxy in front and this server must not come to see different ones. What
//! is ambiguous is refused, and its connection closes, so that nothing behind it is taken for a request.

use crate::app::App;
use crate::client::raw;

/// What would be answered with this, were it taken for a request.
const SMUGGLED: &str = "GET /api/stats HTTP/1.1\r\nHost: a\r\n\r\n";
const HEALTH: &str = "GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

/// Sends an upload with these header lines and these bytes behind them. Gives the statuses of all that was answered, and how
/// long the files are that were accepted.
async fn upload(headers: &str, body: &str) -> (Vec<u16>, Vec<u64>) {
    let app = App::with(|setup| setup.worker = false).await;
    let head = format!("POST /api/upload?kind=copy HTTP/1.1\r\nHost: a\r\n{headers}\r\n\r\n");
    let answers = raw(app.addr, head + body).await;
    let statuses = answers.split("HTTP/1.1 ").skip(1);
    let statuses = statuses.map(|answer| answer[..3].parse().unwrap()).collect();
    let tasks = app.get("/api/tasks").await.json();
    let tasks = tasks["tasks"].as_array().unwrap();
    let sizes = tasks.iter().map(|task| task["input"]["size"].as_u64().unwrap());
    assert_eq!(
        app.uploads().await.len(),
        tasks.len(),
        "nothing is left of what was refused"
    );
    (statuses, sizes.collect())
}

#[tokio::test]
async fn a_header_that_is_ambiguous_gets_400_and_the_connection_closes() {
    for headers in [
        // Folded lines, which some join and some do not.
        "Content-Length: 5\r\nX: y\r\n Transfer-Encoding: chunked",
        "Content-Length:\r\n 5",
        "Transfer-Encoding:\r\n chunked",
        // Space before a colon, or a line that begins with it.
        "Content-Length : 5",
        "Transfer-Encoding : chunked",
        "\tContent-Length: 5",
        // Numbers that are none.
        "Content-Length: +5",
        "Content-Length: -5",
        "Content-Length: 0x5",
        "Content-Length: 5 5",
        "Content-Length: 5;",
        "Content-Length: \"5\"",
        "Content-Length: 99999999999999999999",
        // Codings that are none, or not the last.
        "Transfer-Encoding: \x0bchunked",
        "Transfer-Encoding: \"chunked\"",
        "Transfer-Encoding: chunked;q=1",
        "Transfer-Encoding: chunked, identity",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
        // What ends a line for some.
        "X: a\rContent-Length: 5",
        "X: a\0Content-Length: 5",
        "X\0: a\r\nContent-Length: 5",
    ] {
        let (statuses, sizes) = upload(headers, &format!("5\r\nhello\r\n0\r\n\r\n{SMUGGLED}")).await;
        assert_eq!((&statuses[..], &sizes[..]), (&[400][..], &[][..]), "{headers:?}");
    }
}

#[tokio::test]
async fn a_chunk_whose_size_is_ambiguous_is_refused_and_nothing_behind_it_is_a_request() {
    for chunk in [
        "5\nhello\r\n",
        "5\rhello\r\n",
        "+5\r\nhello\r\n",
        "-5\r\nhello\r\n",
        "0x5\r\nhello\r\n",
        "5 5\r\nhello\r\n",
        "\r\n",
        "g\r\nhello\r\n",
        // Longer and shorter than it says.
        "4\r\nhello\r\n",
        "6\r\nhello\r\n",
        // A line end in an extension, which ends it for some.
        "5;a\nb\r\nhello\r\n",
        // It would wrap around to 5.
        "10000000000000005\r\nhello\r\n",
        "00000000000000000000000000000000000005g\r\nhello\r\n",
    ] {
        let body = format!("{chunk}0\r\n\r\n{SMUGGLED}");
        let (statuses, sizes) = upload("Transfer-Encoding: chunked", &body).await;
        assert_eq!((&statuses[..], &sizes[..]), (&[400][..], &[][..]), "{chunk:?}");
    }
}

#[tokio::test]
async fn extensions_and_trailers_say_nothing() {
    for body in [
        "5;a=b;c=\"d\"\r\nhello\r\n0;e\r\n\r\n",
        "5\r\nhello\r\n0\r\nContent-Length: 99\r\nTransfer-Encoding: identity\r\n\r\n",
        "0005\r\nhello\r\n00\r\n\r\n",
    ] {
        let (statuses, sizes) = upload("Transfer-Encoding: chunked", &format!("{body}{HEALTH}")).await;
        assert_eq!(
            (&statuses[..], &sizes[..]),
            (&[202, 200][..], &[5][..]),
            "{body:?}"
        );
    }
}

#[tokio::test]
async fn extensions_and_trailers_are_bounded() {
    let long = "x".repeat(40_000);
    for body in [
        format!("5;{long}\r\nhello\r\n0\r\n\r\n"),
        format!("5\r\nhello\r\n0\r\nX: {long}\r\n\r\n"),
        format!(
            "{}5\r\nhello\r\n0\r\n\r\n",
            "1;xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\r\nx\r\n".repeat(2000)
        ),
    ] {
        let (statuses, sizes) = upload("Transfer-Encoding: chunked", &format!("{body}{SMUGGLED}")).await;
        assert_eq!(
            (&statuses[..], &sizes[..]),
            (&[400][..], &[][..]),
            "{} bytes",
            body.len()
        );
    }
}

#[tokio::test]
async fn what_is_behind_a_body_is_the_next_request_or_gets_400() {
    let (statuses, sizes) = upload("Content-Length: 5", &format!("hello{HEALTH}")).await;
    assert_eq!((&statuses[..], &sizes[..]), (&[202, 200][..], &[5][..]));
    let (statuses, sizes) = upload("Content-Length: 5", &format!("hello world\r\n\r\n{SMUGGLED}")).await;
    assert_eq!((&statuses[..], &sizes[..]), (&[202, 400][..], &[5][..]));
}

#[tokio::test]
async fn a_body_that_breaks_off_is_no_upload() {
    for (headers, body) in [
        ("Content-Length: 50", "hello"),
        ("Transfer-Encoding: chunked", "5\r\nhello\r\n"),
        ("Transfer-Encoding: chunked", "5\r\nhello\r\n0\r\n"),
        // As large as can be.
        ("Transfer-Encoding: chunked", "ffffffffffffffff\r\nhello\r\n0\r\n\r\n"),
    ] {
        let app = App::with(|setup| setup.worker = false).await;
        let head = format!("POST /api/upload?kind=copy HTTP/1.1\r\nHost: a\r\n{headers}\r\n\r\n{body}");
        let answers = crate::client::raw_half(app.addr, head).await;
        assert!(!answers.contains(" 202 "), "{answers}");
        assert_eq!(
            (app.task_count().await, app.uploads().await),
            (0, vec![]),
            "{headers} {body:?}"
        );
    }
}
