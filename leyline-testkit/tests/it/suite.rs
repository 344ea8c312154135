//! The list of cases in the macro is the list of cases there are.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

#[test]
fn every_case_is_in_the_macro() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let macro_text = fs::read_to_string(src.join("conformance.rs")).expect("the macro can be read");
    let mut listed = BTreeSet::new();
    let mut verb = "";
    for line in macro_text.lines().map(str::trim) {
        match line.strip_suffix(" {") {
            Some(name) => verb = name,
            None if is_name(line) => drop(listed.insert(format!("{verb}::{line}"))),
            None => {}
        }
    }
    let mut written = BTreeSet::new();
    for entry in fs::read_dir(src.join("cases")).expect("the cases can be listed") {
        let path = entry.expect("the cases can be listed").path();
        let verb = path
            .file_stem()
            .and_then(|stem| stem.to_str())
            .expect("it has a name");
        let text = fs::read_to_string(&path).expect("the file can be read");
        let cases = text
            .lines()
            .filter_map(|line| line.strip_prefix("pub async fn ")?.split_once("(trial: Trial)"));
        written.extend(cases.map(|(case, _)| format!("{verb}::{case}")));
    }
    assert!(written.len() > 150, "{} cases were found", written.len());
    assert_eq!(listed, written);
}

fn is_name(line: &str) -> bool {
    line.contains('_')
        && line
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}
