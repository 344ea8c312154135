//! The text files of the workspace, each read once.

use std::fs;
use std::path::Path;

use crate::process::root;

/// A text file.
pub(crate) struct File {
    /// From the root of the workspace, with `/` between the parts.
    pub(crate) path: String,
    pub(crate) text: String,
}

/// What is built, installed or written by a run, at any depth.
const NOT_OURS: [&str; 5] = ["target", "node_modules", ".git", "data", "test-results"];
/// Written by programs.
const LOCKFILES: [&str; 2] = ["Cargo.lock", "package-lock.json"];

impl File {
    /// The last part of the path.
    pub(crate) fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }

    pub(crate) fn has_extension(&self, extension: &str) -> bool {
        Path::new(&self.path)
            .extension()
            .is_some_and(|found| found == extension)
    }

    /// Whether it only serves tests.
    pub(crate) fn is_test(&self) -> bool {
        self.path.contains("/tests/") || matches!(self.name(), "tests.rs")
    }
}

/// Reads the workspace. What is not UTF-8 is a picture or the like, and left out.
pub(crate) fn read() -> Result<Vec<File>, String> {
    let mut files = Vec::new();
    visit(root(), "", &mut files)?;
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

fn visit(folder: &Path, prefix: &str, files: &mut Vec<File>) -> Result<(), String> {
    let fails = |error: std::io::Error| format!("{}: {error}", folder.display());
    for entry in fs::read_dir(folder).map_err(fails)? {
        let entry = entry.map_err(fails)?;
        let Ok(name) = entry.file_name().into_string() else {
            continue;
        };
        let path = format!("{prefix}{name}");
        let kind = entry.file_type().map_err(fails)?;
        if kind.is_dir() && !NOT_OURS.contains(&name.as_str()) {
            visit(&entry.path(), &format!("{path}/"), files)?;
        } else if kind.is_file() && name != ".git" && !LOCKFILES.contains(&name.as_str()) {
            let bytes = fs::read(entry.path()).map_err(fails)?;
            files.extend(String::from_utf8(bytes).ok().map(|text| File { path, text }));
        }
    }
    Ok(())
}

#[cfg(test)]
pub(crate) fn sample(path: &str, text: &str) -> File {
    File {
        path: path.to_owned(),
        text: text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_workspace_is_read_without_what_is_built_or_installed() {
        let files = read().unwrap();
        assert!(files.iter().any(|file| file.path == "xtask/src/tidy/files.rs"));
        assert!(files.iter().any(|file| file.path == ".ci/run"));
        assert!(
            !files
                .iter()
                .any(|file| file.path.contains("node_modules") || file.path.starts_with("target/"))
        );
    }
}
