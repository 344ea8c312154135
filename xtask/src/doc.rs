//! `cargo xtask doc`: the documentation, where a warning is an error.

use crate::process::{cargo, run as start};

/// Builds it; `--open` shows it.
pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    match arguments {
        [] => build(&[]),
        [open] if open == "--open" => build(&["--open"]),
        _ => Err("usage: cargo xtask doc [--open]".to_owned()),
    }
}

/// Documents the members of the workspace.
pub(crate) fn build(more: &[&str]) -> Result<(), String> {
    let mut command = cargo();
    command.env("RUSTDOCFLAGS", "-D warnings");
    start(
        command
            .args(["doc", "--workspace", "--no-deps", "--locked"])
            .args(more),
    )
}
