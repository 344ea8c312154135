//! The program in the README is one that runs: the quickstart, line by line.

use super::Fault;
use super::files::File;

const README: &str = "README.md";
const QUICKSTART: &str = "examples/quickstart/src/main.rs";
/// How long it may be, in lines.
const LINES: usize = 25;

/// Compares the two.
pub(crate) fn check(files: &[File]) -> Vec<Fault> {
    let text = |path: &str| {
        files
            .iter()
            .find(|file| file.path == path)
            .map(|file| file.text.as_str())
    };
    let (Some(readme), Some(quickstart)) = (text(README), text(QUICKSTART)) else {
        return vec![Fault::new(README, format!("this or {QUICKSTART} is missing"))];
    };
    let Some(program) = shown(readme) else {
        return vec![Fault::new(README, "shows no program in Rust")];
    };
    let mut faults = Vec::new();
    if code(quickstart) != program {
        faults.push(Fault::new(
            README,
            format!("shows a program that is not {QUICKSTART}"),
        ));
    }
    let lines = program.lines().count();
    if lines > LINES {
        faults.push(Fault::new(
            README,
            format!("shows a program of {lines} lines, the aim is {LINES}"),
        ));
    }
    faults
}

/// The first block of Rust.
fn shown(readme: &str) -> Option<&str> {
    let (_, rest) = readme.split_once("```rust")?;
    let (_, block) = rest.split_once('\n')?;
    block.split_once("\n```").map(|(program, _)| program)
}

/// A file without the comment that opens it.
fn code(file: &str) -> &str {
    let opening: usize = file
        .lines()
        .take_while(|line| line.starts_with("//!"))
        .map(|line| line.len() + 1)
        .sum();
    file.get(opening..).unwrap_or_default().trim()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::files::sample;

    #[track_caller]
    fn faults(shown: &str, runs: &str) -> usize {
        let readme = sample(
            README,
            &format!("# It\n\n```sh\nls\n```\n\n```rust,no_run\n{shown}\n```\n"),
        );
        let quickstart = sample(
            QUICKSTART,
            &format!("//! The program.\n//! Its second line.\n\n{runs}\n"),
        );
        check(&[readme, quickstart]).len()
    }

    #[test]
    fn the_program_that_is_shown_is_the_one_that_runs() {
        assert_eq!(faults("use a;\n\nfn main() {}", "use a;\n\nfn main() {}"), 0);
        assert_eq!(faults("fn main() {}", "fn main() { run() }"), 1);
        assert_eq!(check(&[sample(README, "# It\n")]).len(), 1);
    }

    #[test]
    fn a_program_that_is_too_long_is_a_fault() {
        let long = "run();\n".repeat(LINES + 1);
        assert_eq!(faults(long.trim_end(), long.trim_end()), 1);
    }
}
