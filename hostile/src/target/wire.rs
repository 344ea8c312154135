//! HTTP/1.1 itself, over a connection to the server as it is shipped: no byte of a body becomes a request, and whatever comes,
//! what is answered is whole responses.

use super::Target;
use crate::reference::responses::{self, Heard};
use crate::service::with;
use crate::source::Source;

pub(super) const TARGET: Target = Target {
    name: "wire",
    run,
    words: &[
        "GET /healthz HTTP/1.1\r\n",
        "POST /api/upload?kind=k HTTP/1.1\r\n",
        "POST /api/tasks HTTP/1.1\r\n",
        "Host: a\r\n",
        "Content-Length: 5\r\n",
        "Content-Length: ",
        "Transfer-Encoding: chunked\r\n",
        "Transfer-Encoding: ",
        "chunked",
        "identity",
        "\r\n",
        "\n",
        "\r",
        " ",
        "\t",
        "5\r\nhello\r\n",
        "0\r\n\r\n",
        "5;a=b\r\n",
        "ffffffffffffffff\r\n",
        "Connection: close\r\n",
        "Expect: 100-continue\r\n",
        "X: y\r\n",
        ": ",
        "HTTP/1.0",
        "\0",
    ],
    tries: 300,
};

/// A request that stands in the bodies of others. Its answer can't be taken for another's.
const SMUGGLED: &str = "GET /nowhere HTTP/1.1\r\nHost: a\r\n\r\n";

fn run(data: &[u8]) {
    let mut source = Source::new(data);
    let (built, cut) = (source.flag(), source.byte());
    let mut sent = Vec::new();
    let mut expected = Vec::new();
    if built {
        while !source.is_empty() && expected.len() < 8 {
            expected.push(request(&mut source, &mut sent));
        }
        sent.extend_from_slice(b"GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        expected.push(200);
    } else {
        sent.extend_from_slice(source.rest());
    }
    let length = if cut == 0 {
        sent.len().max(1)
    } else {
        usize::from(cut)
    };
    let pieces: Vec<&[u8]> = sent.chunks(length).collect();
    let answers = with(async |service| {
        let answers = service.talk(&pieces).await;
        let made = service.forget_all().await;
        (answers, made)
    });
    check(&answers, built.then_some(&expected));
}

fn check((answers, made): &(Vec<u8>, usize), expected: Option<&Vec<u16>>) {
    let (heard, broken) = responses::read(answers);
    heard.iter().for_each(check_answer);
    let accepted = heard.iter().filter(|heard| heard.status == 202).count();
    assert!(accepted <= *made, "{accepted} were accepted and {made} are there");
    if let Some(expected) = expected {
        let statuses: Vec<u16> = heard.iter().map(|heard| heard.status).collect();
        assert_eq!(broken, None, "the last answer breaks off");
        assert!(
            expected.starts_with(&statuses),
            "{statuses:?} instead of {expected:?}"
        );
        // A server may close behind an answer that left a body unread, and behind no other.
        assert!(
            statuses.len() == expected.len() || statuses.last() == Some(&404),
            "{statuses:?} of {expected:?}"
        );
        assert_eq!(accepted, *made);
    }
}

/// One that a handler made tells of a problem as all of them do; one that the server made has no body.
fn check_answer(heard: &Heard) {
    let kind = heard.header("content-type").unwrap_or_default();
    if heard.status >= 400 && !heard.body.is_empty() {
        assert_eq!(kind, "application/problem+json", "{heard:?}");
    }
    if kind.ends_with("json") && !heard.body.is_empty() {
        let json = serde_json::from_slice::<serde_json::Value>(&heard.body);
        assert!(json.is_ok(), "{heard:?}");
    }
}

/// Writes a well-formed request, and gives the status that it gets.
fn request(source: &mut Source<'_>, sent: &mut Vec<u8>) -> u16 {
    let (form, repeats) = (source.below(5), source.below(20) + 1);
    let body = [source.take(20), SMUGGLED.repeat(repeats).as_bytes()].concat();
    let (head, status) = match form {
        0 => {
            sent.extend_from_slice(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n");
            return 200;
        }
        1 | 2 => ("POST /api/upload?kind=k", 202),
        // What it says is not read at all, and yet it has to be gone.
        _ => ("POST /api/tasks/01890a5d-ac96-774b-bcce-b302099a8057/cancel", 404),
    };
    sent.extend_from_slice(format!("{head} HTTP/1.1\r\nHost: a\r\n").as_bytes());
    if form % 2 == 0 {
        sent.extend_from_slice(format!("Content-Length: {}\r\n\r\n", body.len()).as_bytes());
        sent.extend_from_slice(&body);
    } else {
        sent.extend_from_slice(b"Transfer-Encoding: chunked\r\n\r\n");
        chunks(source, &body, sent);
    }
    status
}

/// Writes a body in chunks, some with an extension.
fn chunks(source: &mut Source<'_>, mut body: &[u8], sent: &mut Vec<u8>) {
    while !body.is_empty() {
        let (chunk, rest) = body.split_at(source.below(200).clamp(1, body.len()));
        let extension = if source.below(8) == 1 { ";a=\"b\"" } else { "" };
        sent.extend_from_slice(format!("{:x}{extension}\r\n", chunk.len()).as_bytes());
        sent.extend_from_slice(chunk);
        sent.extend_from_slice(b"\r\n");
        body = rest;
    }
    sent.extend_from_slice(b"0\r\n\r\n");
}
