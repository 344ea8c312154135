//! What the page's tests need: Node.js, npm packages, a browser.

use std::path::PathBuf;
use std::{env, fs};

use super::debian::install;
use crate::process::{find, output, program, root, run as start};

/// The oldest Node.js that the page's tests run on.
const NODE: u32 = 20;
/// Where Debian and Ubuntu put the browser; the tests of the page look at the same places.
const BROWSERS: [&str; 2] = ["/usr/bin/chromium", "/usr/bin/chromium-browser"];

/// Node.js and npm.
pub(crate) fn node() -> Result<(), String> {
    if find("node").is_none() || find("npm").is_none() {
        install(&["nodejs", "npm"])?;
    }
    let version = output(program("node").arg("--version"))?;
    match major(&version) {
        Some(major) if major >= NODE => Ok(()),
        _ => Err(format!(
            "Node.js {NODE} or newer is needed, and this one is {}",
            version.trim()
        )),
    }
}

/// The npm packages of the page's tests, exactly as the lockfile has them.
pub(crate) fn packages() -> Result<(), String> {
    let tests = root().join("frontend/tests");
    let lock = tests.join("package-lock.json");
    let wanted = fs::read(&lock).map_err(|error| format!("{}: {error}", lock.display()))?;
    // What was installed last: npm's own note in this folder has another form than the lockfile.
    let installed = tests.join("node_modules/.installed-lock.json");
    if fs::read(&installed).is_ok_and(|last| last == wanted) {
        return Ok(());
    }
    start(
        program("npm")
            .args(["ci", "--no-audit", "--no-fund"])
            .current_dir(&tests),
    )?;
    fs::write(&installed, wanted).map_err(|error| format!("{}: {error}", installed.display()))
}

/// A Chromium.
pub(crate) fn browser() -> Result<(), String> {
    if chromium().is_none() {
        install(&["chromium"])?;
    }
    match chromium() {
        Some(_) => Ok(()),
        None => Err("chromium is installed, but not where it is looked for: name it in CHROMIUM".to_owned()),
    }
}

fn chromium() -> Option<PathBuf> {
    let named = env::var_os("CHROMIUM").map(PathBuf::from);
    named
        .into_iter()
        .chain(BROWSERS.iter().map(PathBuf::from))
        .find(|file| file.is_file())
}

/// The first number of `v20.1.0`.
fn major(version: &str) -> Option<u32> {
    version.trim().strip_prefix('v')?.split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_of_node_is_read() {
        assert_eq!(major("v20.20.2\n"), Some(20));
        assert_eq!(major("v8.0.0"), Some(8));
        assert_eq!(major("not a version"), None);
    }
}
