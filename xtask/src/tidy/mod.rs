//! `cargo xtask tidy`: what the compiler can't know about the workspace. Rules fail; measures are printed and warn.

mod crates;
mod documents;
mod files;
mod licences;
mod measures;
mod modules;
mod program;
mod statements;
mod words;

use files::File;

/// Something that breaks a rule.
#[derive(Debug, PartialEq, Eq)]
struct Fault {
    /// The file, from the root of the workspace, with a line where one is to blame.
    place: String,
    /// What is wrong with it.
    what: String,
}

impl Fault {
    fn new(place: impl Into<String>, what: impl Into<String>) -> Self {
        Self {
            place: place.into(),
            what: what.into(),
        }
    }

    fn at(file: &File, line: usize, what: impl Into<String>) -> Self {
        Self::new(format!("{}:{}", file.path, line + 1), what)
    }
}

/// Checks all rules and prints the measures.
pub(crate) fn run() -> Result<(), String> {
    let files = files::read()?;
    print!("{}", measures::table(&files));
    let mut faults = crates::check()?;
    faults.extend(licences::check(&files)?);
    faults.extend(modules::check(&files));
    faults.extend(statements::check(&files));
    faults.extend(words::check(&files));
    faults.extend(documents::check(&files));
    faults.extend(program::check(&files));
    if faults.is_empty() {
        return Ok(());
    }
    let lines: Vec<String> = faults
        .iter()
        .map(|fault| format!("   {}: {}", fault.place, fault.what))
        .collect();
    Err(format!("{}\n   {} faults", lines.join("\n"), faults.len()))
}
