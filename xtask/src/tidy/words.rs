//! Words that no file may hold: marks of unfinished work, and places on the machine of whoever wrote it.

use super::Fault;
use super::files::File;
use crate::process::root;

/// Marks of unfinished work, split so that this file does not hold them.
const UNFINISHED: [&str; 4] = [
    concat!("TO", "DO"),
    concat!("FIX", "ME"),
    concat!("todo", "!("),
    concat!("unimplemented", "!("),
];
/// Where people's homes are.
const HOMES: [&str; 3] = [
    concat!("/ho", "me/"),
    concat!("/ro", "ot/"),
    concat!("/Us", "ers/"),
];

/// Looks at every line of every file.
pub(crate) fn check(files: &[File]) -> Vec<Fault> {
    let here = root().to_string_lossy();
    // A short path such as `/app` is a word like any other.
    let here = (here.matches('/').count() > 1).then_some(here.as_ref());
    files.iter().flat_map(|file| faults(file, here)).collect()
}

fn faults(file: &File, here: Option<&str>) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (at, line) in file.text.lines().enumerate() {
        let unfinished = UNFINISHED.iter().find(|word| line.contains(*word));
        faults.extend(unfinished.map(|word| Fault::at(file, at, format!("`{word}`: finish it"))));
        let place = HOMES
            .iter()
            .copied()
            .chain(here)
            .find(|place| has_path(line, place));
        faults.extend(place.map(|place| Fault::at(file, at, format!("`{place}` is a place on one machine"))));
    }
    faults
}

/// Whether the line has an absolute path that begins so; `target/home/x` is none.
fn has_path(line: &str, begin: &str) -> bool {
    let before = |at: usize| line[..at].chars().next_back();
    line.match_indices(begin)
        .any(|(at, _)| before(at).is_none_or(|c| !c.is_alphanumeric() && !"._-/}".contains(c)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::files::sample;

    #[test]
    fn unfinished_work_is_found_with_its_line() {
        let text = format!("fn a() {{}}\nfn b() {{ {}) }}\n", UNFINISHED[3]);
        let found = faults(&sample("a.rs", &text), None);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].place, "a.rs:2");
    }

    #[test]
    fn a_path_of_a_machine_is_found_and_a_path_that_ends_like_one_is_not() {
        let home = format!("see {}anna/leyline", HOMES[0]);
        assert_eq!(faults(&sample("a.md", &home), None).len(), 1);
        let inside = format!("GET https://example.org{}anna", HOMES[0]);
        assert_eq!(faults(&sample("a.md", &inside), None), []);
        assert_eq!(
            faults(&sample("a.md", "cd /srv/leyline"), Some("/srv/leyline")).len(),
            1
        );
    }
}
