//! `cargo xtask fuzz`: looks for hostile input that nobody thought of.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::process::{find, program, root, run as start};

/// Longest input, in bytes. Most that parsers do differently they do within that.
const MAX_BYTES: usize = 4096;
/// Longest time for one input, in seconds, and most memory, in MiB: over either, it is a finding like a crash.
const TIMEOUT: u64 = 20;
const MEMORY: u64 = 2048;

/// What was asked for.
#[derive(Debug, PartialEq, Eq)]
struct Options {
    /// For each target.
    minutes: u64,
    /// Whether the corpus of the repository is to be made anew from what was found.
    keep: bool,
    /// All if there is none.
    targets: Vec<String>,
}

/// How one target was run.
struct Run {
    target: String,
    executions: u64,
    per_second: u64,
    crashes: usize,
    /// Inputs that each do something that no other does, of the repository and found here.
    cases: usize,
}

/// Runs the targets one after the other.
pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    let options = parse(arguments)?;
    let known = targets()?;
    let wanted = wanted(&options.targets, &known)?;
    tools()?;
    // What is fuzzed is what is shipped: the versions of the workspace, and one dependency more.
    let lockfile = "Cargo.lock";
    copy(&root().join(lockfile), &folder().join(lockfile))?;
    start(cargo_fuzz("build").args(options.single()))?;
    let runs: Vec<Run> = wanted
        .iter()
        .map(|target| fuzz(target, &options))
        .collect::<Result<_, _>>()?;
    print!("{}", table(&runs, options.minutes));
    let crashes: usize = runs.iter().map(|run| run.crashes).sum();
    match crashes {
        0 => Ok(()),
        _ => Err(format!("{crashes} crashes; their inputs are in fuzz/artifacts")),
    }
}

fn parse(arguments: &[String]) -> Result<Options, String> {
    let mut options = Options {
        minutes: 5,
        keep: false,
        targets: Vec::new(),
    };
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--minutes" => {
                let minutes = arguments.next().and_then(|number| number.parse().ok());
                let minutes = minutes.filter(|minutes| *minutes > 0);
                options.minutes = minutes.ok_or("--minutes takes a number, 1 or more")?;
            }
            "--keep" => options.keep = true,
            flag if flag.starts_with('-') => return Err(format!("there is no option `{flag}`")),
            target => options.targets.push(target.to_owned()),
        }
    }
    Ok(options)
}

impl Options {
    /// One target is built alone.
    fn single(&self) -> Option<&str> {
        match &self.targets[..] {
            [target] => Some(target),
            _ => None,
        }
    }
}

fn folder() -> PathBuf {
    root().join("fuzz")
}

/// The names of all targets, which are those of their files.
fn targets() -> Result<Vec<String>, String> {
    let names = files(&folder().join("fuzz_targets"))?;
    Ok(names
        .iter()
        .filter_map(|file| file.file_stem()?.to_str().map(str::to_owned))
        .collect())
}

fn wanted(named: &[String], known: &[String]) -> Result<Vec<String>, String> {
    if let Some(unknown) = named.iter().find(|name| !known.contains(name)) {
        return Err(format!(
            "there is no target `{unknown}`; the targets are {}",
            known.join(", ")
        ));
    }
    Ok(if named.is_empty() { known } else { named }.to_vec())
}

/// What is needed beside the toolchain of the workspace.
fn tools() -> Result<(), String> {
    if find("cargo-fuzz").is_none() {
        return Err("cargo-fuzz is not installed; `cargo install cargo-fuzz --locked` does it".to_owned());
    }
    let nightly = program("rustc").args(["+nightly", "--version"]).output();
    match nightly {
        Ok(said) if said.status.success() => Ok(()),
        _ => Err("fuzzing takes a nightly compiler; `rustup toolchain install nightly` does it".to_owned()),
    }
}

fn cargo_fuzz(verb: &str) -> Command {
    let mut command = program("cargo");
    // The toolchain that runs this program is another one.
    command.env_remove("CARGO").env_remove("RUSTUP_TOOLCHAIN");
    command.args(["+nightly", "fuzz", verb]);
    command
}

/// Runs one target for its time. What it finds is kept beside the corpus of the repository, and begun with the next time.
fn fuzz(target: &str, options: &Options) -> Result<Run, String> {
    println!("── {target}, {} min", options.minutes);
    let (kept, found) = (
        folder().join("corpus").join(target),
        root().join("target/fuzz-corpus").join(target),
    );
    let artifacts = folder().join("artifacts").join(target);
    for folder in [&kept, &found, &artifacts] {
        fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    }
    let before = files(&artifacts)?.len();
    let mut command = cargo_fuzz("run");
    command.arg(target).args([&found, &kept]).arg("--");
    command.arg(format!("-max_total_time={}", options.minutes * 60));
    command.arg(format!("-timeout={TIMEOUT}"));
    command.arg(format!("-rss_limit_mb={MEMORY}"));
    command.args(["-print_final_stats=1", "-detect_leaks=0"]);
    command.arg(format!("-max_len={MAX_BYTES}"));
    let said = listen(&mut command)?;
    if options.keep {
        keep(target, &found, &kept)?;
    }
    let run = Run {
        target: target.to_owned(),
        executions: stat(&said, "number_of_executed_units"),
        per_second: stat(&said, "average_exec_per_sec"),
        crashes: files(&artifacts)?.len() - before,
        cases: files(&found)?.len() + files(&kept)?.len(),
    };
    if run.crashes > 0 || run.executions == 0 {
        let last: Vec<&str> = said.lines().rev().take(60).collect();
        last.iter().rev().for_each(|line| eprintln!("   {line}"));
    }
    if run.executions == 0 {
        return Err(format!("{target} did not run"));
    }
    Ok(run)
}

/// What a program says on standard error, whether it succeeds or not.
fn listen(command: &mut Command) -> Result<String, String> {
    let done = command.stdin(Stdio::null()).stdout(Stdio::null()).output();
    let done = done.map_err(|error| format!("cargo can't be started: {error}"))?;
    Ok(String::from_utf8_lossy(&done.stderr).into_owned())
}

/// A number of libFuzzer's last words; 0 where it did not come to say them.
fn stat(said: &str, name: &str) -> u64 {
    let prefix = format!("stat::{name}:");
    let mut found = said.lines().filter_map(|line| line.strip_prefix(&prefix));
    found
        .next()
        .and_then(|number| number.trim().parse().ok())
        .unwrap_or(0)
}

/// Adds to the corpus of the repository the fewest of the found inputs that reach what it does not.
fn keep(target: &str, found: &Path, kept: &Path) -> Result<(), String> {
    let mut command = cargo_fuzz("run");
    command.arg(target).args([kept, found]).arg("--");
    command.args(["-set_cover_merge=1", "-use_counters=0", "-detect_leaks=0"]);
    listen(&mut command).map(drop)
}

fn table(runs: &[Run], minutes: u64) -> String {
    let mut table = format!(
        "   {:<14}{:>14}{:>12}{:>9}{:>8}   ({minutes} min each)\n",
        "target", "executions", "a second", "crashes", "cases"
    );
    for run in runs {
        table += &format!(
            "   {:<14}{:>14}{:>12}{:>9}{:>8}\n",
            run.target, run.executions, run.per_second, run.crashes, run.cases
        );
    }
    table
}

/// The files of a folder, by name.
fn files(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let fails = |error: std::io::Error| format!("{}: {error}", folder.display());
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(fails)? {
        files.push(entry.map_err(fails)?.path());
    }
    files.sort();
    Ok(files)
}

fn copy(from: &Path, to: &Path) -> Result<(), String> {
    fs::copy(from, to)
        .map(drop)
        .map_err(|error| format!("{}: {error}", to.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        text.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn options_and_targets_come_in_any_order() {
        let options = Options {
            minutes: 3,
            keep: true,
            targets: words("range name"),
        };
        assert_eq!(parse(&words("range --minutes 3 --keep name")), Ok(options));
        for wrong in ["--minutes", "--minutes x", "--minutes 0", "--fast"] {
            assert!(parse(&words(wrong)).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_target_that_is_none_is_told_with_those_that_are() {
        let known = targets().unwrap();
        assert_eq!(wanted(&[], &known).unwrap(), known);
        let error = wanted(&words("no-such-target"), &known).unwrap_err();
        assert!(error.contains("multipart"), "{error}");
    }

    #[test]
    fn the_last_words_of_the_fuzzer_are_read() {
        let said = "Done 12 runs in 3 second(s)\nstat::number_of_executed_units: 12\nstat::average_exec_per_sec:     4\n";
        assert_eq!(
            (
                stat(said, "number_of_executed_units"),
                stat(said, "average_exec_per_sec")
            ),
            (12, 4)
        );
        assert_eq!(stat("", "number_of_executed_units"), 0);
    }
}
