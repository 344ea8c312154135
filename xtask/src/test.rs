//! `cargo xtask test`: every check, the cheap ones first.

use std::env;
use std::time::{Duration, Instant};

use crate::process::{cargo, find, program, root, run as start};
use crate::{doc, setup, tidy};

/// One check.
struct Step {
    name: &'static str,
    /// What it shows, for the header.
    about: &'static str,
    needs: Needs,
    run: fn() -> Result<(), String>,
}

/// What a step needs beside a Rust toolchain; each brings it in, or says what is lacking.
enum Needs {
    Nothing,
    /// Where it can't be had the step fails if `CI` is set, and is skipped otherwise.
    Required(fn() -> Result<(), String>),
    /// Where it is not there the step is skipped.
    Optional(fn() -> Result<(), String>),
}

/// How a step ended.
#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    Passed,
    Failed(String),
    Skipped(String),
}

const STEPS: &[Step] = &[
    Step {
        name: "fmt",
        about: "the code is formatted",
        needs: Needs::Nothing,
        run: fmt,
    },
    Step {
        name: "tidy",
        about: "layout, licences and documents",
        needs: Needs::Nothing,
        run: tidy::run,
    },
    Step {
        name: "deny",
        about: "licences, sources and duplicates",
        needs: Needs::Optional(cargo_deny),
        run: deny,
    },
    Step {
        name: "page-types",
        about: "the page's types",
        needs: Needs::Required(node),
        run: page_types,
    },
    Step {
        name: "page-unit",
        about: "the page's functions",
        needs: Needs::Required(node),
        run: page_unit,
    },
    Step {
        name: "clippy",
        about: "warnings are errors",
        needs: Needs::Nothing,
        run: clippy,
    },
    Step {
        name: "build",
        about: "every target, once for all that follows",
        needs: Needs::Nothing,
        run: build,
    },
    Step {
        name: "servers",
        about: "PostgreSQL, PgBouncer and nginx for the tests, which skip what needs one that is missing",
        needs: Needs::Required(setup::servers),
        run: || Ok(()),
    },
    Step {
        name: "unit",
        about: "unit and integration tests",
        needs: Needs::Nothing,
        run: unit,
    },
    Step {
        name: "doc-tests",
        about: "the examples in the documentation",
        needs: Needs::Nothing,
        run: doc_tests,
    },
    Step {
        name: "doc",
        about: "the documentation, warnings are errors",
        needs: Needs::Nothing,
        run: documentation,
    },
    Step {
        name: "page",
        about: "the page in a browser against the server",
        needs: Needs::Required(browser),
        run: page,
    },
];

/// Runs all steps, or those that are named, and stops at the first failure unless told to keep going.
pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    let keep_going = arguments.iter().any(|argument| argument == "--keep-going");
    let named: Vec<&str> = arguments
        .iter()
        .map(String::as_str)
        .filter(|name| *name != "--keep-going")
        .collect();
    if let Some(unknown) = named
        .iter()
        .find(|name| STEPS.iter().all(|step| step.name != **name))
    {
        let known: Vec<&str> = STEPS.iter().map(|step| step.name).collect();
        return Err(format!(
            "there is no step `{unknown}`; the steps are {}",
            known.join(", ")
        ));
    }
    let in_ci = env::var_os("CI").is_some_and(|value| !value.is_empty());
    let begin = Instant::now();
    let mut outcomes = Vec::new();
    for step in STEPS
        .iter()
        .filter(|step| named.is_empty() || named.contains(&step.name))
    {
        let outcome = step.take(in_ci);
        let failed = matches!(outcome, Outcome::Failed(_));
        outcomes.push((step.name, outcome));
        if failed && !keep_going {
            break;
        }
    }
    conclude(&outcomes, begin.elapsed())
}

impl Step {
    fn take(&self, in_ci: bool) -> Outcome {
        println!("── {}: {}", self.name, self.about);
        let begin = Instant::now();
        let outcome = self.outcome(in_ci);
        let took = seconds(begin.elapsed());
        match &outcome {
            Outcome::Passed => println!("   {} passed in {took}", self.name),
            Outcome::Failed(why) => println!("   {} FAILED after {took}: {why}", self.name),
            Outcome::Skipped(why) => println!("   {} SKIPPED: {why}", self.name),
        }
        outcome
    }

    fn outcome(&self, in_ci: bool) -> Outcome {
        let (needs, required) = match self.needs {
            Needs::Nothing => (Ok(()), false),
            Needs::Required(get) => (get(), in_ci),
            Needs::Optional(get) => (get(), false),
        };
        match needs {
            Err(lack) if required => return Outcome::Failed(lack),
            Err(lack) => return Outcome::Skipped(lack),
            Ok(()) => {}
        }
        match (self.run)() {
            Ok(()) => Outcome::Passed,
            Err(why) => Outcome::Failed(why),
        }
    }
}

/// The last lines, and the verdict.
fn conclude(outcomes: &[(&str, Outcome)], took: Duration) -> Result<(), String> {
    let names = |wanted: fn(&Outcome) -> bool| {
        let found: Vec<&str> = outcomes
            .iter()
            .filter(|(_, outcome)| wanted(outcome))
            .map(|(name, _)| *name)
            .collect();
        if found.is_empty() {
            "none".to_owned()
        } else {
            found.join(", ")
        }
    };
    let took = seconds(took);
    println!("── after {took}");
    println!("   passed:  {}", names(|outcome| *outcome == Outcome::Passed));
    println!(
        "   skipped: {}",
        names(|outcome| matches!(outcome, Outcome::Skipped(_)))
    );
    let failed = names(|outcome| matches!(outcome, Outcome::Failed(_)));
    if failed == "none" {
        Ok(())
    } else {
        Err(format!("   FAILED:  {failed}"))
    }
}

fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}

fn fmt() -> Result<(), String> {
    start(cargo().args(["fmt", "--all", "--check"]))
}

fn clippy() -> Result<(), String> {
    start(cargo().args([
        "clippy",
        "--workspace",
        "--all-targets",
        "--locked",
        "--",
        "-D",
        "warnings",
    ]))?;
    // The server as whoever may not ship the video encoder builds it.
    start(cargo().args([
        "clippy",
        "--package",
        "leyline-server",
        "--no-default-features",
        "--locked",
        "--",
        "-D",
        "warnings",
    ]))
}

/// One build with one set of features, so that the tests, the doc tests and the browser's server share all of it.
fn build() -> Result<(), String> {
    start(cargo().args(["build", "--workspace", "--all-targets", "--locked"]))
}

fn unit() -> Result<(), String> {
    start(cargo().args([
        "test",
        "--workspace",
        "--locked",
        "--lib",
        "--bins",
        "--tests",
        "--examples",
    ]))
}

fn doc_tests() -> Result<(), String> {
    start(cargo().args(["test", "--workspace", "--locked", "--doc"]))
}

fn documentation() -> Result<(), String> {
    doc::build(&[])
}

/// Without the database of advisories, which is a repository that has to be fetched: that is for a job with a network.
fn deny() -> Result<(), String> {
    start(cargo().args([
        "deny",
        "--workspace",
        "check",
        "--hide-inclusion-graph",
        "bans",
        "licenses",
        "sources",
    ]))
}

fn cargo_deny() -> Result<(), String> {
    match find("cargo-deny") {
        Some(_) => Ok(()),
        None => {
            Err("cargo-deny is not installed; tidy has checked licences and sources by itself".to_owned())
        }
    }
}

fn node() -> Result<(), String> {
    setup::node()?;
    setup::packages()
}

fn browser() -> Result<(), String> {
    node()?;
    setup::browser()
}

fn page_types() -> Result<(), String> {
    let compiler = root().join("frontend/tests/node_modules/typescript/bin/tsc");
    start(
        program("node")
            .arg(compiler)
            .args(["--project", "frontend/tests"]),
    )
}

fn page_unit() -> Result<(), String> {
    npm("test:unit", program("npm"))
}

/// The server is the one that `build` made, so that it is built once and of the same code as everything else.
fn page() -> Result<(), String> {
    let itself = env::current_exe().map_err(|error| format!("this program can't be found: {error}"))?;
    let server = itself.with_file_name(format!("leyline-server{}", env::consts::EXE_SUFFIX));
    // Nothing to do after the step of that name; by itself this step would else test an old server.
    build()?;
    let mut command = program("npm");
    command.env("LEYLINE_SERVER_BIN", server);
    npm("test:page", command)
}

fn npm(script: &str, mut npm: std::process::Command) -> Result<(), String> {
    // A line per test also where no terminal listens.
    npm.env("NODE_OPTIONS", "--test-reporter=spec");
    start(npm.args(["--prefix", "frontend/tests", "run", "--silent", script]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(needs: Needs, run: fn() -> Result<(), String>) -> Step {
        Step {
            name: "sample",
            about: "nothing",
            needs,
            run,
        }
    }

    fn fails() -> Result<(), String> {
        Err("broken".to_owned())
    }

    #[test]
    fn what_is_required_fails_in_ci_and_is_skipped_elsewhere() {
        let lacks = step(Needs::Required(fails), || Ok(()));
        assert_eq!(lacks.outcome(true), Outcome::Failed("broken".to_owned()));
        assert_eq!(lacks.outcome(false), Outcome::Skipped("broken".to_owned()));
    }

    #[test]
    fn what_is_optional_is_skipped_everywhere() {
        let lacks = step(Needs::Optional(fails), fails);
        assert_eq!(lacks.outcome(true), Outcome::Skipped("broken".to_owned()));
        assert_eq!(lacks.outcome(false), Outcome::Skipped("broken".to_owned()));
    }

    #[test]
    fn a_failed_step_is_a_failure_and_a_skipped_one_is_not() {
        let failed = ("fmt", Outcome::Failed("broken".to_owned()));
        let skipped = ("page", Outcome::Skipped("no browser".to_owned()));
        assert!(conclude(&[("tidy", Outcome::Passed), failed], Duration::ZERO).is_err());
        assert!(conclude(&[("tidy", Outcome::Passed), skipped], Duration::ZERO).is_ok());
    }

    #[test]
    fn an_unknown_step_is_refused_before_anything_runs() {
        let error = run(&["fmt".to_owned(), "clipy".to_owned()]).unwrap_err();
        assert!(error.contains("`clipy`") && error.contains("clippy"), "{error}");
    }
}
