//! Each module says what it is, and bears a name that says so too.

use super::Fault;
use super::files::File;

/// Names that say nothing, of files and of folders.
const SAYS_NOTHING: [&str; 5] = ["utils", "common", "helpers", "misc", "types"];

/// Looks at every Rust file, and at the names of all others.
pub(crate) fn check(files: &[File]) -> Vec<Fault> {
    files
        .iter()
        .flat_map(|file| [opening(file), name(file)])
        .flatten()
        .collect()
}

fn opening(file: &File) -> Option<Fault> {
    let opens = !file.has_extension("rs") || file.text.starts_with("//!");
    (!opens).then(|| {
        Fault::at(
            file,
            0,
            "does not open with a `//!` line that says what the module is",
        )
    })
}

fn name(file: &File) -> Option<Fault> {
    let stem = |part: &str| part.split('.').next().unwrap_or(part).to_owned();
    let said = file.path.split('/').map(stem).find(|part| {
        SAYS_NOTHING
            .iter()
            .any(|name| part == name || part == name.trim_end_matches('s'))
    })?;
    Some(Fault::new(
        &file.path,
        format!("`{said}` says nothing: name the noun or the stage"),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::files::sample;

    #[test]
    fn a_module_without_an_opening_line_is_a_fault() {
        let good = sample("a/src/lib.rs", "//! A crate.\n");
        let bad = sample("a/src/claim.rs", "use std::fmt;\n//! Too late.\n");
        let found = check(&[good, bad]);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].place, "a/src/claim.rs:1");
    }

    #[test]
    fn names_that_say_nothing_are_faults_at_any_depth() {
        for path in [
            "a/src/utils.rs",
            "a/src/helpers/mod.rs",
            "frontend/common.js",
            "a/src/util.rs",
        ] {
            assert_eq!(check(&[sample(path, "//! x\n")]).len(), 1, "{path}");
        }
        assert_eq!(check(&[sample("a/src/typed.rs", "//! x\n")]), []);
    }
}
