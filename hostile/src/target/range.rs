//! `Range` and `If-Range`: the answer is what a slow reading of RFC 9110 says.

use super::{Target, header};
use crate::reference::range::{Due, due};
use crate::service::{Answer, Service, with};
use crate::source::Source;

pub(super) const TARGET: Target = Target {
    name: "range",
    run,
    words: &[
        "bytes=",
        "Bytes=",
        "lines=",
        "-",
        "0",
        "1",
        "9",
        "10",
        "255",
        "18446744073709551615",
        "18446744073709551616",
        "99999999999999999999999999999999999999999999",
        ",",
        " ",
        "\t",
        "+",
        "\n",
        "=",
    ],
    tries: 400,
};

/// A file, of which the target takes the beginning.
const FILE: [u8; 256] = {
    let mut file = [0; 256];
    let mut at = 0;
    while at < file.len() {
        file[at] = at as u8;
        at += 1;
    }
    file
};

fn run(data: &[u8]) {
    let mut source = Source::new(data);
    let file: &'static [u8] = &FILE[..[0, 1, 10, 256][source.below(4)]];
    let method = if source.below(4) == 0 { "HEAD" } else { "GET" };
    let condition = source.below(4);
    let Some(values) = header::values(source.rest()) else {
        return;
    };
    let (answer, holds) = with(async |service| ask(service, file, method, condition, &values).await);
    let due = if holds && method == "GET" {
        due(&values, file.len())
    } else {
        Due::Whole
    };
    let body = |expected: &[u8]| {
        assert_eq!(
            answer.header("content-length"),
            expected.len().to_string(),
            "{answer:?}"
        );
        assert_eq!(
            answer.body,
            if method == "HEAD" { &[][..] } else { expected },
            "{answer:?}"
        );
    };
    match due {
        Due::Whole => {
            assert_eq!(
                (answer.status, answer.header("content-range")),
                (200, ""),
                "{answer:?}"
            );
            body(file);
        }
        Due::Part(positions) => {
            let part: Vec<u8> = positions.iter().map(|at| file[*at]).collect();
            let (first, last) = (positions[0], positions[positions.len() - 1]);
            assert_eq!(answer.status, 206, "{answer:?}");
            assert_eq!(
                answer.header("content-range"),
                format!("bytes {first}-{last}/{}", file.len())
            );
            body(&part);
        }
        Due::Nothing => {
            answer.check_problem(&[416]);
            assert_eq!(answer.header("content-range"), format!("bytes */{}", file.len()));
        }
    }
}

/// Fetches a new file, and says whether its `If-Range` holds.
async fn ask(
    service: &Service,
    file: &'static [u8],
    method: &str,
    condition: usize,
    values: &[&[u8]],
) -> (Answer, bool) {
    let task = service.keep(file).await;
    let path = format!("/api/tasks/{}/input", task.id);
    let mut request = header::request(method, &path, "range", values);
    let tag = task
        .input
        .map(|input| format!("\"{}\"", input.sha256))
        .unwrap_or_default();
    request = match condition {
        1 => request.header("if-range", tag),
        // A weak tag does not match here, nor does a date: this server gives none.
        2 => request.header("if-range", format!("W/{tag}")),
        3 => request.header("if-range", "Wed, 21 Oct 2015 07:28:00 GMT"),
        _ => request,
    };
    let answer = service.call(header::empty(request)).await;
    service.forget(task.id).await;
    (answer, condition < 2)
}
