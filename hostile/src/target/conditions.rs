//! `If-None-Match` and `If-Match`: the answer is what a slow reading of RFC 9110 says.

use leyline_core::Task;

use super::{Target, header};
use crate::reference::tags::{Tag, Tags, read};
use crate::service::{Answer, with};
use crate::source::Source;

pub(super) const TARGET: Target = Target {
    name: "conditions",
    run,
    words: &[
        "\"2.0\"", "\"2.1\"", "\"1.0\"", "\"+2.0\"", "\"02.0\"", "W/", "*", ",", " ", "\t", "\"", "2.0",
        "\"a,b\"", "\n", "\"\"", "\u{e9}",
    ],
    tries: 800,
};

fn run(data: &[u8]) {
    let mut source = Source::new(data);
    let changes = source.flag();
    let Some(values) = header::values(source.rest()) else {
        return;
    };
    let (task, answer) = with(async |service| {
        let task = service.cancelled().await;
        let path = format!("/api/tasks/{}", task.id);
        let request = if changes {
            header::request("POST", &format!("{path}/cancel"), "if-match", &values)
        } else {
            header::request("GET", &path, "if-none-match", &values)
        };
        let answer = service.call(header::empty(request)).await;
        service.forget(task.id).await;
        (task, answer)
    });
    let tags = read(&values);
    if changes {
        check_change(&task, &tags, &answer);
    } else {
        check_read(&tags, &answer);
    }
}

/// Compared weakly (13.1.2). What is malformed asks for nothing.
fn check_read(tags: &Tags, answer: &Answer) {
    let matches = match tags {
        Tags::Any => true,
        Tags::Listed(tags) => tags.iter().any(|tag| tag.opaque == b"2.0"),
        Tags::Malformed => false,
    };
    assert_eq!(
        answer.status,
        if matches { 304 } else { 200 },
        "{tags:?}: {answer:?}"
    );
    assert_eq!(answer.header("etag"), "\"2.0\"");
    assert_eq!(answer.body.is_empty(), matches);
}

/// Compared strongly (13.1.1), and by the revision alone: progress is no reason to refuse a change. What is malformed guards
/// nothing, so it is refused.
fn check_change(task: &Task, tags: &Tags, answer: &Answer) {
    let names = |tag: &Tag| {
        let ticks = tag.opaque.strip_prefix(b"2.").filter(|_| !tag.weak);
        ticks.is_some_and(is_number)
    };
    match tags {
        Tags::Malformed => answer.check_problem(&[400]),
        Tags::Listed(tags) if !tags.iter().any(names) => answer.check_problem(&[412]),
        _ => assert_eq!(answer.status, 200, "{tags:?} at {}: {answer:?}", task.revision),
    }
}

/// Whether the server would write a number so.
fn is_number(text: &[u8]) -> bool {
    let text = std::str::from_utf8(text).unwrap_or_default();
    text.parse::<u64>().is_ok_and(|number| number.to_string() == text)
}
