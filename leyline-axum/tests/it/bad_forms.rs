//! Forms that are none, and forms that are no uploads.

use crate::app::App;
use crate::client::{Answer, Form};

async fn send(form: Form) -> Answer {
    let app = App::start().await;
    let answer = app.request("POST", "/api/upload").form(form).send().await;
    check_nothing_is_left(&app).await;
    answer
}

/// Sends bytes that are said to be a form with the boundary `XX`.
async fn send_bytes(content_type: &str, bytes: impl Into<Vec<u8>>) -> Answer {
    let app = App::start().await;
    let request = app
        .request("POST", "/api/upload")
        .header("content-type", content_type);
    let answer = request.body(bytes.into()).send().await;
    check_nothing_is_left(&app).await;
    answer
}

async fn check_nothing_is_left(app: &App) {
    assert_eq!((app.task_count().await, app.uploads().await), (0, vec![]));
}

const FORM: &str = "multipart/form-data; boundary=XX";

fn upload() -> Form {
    Form::new()
        .field("kind", "copy")
        .file("a.txt", vec![b'x'; 2_000_000])
}

#[tokio::test]
async fn a_form_without_a_boundary_gets_400() {
    let long = format!("multipart/form-data; boundary={}", "b".repeat(71));
    for content_type in ["multipart/form-data", "multipart/form-data; boundary=", &long] {
        send_bytes(content_type, upload().finish())
            .await
            .check_problem(400, "invalid-multipart");
    }
}

#[tokio::test]
async fn garbage_gets_400() {
    send_bytes(FORM, vec![b'g'; 100_000])
        .await
        .check_problem(400, "invalid-multipart");
    send_bytes(FORM, "").await.check_problem(400, "invalid-multipart");
    send_bytes(FORM, "--XX\r\nno colon\r\n\r\n\r\n--XX--")
        .await
        .check_problem(400, "invalid-multipart");
}

#[tokio::test]
async fn a_truncated_form_gets_400() {
    send_bytes(FORM, upload().unfinished())
        .await
        .check_problem(400, "invalid-multipart");
    let whole = upload().finish();
    for cut in [whole.len() - 8, whole.len() / 2, 30] {
        send_bytes(FORM, &whole[..cut])
            .await
            .check_problem(400, "invalid-multipart");
    }
}

#[tokio::test]
async fn more_than_32_parts_get_400_and_32_do_not() {
    let fields = |count| {
        (0..count)
            .fold(Form::new(), |form, _| form.field("x", ""))
            .field("kind", "copy")
    };
    let app = App::start().await;
    let answer = app
        .request("POST", "/api/upload")
        .form(fields(30).file("a", "a"))
        .send()
        .await;
    assert_eq!(answer.status, 202, "{answer:?}");
    send(fields(31).file("a", "a"))
        .await
        .check_problem(400, "invalid-multipart");
}

#[tokio::test]
async fn part_headers_over_8_kib_get_400() {
    let disposition = |padding| {
        format!(
            "form-data; name=\"file\"; filename=\"a\"; x=\"{}\"",
            "p".repeat(padding)
        )
    };
    let form = |padding| {
        Form::new()
            .field("kind", "copy")
            .part(disposition(padding).as_bytes(), b"a")
    };
    let app = App::start().await;
    let answer = app.request("POST", "/api/upload").form(form(8000)).send().await;
    assert_eq!(answer.status, 202, "{answer:?}");
    send(form(8192)).await.check_problem(400, "invalid-multipart");
}

#[tokio::test]
async fn multipart_limits_are_options() {
    let app = App::with(|setup| {
        setup.http.multipart.max_parts = 2;
        setup.http.multipart.max_header_bytes = 100;
    })
    .await;
    let send = async |form| app.request("POST", "/api/upload").form(form).send().await;
    assert_eq!(
        send(Form::new().field("kind", "copy").file("a", "a"))
            .await
            .status,
        202
    );
    let three = Form::new().field("kind", "copy").field("x", "").file("a", "a");
    send(three).await.check_problem(400, "invalid-multipart");
    let long = Form::new().field("kind", "copy").file(&"n".repeat(100), "a");
    send(long).await.check_problem(400, "invalid-multipart");
}

#[tokio::test]
async fn no_file_part_gets_422() {
    send(Form::new().field("kind", "copy"))
        .await
        .check_problem(422, "invalid-form");
}

#[tokio::test]
async fn two_file_parts_get_422() {
    send(Form::new().field("kind", "copy").file("a", "a").file("b", "b"))
        .await
        .check_problem(422, "invalid-form");
}

#[tokio::test]
async fn a_field_after_the_file_gets_422() {
    let form = Form::new()
        .field("kind", "copy")
        .file("a", "a")
        .field("params", "{}");
    send(form).await.check_problem(422, "invalid-form");
}

#[tokio::test]
async fn a_file_under_another_name_gets_422() {
    let form = Form::new()
        .field("kind", "copy")
        .part(b"form-data; name=\"photo\"; filename=\"a\"", b"a");
    send(form).await.check_problem(422, "invalid-form");
}

#[tokio::test]
async fn a_field_that_comes_twice_or_is_too_long_gets_422() {
    let kinds = Form::new()
        .field("kind", "copy")
        .field("kind", "copy")
        .file("a", "a");
    send(kinds).await.check_problem(422, "invalid-form");
    let long = Form::new().field("kind", vec![b'k'; 300]).file("a", "a");
    send(long).await.check_problem(422, "invalid-form");
    let unknown = Form::new()
        .field("kind", "copy")
        .field("x", vec![b'x'; 20_000])
        .file("a", "a");
    send(unknown).await.check_problem(422, "invalid-form");
}

#[tokio::test]
async fn a_field_that_is_not_utf8_gets_400() {
    send(Form::new().field("kind", b"\xff").file("a", "a"))
        .await
        .check_problem(400, "invalid-multipart");
}
