//! Starting other programs, always from the root of the workspace.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The root of the workspace.
pub(crate) fn root() -> &'static Path {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.parent().unwrap_or(package)
}

/// The cargo that started this program.
pub(crate) fn cargo() -> Command {
    let mut command = program(&env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned()));
    // What `cargo run` says of xtask itself. Build scripts that look at it would run anew in every other shell.
    for (name, _) in env::vars_os() {
        let of_package = name.to_str().is_some_and(|name| {
            ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_"]
                .iter()
                .any(|prefix| name.starts_with(prefix))
        });
        if of_package {
            command.env_remove(&name);
        }
    }
    command
}

/// Any other program.
pub(crate) fn program(name: &str) -> Command {
    let mut command = Command::new(name);
    command.current_dir(root());
    command
}

/// Runs it to its end, with its output shown.
pub(crate) fn run(command: &mut Command) -> Result<(), String> {
    match command.stdin(Stdio::null()).status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("`{}` ended with {status}", words(command))),
        Err(error) => Err(format!("`{}` can't be started: {error}", words(command))),
    }
}

/// Runs it to its end and gives what it printed; what it says on standard error is shown.
pub(crate) fn output(command: &mut Command) -> Result<String, String> {
    let done = command.stdin(Stdio::null()).stderr(Stdio::inherit()).output();
    match done {
        Ok(done) if done.status.success() => {
            String::from_utf8(done.stdout).map_err(|_| format!("`{}` printed no text", words(command)))
        }
        Ok(done) => Err(format!("`{}` ended with {}", words(command), done.status)),
        Err(error) => Err(format!("`{}` can't be started: {error}", words(command))),
    }
}

/// Where a program lies, if it is on the PATH.
pub(crate) fn find(name: &str) -> Option<PathBuf> {
    env::split_paths(&env::var_os("PATH")?)
        .map(|folder| folder.join(name))
        .find(|file| file.is_file())
}

/// The command as one would type it.
fn words(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let program = program.file_name().unwrap_or(program.as_os_str());
    std::iter::once(program)
        .chain(command.get_args())
        .map(|word| word.to_string_lossy())
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_names_the_command() {
        let error = run(program("no-such-program").arg("--now")).unwrap_err();
        assert!(
            error.starts_with("`no-such-program --now` can't be started"),
            "{error}"
        );
        let error = run(program("sh").args(["-c", "exit 7"])).unwrap_err();
        assert!(
            error.starts_with("`sh -c exit 7` ended with") && error.contains('7'),
            "{error}"
        );
    }

    #[test]
    fn the_root_holds_the_workspace() {
        assert!(root().join("Cargo.lock").is_file());
    }
}
