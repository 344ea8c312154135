//! `Last-Event-ID`: only whoever has the end is told nothing of it.

use super::{Target, header};
use crate::reference::events;
use crate::service::with;

pub(super) const TARGET: Target = Target {
    name: "resume",
    run,
    words: &[
        "2.0",
        "2.1",
        "1.9",
        "3.0",
        ".",
        "+2.0",
        "02.0",
        "2.00",
        "-1",
        "18446744073709551615",
        "\n",
        " ",
        "\u{e9}",
    ],
    tries: 600,
};

fn run(data: &[u8]) {
    let Some(values) = header::values(data) else {
        return;
    };
    let (task, answer) = with(async |service| {
        let task = service.cancelled().await;
        let path = format!("/api/tasks/{}/events", task.id);
        let request = header::request("GET", &path, "last-event-id", &values);
        let answer = service.call(header::empty(request)).await;
        service.forget(task.id).await;
        (task, answer)
    });
    // Of several values the first counts: browsers send one.
    if values[0] == b"2.0" {
        assert_eq!((answer.status, answer.body.len()), (204, 0), "{answer:?}");
        return;
    }
    assert_eq!(
        (answer.status, answer.header("content-type")),
        (200, "text/event-stream")
    );
    let told = events::read(&answer.body);
    let [event] = &told[..] else {
        panic!("the end, once: {told:?}")
    };
    assert_eq!((&*event.kind, &*event.id), ("", "2.0"));
    let expected = leyline_core::TaskEvent::of(&task).json();
    assert_eq!(event.data.as_bytes(), expected);
}
