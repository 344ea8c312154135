//! `Idempotency-Key`: one text is one key however it is written, and what is no key is refused.

use axum::body::Body;
use axum::http::HeaderValue;

use super::{Target, header};
use crate::reference::label::quoted;
use crate::service::{Answer, Service, with};

pub(super) const TARGET: Target = Target {
    name: "key",
    run,
    words: &[
        "\"",
        "\\",
        "\\\"",
        "\\\\",
        "8e03978e-40d5-43dd-bc93-6894a57f9324",
        " ",
        "\t",
        "\n",
        ";x=1",
        ",",
        "\u{e9}",
        "\u{7f}",
        "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk",
    ],
    tries: 600,
};

fn run(data: &[u8]) {
    let Some(values) = header::values(data) else {
        return;
    };
    with(async |service| {
        let answer = send(service, &values).await;
        let Some(key) = key(&values) else {
            answer.check_problem(&[400]);
            return;
        };
        assert_eq!(answer.status, 202, "{key:?}: {answer:?}");
        let stored = service
            .leyline
            .get(answer.id())
            .await
            .expect("memory can be read");
        let stored = stored.and_then(|task| task.idempotency_key);
        assert_eq!(stored.as_deref(), Some(&*key));
        let again = send(service, &[quoted(&key).as_bytes()]).await;
        assert_eq!(again.id(), answer.id(), "the same key, quoted: {key:?}");
        service.forget(answer.id()).await;
    });
}

async fn send(service: &Service, values: &[&[u8]]) -> Answer {
    let request = header::request("POST", "/api/tasks", "idempotency-key", values);
    let request = request.header("content-type", HeaderValue::from_static("application/json"));
    service
        .call(request.body(Body::from("{}")).expect("its parts are valid"))
        .await
}

/// The key: one value, quoted (RFC 9651, 3.3.3) or bare, of 1 to 255 characters that can be seen, or spaces between them.
fn key(values: &[&[u8]]) -> Option<String> {
    let [value] = values else { return None };
    let text = std::str::from_utf8(value).ok()?;
    if !text.bytes().all(|b| (b' '..=b'~').contains(&b)) {
        return None;
    }
    let key = match text.strip_prefix('"') {
        Some(quoted) => unquoted(quoted.strip_suffix('"')?)?,
        None => text.to_owned(),
    };
    (1..=255).contains(&key.len()).then_some(key)
}

fn unquoted(text: &str) -> Option<String> {
    let mut key = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '"' => return None,
            '\\' => key.push(chars.next().filter(|c| ['"', '\\'].contains(c))?),
            c => key.push(c),
        }
    }
    Some(key)
}
