//! The OpenAPI document, and what holds for every answer.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::app::App;

/// Every operation of the API.
pub(crate) const OPERATIONS: &[(&str, &str)] = &[
    ("post", "/api/upload"),
    ("post", "/api/tasks"),
    ("get", "/api/tasks"),
    ("get", "/api/tasks/{task_id}"),
    ("delete", "/api/tasks/{task_id}"),
    ("post", "/api/tasks/{task_id}/cancel"),
    ("post", "/api/tasks/{task_id}/requeue"),
    ("get", "/api/tasks/{task_id}/input"),
    ("get", "/api/tasks/{task_id}/result"),
    ("get", "/api/tasks/{task_id}/artifacts/{name}"),
    ("get", "/api/tasks/{task_id}/events"),
    ("get", "/ws/{task_id}"),
    ("get", "/ws"),
    ("get", "/api/stats"),
    ("get", "/healthz"),
    ("get", "/readyz"),
];

fn document() -> Value {
    serde_json::to_value(leyline_axum::openapi()).unwrap()
}

#[tokio::test]
async fn the_document_that_is_served_is_the_one_of_the_code() {
    let app = App::start().await;
    let answer = app.get("/api/openapi.json").await;
    assert_eq!(
        (answer.status, answer.header("content-type")),
        (200, "application/json")
    );
    let mut served = answer.json();
    assert_eq!(served["servers"], serde_json::json!([{ "url": "/" }]));
    served.as_object_mut().unwrap().remove("servers");
    for schema in ["TaskRequest", "UploadForm"] {
        let kind = &mut served["components"]["schemas"][schema]["properties"]["kind"];
        let kinds = kind.as_object_mut().unwrap().remove("enum");
        let known: Vec<Value> = app
            .leyline
            .kinds()
            .iter()
            .map(|kind| kind.as_str().into())
            .collect();
        assert_eq!(
            kinds.unwrap(),
            Value::from([known, vec![Value::Null]].concat()),
            "{schema}"
        );
    }
    assert_eq!(served, document());
}

#[test]
fn it_is_openapi_3_1_and_names_every_operation_and_no_other() {
    let document = document();
    assert_eq!(document["openapi"], "3.1.0");
    let mut operations = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in item.as_object().unwrap().keys() {
            operations.insert((method.as_str(), path.as_str()));
        }
    }
    assert_eq!(operations, OPERATIONS.iter().copied().collect());
}

#[test]
fn every_reference_leads_somewhere_and_every_id_is_unique() {
    let document = document();
    let mut ids = BTreeSet::new();
    for (method, path) in OPERATIONS {
        let operation = &document["paths"][path][method];
        assert!(ids.insert(operation["operationId"].as_str().unwrap()), "{path}");
        assert!(operation["summary"].is_string(), "{path}");
    }
    let mut references = Vec::new();
    collect(&document, &mut references);
    assert!(references.len() > 50);
    for reference in references {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
}

fn collect(value: &Value, references: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                match member.as_str() {
                    Some(reference) if name == "$ref" => references.push(reference.to_owned()),
                    _ => collect(member, references),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, references)),
        _ => {}
    }
}

#[test]
fn no_answer_forbids_members_that_a_newer_server_adds() {
    let schemas = document()["components"]["schemas"].clone();
    for (name, schema) in schemas.as_object().unwrap() {
        assert_ne!(schema["additionalProperties"], false, "{name}");
    }
}

#[test]
fn every_error_of_every_operation_is_a_problem() {
    let document = document();
    for (method, path) in OPERATIONS {
        let responses = document["paths"][path][method]["responses"].as_object().unwrap();
        assert!(responses.contains_key("default"), "{path}");
        for (status, response) in responses {
            let is_error = status == "default" || status.parse::<u16>().unwrap() >= 400;
            let is_problem = response["content"].get("application/problem+json").is_some();
            assert_eq!(is_error, is_problem, "{method} {path} {status}");
        }
    }
}

#[tokio::test]
async fn a_method_that_a_path_does_not_take_gets_405_that_names_those_it_takes() {
    let app = App::start().await;
    for (path, allow) in [
        ("/api/upload", "POST"),
        ("/api/tasks", "POST,GET,HEAD"),
        ("/api/tasks/x", "GET,HEAD,DELETE"),
        ("/ws", "GET,HEAD"),
        ("/healthz", "GET,HEAD"),
        ("/api/openapi.json", "GET,HEAD"),
    ] {
        let answer = app.request("PUT", path).send().await;
        answer.check_problem(405, "method-not-allowed");
        let methods = |list: &str| {
            list.split(',')
                .map(|method| method.trim().to_owned())
                .collect::<BTreeSet<_>>()
        };
        assert_eq!(methods(answer.header("allow")), methods(allow), "{path}");
    }
}

#[tokio::test]
async fn every_answer_says_nosniff_and_no_task_is_kept_by_caches() {
    let app = App::start().await;
    let id = app.task("value", "1").await;
    app.finished(&id).await;
    for path in [
        "/api/tasks",
        &format!("/api/tasks/{id}"),
        "/api/tasks/x",
        "/api/stats",
        "/healthz",
        "/ws",
    ] {
        let answer = app.get(path).await;
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        let cached = answer.header("cache-control");
        assert!(
            cached.contains("no-cache") || cached == "no-store",
            "{path}: {cached}"
        );
    }
}
