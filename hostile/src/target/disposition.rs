//! `Content-Disposition`: what an upload is called, and what its download is called.

use axum::body::Body;
use axum::http::{HeaderValue, Request};
use leyline_core::task::label::clean_file_name;

use super::header::empty;
use super::name::check_name;
use super::{Target, header};
use crate::reference::label;
use crate::service::{KIND, Service, with};
use crate::source::Source;

pub(super) const TARGET: Target = Target {
    name: "disposition",
    run,
    words: &[
        "attachment",
        "inline",
        "; ",
        ";",
        "filename",
        "filename*",
        "=",
        "\"",
        "\\\"",
        "\\",
        "UTF-8''",
        "utf-8'en'",
        "latin1''",
        "%C3%A4",
        "%00",
        "%0D%0A",
        "%",
        "%2F",
        "é",
        "a.txt",
        "name",
        "\t",
    ],
    tries: 400,
};

fn run(data: &[u8]) {
    let mut source = Source::new(data);
    let form = source.below(3);
    let text = String::from_utf8_lossy(source.rest()).into_owned();
    let value = match form {
        0 => text.clone(),
        1 => format!(
            "attachment; filename=\"wrong\"; filename*={}",
            label::extended(&text)
        ),
        _ => format!("attachment; filename={}", label::quoted(&text)),
    };
    let Ok(value) = HeaderValue::from_bytes(value.as_bytes()) else {
        return;
    };
    let (kept, written) = with(async |service| round(service, value).await);
    check_name(&kept);
    if form != 0 {
        assert_eq!(kept, clean_file_name(&text), "what was sent is what is kept");
    }
    let read = label::disposition(&written);
    assert_eq!(read, Some(("attachment", kept)), "{written}");
}

/// Uploads a file under this header. Gives the name that is kept, and the header of its download.
async fn round(service: &Service, value: HeaderValue) -> (String, String) {
    let request = Request::post(format!("/api/upload?kind={KIND}")).header("content-disposition", value);
    let answer = service
        .call(request.body(Body::from("x")).expect("its parts are valid"))
        .await;
    assert_eq!(
        answer.status, 202,
        "a name is no reason to refuse a file: {answer:?}"
    );
    let kept = answer.json()["input"]["name"].as_str().map(str::to_owned);
    let path = format!("/api/tasks/{}/input", answer.id());
    let download = service.call(empty(header::request("GET", &path, "x", &[]))).await;
    service.forget(answer.id()).await;
    let written = download.header("content-disposition").to_owned();
    (kept.expect("a file has a name"), written)
}
