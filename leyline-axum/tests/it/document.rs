//! `docs/wire-protocol.md` and the code agree.

use std::collections::{BTreeMap, BTreeSet};

use leyline_axum::{CloseCode, ProblemType};
use serde_json::Value;

use crate::contract::OPERATIONS;
use crate::golden::folder;

const DOCUMENT: &str = include_str!("../../../docs/wire-protocol.md");

/// The text between this heading and the next of the same level.
#[track_caller]
fn section(heading: &str) -> &'static str {
    let start = DOCUMENT
        .find(&format!("\n## {heading}\n"))
        .unwrap_or_else(|| panic!("no section {heading}"));
    let rest = &DOCUMENT[start + 4..];
    rest.find("\n## ").map_or(rest, |end| &rest[..end])
}

/// The rows of the tables in a section, without heads and rules.
fn rows(heading: &str) -> Vec<Vec<&'static str>> {
    let lines: Vec<&str> = section(heading).lines().collect();
    let is_rule = |line: &str| line.starts_with("|--");
    let rows = lines.iter().enumerate().filter(|(at, line)| {
        line.starts_with('|') && !is_rule(line) && !lines.get(at + 1).is_some_and(|next| is_rule(next))
    });
    rows.map(|(_, line)| {
        line.trim_matches('|')
            .split('|')
            .map(|cell| cell.trim().trim_matches('`'))
            .collect()
    })
    .collect()
}

#[test]
fn every_problem_type_is_documented_with_its_status_and_no_other() {
    let documented: BTreeMap<_, _> = rows("Problems")
        .iter()
        .map(|row| (row[0].to_owned(), row[1].to_owned()))
        .collect();
    let code: BTreeMap<_, _> = ProblemType::ALL
        .iter()
        .map(|kind| (kind.urn(), kind.status().as_u16().to_string()))
        .collect();
    assert_eq!(documented, code);
}

#[test]
fn every_close_code_is_documented_and_no_other() {
    let documented: BTreeSet<_> = rows("Close codes").iter().map(|row| row[0].to_owned()).collect();
    let code: BTreeSet<_> = CloseCode::ALL
        .iter()
        .map(|close| close.code().to_string())
        .collect();
    assert_eq!(documented, code);
}

#[test]
fn every_operation_is_documented_and_no_other() {
    let documented: BTreeSet<_> = rows("Routes").iter().map(|row| row[0].replace('`', "")).collect();
    let mut code: BTreeSet<_> = OPERATIONS
        .iter()
        .map(|(method, path)| format!("{} {path}", method.to_uppercase()))
        .collect();
    // The document describes every operation but itself.
    code.insert("GET /api/openapi.json".to_owned());
    assert_eq!(documented, code);
}

/// The paths of all members. What `output.value` and links hold is not the protocol's.
fn paths(value: &Value, path: &str, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) if path != "output.value" => {
            for (name, member) in members {
                let path = if path.is_empty() {
                    name.clone()
                } else {
                    format!("{path}.{name}")
                };
                found.insert(path.clone());
                paths(member, &path, found);
            }
        }
        Value::Array(items) => items
            .iter()
            .for_each(|item| paths(item, &format!("{path}[]"), found)),
        _ => {}
    }
}

#[test]
fn every_field_of_the_event_is_documented_and_no_other() {
    let mut golden = BTreeSet::new();
    for name in [
        "event_processing.json",
        "event_completed.json",
        "event_failed.json",
        "task_accepted.json",
    ] {
        let text = std::fs::read_to_string(folder().join(name)).unwrap();
        paths(&serde_json::from_str(&text).unwrap(), "", &mut golden);
    }
    golden.retain(|path| !path.starts_with("links"));
    let documented: BTreeSet<_> = rows("The event").iter().map(|row| row[0].to_owned()).collect();
    assert_eq!(documented, golden);
}

#[test]
fn every_link_is_documented_and_no_other() {
    let text = std::fs::read_to_string(folder().join("task_completed.json")).unwrap();
    let task: Value = serde_json::from_str(&text).unwrap();
    let golden: BTreeSet<_> = task["links"]
        .as_object()
        .unwrap()
        .keys()
        .map(|name| format!("links.{name}"))
        .collect();
    let documented: BTreeSet<_> = rows("Links").iter().map(|row| row[0].to_owned()).collect();
    assert_eq!(documented, golden);
}

#[test]
fn every_header_that_a_request_may_carry_is_documented() {
    let contract = serde_json::to_value(leyline_axum::openapi()).unwrap();
    let documented: BTreeSet<_> = rows("Headers").iter().map(|row| row[0].to_owned()).collect();
    let mut used = 0;
    for (method, path) in OPERATIONS {
        for parameter in contract["paths"][path][method]["parameters"]
            .as_array()
            .into_iter()
            .flatten()
        {
            if parameter["in"] == "header" {
                used += 1;
                let name = parameter["name"].as_str().unwrap();
                assert!(documented.contains(name), "{method} {path} takes {name}");
            }
        }
    }
    assert!(used > 5);
}

#[test]
fn every_json_of_the_document_is_a_golden_file_and_every_golden_file_is_shown_or_named() {
    let mut files = BTreeMap::new();
    for entry in std::fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        files.insert(name, std::fs::read_to_string(&path).unwrap());
    }
    let mut shown = 0;
    for block in DOCUMENT.split("```json\n").skip(1) {
        let json: Value = serde_json::from_str(block.split("```").next().unwrap()).unwrap();
        let is_golden =
            |text: &String| serde_json::from_str::<Value>(text).is_ok_and(|golden| golden == json);
        assert!(files.values().any(is_golden), "{json}");
        shown += 1;
    }
    assert!(shown > 5);
    for name in files.keys() {
        assert!(DOCUMENT.contains(name.as_str()), "{name} is not named");
    }
}
