//! Checks and chores of the workspace: `cargo xtask test`, `tidy`, `doc`, `setup`, `fuzz`, `sim`.

mod doc;
mod fuzz;
mod process;
mod setup;
mod sim;
mod test;
mod tidy;

use std::env;
use std::process::ExitCode;

const USAGE: &str = "\
cargo xtask <command>

  test [--keep-going] [STEP...]  runs every check, or the named steps of it; sets up what they need
  tidy                           checks the layout of the workspace and prints its measures
  doc [--open]                   builds the documentation; warnings are errors
  setup                          installs what the tests need: Node.js, Chromium, PostgreSQL, PgBouncer, nginx
  fuzz [--minutes N] [--keep] [TARGET...]
                                 throws what a fuzzer thinks of at every parser, 5 minutes each unless told otherwise;
                                 --keep adds what is worth it to fuzz/corpus
  sim [--seeds N] [--from S] [--minutes M] [--mode safety|liveness] [--threads T] [--history FILE]
                                 simulates nodes, clients and faults from seeds, 1,000 unless told otherwise, and
                                 judges each run by what is promised

The exit code is 0 if everything that was asked for holds.
";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let (command, rest) = match arguments.split_first() {
        Some((command, rest)) => (command.as_str(), rest),
        None => ("", &[][..]),
    };
    let done = match (command, rest) {
        ("test", _) => test::run(rest),
        ("tidy", []) => tidy::run(),
        ("doc", _) => doc::run(rest),
        ("setup", []) => setup::run(),
        ("fuzz", _) => fuzz::run(rest),
        ("sim", _) => sim::run(rest),
        _ => Err(USAGE.to_owned()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("{}", reason.trim_end());
            ExitCode::FAILURE
        }
    }
}
