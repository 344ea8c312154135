//! Params: JSON within bounds, kept as it was sent.

use axum::body::Body;
use axum::http::Request;
use leyline_core::Json;

use super::Target;
use crate::reference::json::is_kept;
use crate::service::{KIND, Service, with};

pub(super) const TARGET: Target = Target {
    name: "params",
    run,
    words: &[
        "{",
        "}",
        "[",
        "]",
        "[[[[[[[[[[[[[[[[",
        "]]]]]]]]]]]]]]]]",
        ":",
        ",",
        "\"",
        "\"a\"",
        "\\u0000",
        "\\u00",
        "\\\\",
        "\\",
        "\\ud800",
        "\\n",
        "null",
        "true",
        "false",
        "0",
        "-",
        "1.5e+300",
        "1e999999",
        "01",
        " ",
        "\n",
        "\u{feff}",
        "\u{7f}",
        "é",
        "params",
        "kind",
        "\"kind\":\"k\"",
    ],
    tries: 1000,
};

fn run(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let parsed = Json::parse(&text);
    assert_eq!(parsed.is_ok(), is_kept(&text), "{parsed:?}");
    with(async |service| {
        check_request(service, text.clone().into_owned().into_bytes(), None).await;
        let body = format!(r#"{{"kind":"{KIND}","params":{text}}}"#);
        let kept = parsed.as_ref().ok().map(Json::as_str);
        check_request(service, body.into_bytes(), kept).await;
    });
    if let Ok(json) = parsed {
        let text = text.trim_matches([' ', '\t', '\n', '\r']);
        assert_eq!(json.as_str(), text, "kept as it was sent");
        assert_eq!(Json::new(&json).ok(), Some(json), "and so again");
    }
}

/// Sends a body. If the params in it are to be kept, so they are; else the request may be refused.
async fn check_request(service: &Service, body: Vec<u8>, params: Option<&str>) {
    let request = Request::post("/api/tasks").header("content-type", "application/json");
    let answer = service
        .call(request.body(Body::from(body)).expect("its parts are valid"))
        .await;
    if answer.status != 202 {
        assert_eq!(params, None, "{answer:?}");
        answer.check_problem(&[400, 413, 422]);
        return;
    }
    let stored = service
        .leyline
        .get(answer.id())
        .await
        .expect("memory can be read");
    let stored = stored.expect("it was accepted").params;
    assert!(is_kept(stored.as_str()), "{stored:?}");
    if let Some(params) = params {
        assert_eq!(stored.as_str(), params);
    }
    service.forget(answer.id()).await;
}
