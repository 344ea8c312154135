//! `cargo xtask sim`: the deterministic simulation, optimised.

use crate::process::{cargo, run as start};

/// Runs it with these options, which it checks itself.
pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    let example = [
        "run",
        "--release",
        "-q",
        "-p",
        "leyline-testkit",
        "--example",
        "sim",
        "--",
    ];
    start(cargo().args(example).args(arguments))
}
