//! Documents: what they link to and name is there, and what must agree with the code is read by a test.

use super::Fault;
use super::files::File;

/// Documents that state what the code does, each read by a test that fails when the two disagree.
const TESTED: [&str; 2] = ["docs/state-machine.md", "docs/wire-protocol.md"];
/// The map of the workspace, which names its files.
const MAP: &str = "ARCHITECTURE.md";
/// Where operators look up settings and metrics.
const OPERATIONS: &str = "docs/operations.md";
/// Where contributors look up settings of the tests.
const CONTRIBUTING: &str = "CONTRIBUTING.md";
/// What is promised, with the tests that attack it.
const PROMISES: &str = "docs/guarantees.md";
/// How long the map may be, in lines.
const MAP_LINES: usize = 200;

/// Looks at every document.
pub(crate) fn check(files: &[File]) -> Vec<Fault> {
    let mut faults: Vec<Fault> = TESTED
        .iter()
        .filter_map(|document| untested(document, files))
        .collect();
    for file in files.iter().filter(|file| file.has_extension("md")) {
        faults.extend(dead_links(file, files));
        faults.extend(lost_names(file, files));
    }
    faults.extend(unlisted(files));
    if let Some(promises) = files.iter().find(|file| file.path == PROMISES) {
        faults.extend(unattacked(promises));
    }
    if let Some(map) = files.iter().find(|file| file.path == MAP) {
        faults.extend(lost_places(map, files));
        let lines = map.text.lines().count();
        if lines >= MAP_LINES {
            faults.push(Fault::new(
                MAP,
                format!("has {lines} lines: a map of {MAP_LINES} is no map"),
            ));
        }
    }
    faults
}

fn untested(document: &str, files: &[File]) -> Option<Fault> {
    if files.iter().all(|file| file.path != document) {
        return Some(Fault::new(document, "is missing"));
    }
    let reads = |file: &&File| {
        file.has_extension("rs") && file.text.contains(document) && file.text.contains("#[test]")
    };
    let read = files
        .iter()
        .filter(|file| !file.path.starts_with("xtask/"))
        .any(|file| reads(&file));
    (!read).then(|| Fault::new(document, "is read by no test, so it may say what is not so"))
}

/// Relative links to what is not there.
fn dead_links(document: &File, files: &[File]) -> Vec<Fault> {
    let folder = document.path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut faults = Vec::new();
    for (at, line) in document.text.lines().enumerate() {
        let targets = line
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split([')', ' ', '#']).next());
        let relative = targets.filter(|target| !target.is_empty() && !target.contains(':'));
        let dead = relative.filter(|target| !exists(&join(folder, target), files));
        faults.extend(
            dead.map(|target| Fault::at(document, at, format!("links to {target}, which is not there"))),
        );
    }
    faults
}

/// Links of the form ``[`name`](file.rs)`` whose file has no function or module of that name.
fn lost_names(document: &File, files: &[File]) -> Vec<Fault> {
    let folder = document.path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut faults = Vec::new();
    for (at, line) in document.text.lines().enumerate() {
        for rest in line.split("[`").skip(1) {
            let Some((name, rest)) = rest.split_once("`](") else {
                continue;
            };
            let path = join(folder, rest.split(')').next().unwrap_or(rest));
            let Some(file) = files
                .iter()
                .find(|file| file.path == path && file.has_extension("rs"))
            else {
                continue;
            };
            let is_name = name
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
            let has = file.text.contains(&format!("fn {name}(")) || file.name() == format!("{name}.rs");
            if is_name && !has {
                faults.push(Fault::at(document, at, format!("{path} has no `{name}`")));
            }
        }
    }
    faults
}

/// Promises, each a section `## P1. ...`, under which no test is linked.
fn unattacked(promises: &File) -> Vec<Fault> {
    let sections = promises.text.split("\n## ").skip(1);
    let bare = sections.filter(|section| section.starts_with('P') && !section.contains(".rs)"));
    bare.map(|section| {
        let title = section.lines().next().unwrap_or(section);
        Fault::new(PROMISES, format!("\"{title}\" names no test that attacks it"))
    })
    .collect()
}

/// Files that the map names in backticks and the workspace does not have.
fn lost_places(map: &File, files: &[File]) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (at, line) in map.text.lines().enumerate() {
        let quoted = line.split('`').skip(1).step_by(2);
        let named = quoted.filter(|word| {
            [".rs", ".sql", ".js", ".md"]
                .iter()
                .any(|end| word.ends_with(end))
                && !word.contains(['*', ' ', '{'])
        });
        let lost = named.filter(|place| !files.iter().any(|file| ends_with_path(&file.path, place)));
        faults.extend(lost.map(|place| Fault::at(map, at, format!("names `{place}`, which is not there"))));
    }
    faults
}

/// Metrics and environment variables that the document for those who set them does not name.
fn unlisted(files: &[File]) -> Vec<Fault> {
    let text = |document: &str| {
        let file = files.iter().find(|file| file.path == document);
        file.map_or("", |file| file.text.as_str())
    };
    let code = files
        .iter()
        .filter(|file| file.has_extension("rs") && file.path.contains("/src/"));
    let mut faults = Vec::new();
    for file in code.filter(|file| !file.path.starts_with("xtask/")) {
        let document = if file.path.starts_with("test-servers/") {
            CONTRIBUTING
        } else {
            OPERATIONS
        };
        for (at, line) in file.text.lines().enumerate() {
            let quoted = line.split('"').skip(1).step_by(2);
            let names =
                quoted.filter(|text| is_setting(text) || file.name() == "metrics.rs" && is_metric(text));
            let missing = names.filter(|name| !text(document).contains(&format!("`{name}`")));
            faults.extend(missing.map(|name| Fault::at(file, at, format!("`{name}` is not in {document}"))));
        }
    }
    faults
}

fn is_setting(text: &str) -> bool {
    text.strip_prefix("LEYLINE_")
        .is_some_and(|rest| rest.chars().all(|c| c.is_ascii_uppercase() || c == '_'))
}

fn is_metric(text: &str) -> bool {
    text.strip_prefix("leyline_")
        .is_some_and(|rest| rest.chars().all(|c| c.is_ascii_lowercase() || c == '_'))
}

fn ends_with_path(path: &str, end: &str) -> bool {
    path.strip_suffix(end)
        .is_some_and(|rest| rest.is_empty() || rest.ends_with('/'))
}

/// Whether a path names a file or a folder; what is no text is asked of the file system.
fn exists(path: &str, files: &[File]) -> bool {
    let path = path.trim_end_matches('/');
    files.iter().any(|file| file.path == path) || crate::process::root().join(path).exists()
}

/// The path that a link in this folder means, without `.` and `..`.
fn join(folder: &str, target: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in folder.split('/').chain(target.split('/')) {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::files::sample;

    #[test]
    fn a_document_that_no_test_reads_is_a_fault() {
        let document = || sample("docs/wire-protocol.md", "# Wire\n");
        let test = sample(
            "a/tests/it/wire.rs",
            "//! x\n#[test]\nfn agree() { read(\"docs/wire-protocol.md\") }\n",
        );
        assert_eq!(untested("docs/wire-protocol.md", &[]).unwrap().what, "is missing");
        assert!(
            untested("docs/wire-protocol.md", &[document()])
                .unwrap()
                .what
                .contains("no test")
        );
        assert_eq!(untested("docs/wire-protocol.md", &[document(), test]), None);
    }

    #[test]
    fn a_link_to_nothing_is_a_fault_and_one_to_the_web_is_not() {
        let text = "[a](b.md) [web](https://example.org) [here](#part) [up](../gone.md#x)\n";
        let found = dead_links(&sample("docs/a.md", text), &[sample("docs/b.md", "")]);
        assert_eq!(
            found,
            [Fault::new(
                "docs/a.md:1",
                "links to ../gone.md, which is not there"
            )]
        );
    }

    #[test]
    fn a_linked_test_that_its_file_does_not_have_is_a_fault() {
        let text =
            "[`a_fact`](../a.rs), [`b_fact`](../a.rs), [`claim`](../claim.rs), [`T`](https://example.org)\n";
        let files = [sample("a.rs", "fn a_fact() {}\n"), sample("claim.rs", "//! x\n")];
        let found = lost_names(&sample("docs/g.md", text), &files);
        assert_eq!(found, [Fault::new("docs/g.md:1", "a.rs has no `b_fact`")]);
    }

    #[test]
    fn a_promise_without_a_test_is_a_fault() {
        let text = "# G\n\n## P1. Kept\n\n[`a`](../a.rs)\n\n## P2. Hoped\n\nwords\n\n## Figures\n";
        let found = unattacked(&sample(PROMISES, text));
        assert_eq!(found.len(), 1);
        assert!(found[0].what.contains("P2. Hoped"));
    }

    #[test]
    fn a_metric_or_a_setting_that_operators_are_not_told_of_is_a_fault() {
        let operations = sample(OPERATIONS, "| `leyline_beats_total` | `LEYLINE_LISTEN` |\n");
        let metrics = sample(
            "a/src/metrics.rs",
            "const A: &str = \"leyline_beats_total\";\nconst B: &str = \"leyline_new\";\n",
        );
        let flags = sample(
            "a/src/flags.rs",
            "#[arg(long, env = \"LEYLINE_LISTEN\")]\n#[arg(env = \"LEYLINE_NEW\")]\n",
        );
        // What the tests read is for contributors, wherever else it is named.
        let servers = sample(
            "test-servers/src/binaries.rs",
            "const A: &str = \"LEYLINE_LISTEN\";\n",
        );
        let found = unlisted(&[operations, metrics, flags, servers]);
        let places: Vec<&str> = found.iter().map(|fault| fault.place.as_str()).collect();
        assert_eq!(
            places,
            [
                "a/src/metrics.rs:2",
                "a/src/flags.rs:2",
                "test-servers/src/binaries.rs:1"
            ]
        );
    }

    #[test]
    fn the_map_names_only_files_that_are_there() {
        let map = sample(
            MAP,
            "`worker/claim.rs` and `im.rs` and `claim.sql` of `src/*.rs`\n",
        );
        let found = lost_places(&map, &[sample("leyline-core/src/worker/claim.rs", "")]);
        let lost: Vec<&str> = found.iter().map(|fault| fault.what.as_str()).collect();
        assert_eq!(
            lost,
            [
                "names `im.rs`, which is not there",
                "names `claim.sql`, which is not there"
            ]
        );
    }
}
