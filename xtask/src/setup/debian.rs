//! Packages of Debian and Ubuntu.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use crate::process::{find, program, run as start};

/// What Debian's packages ask before they start a service. 101 means no.
const POLICY: &str = "/usr/sbin/policy-rc.d";

/// Installs packages, or says in a line what to install.
pub(super) fn install(packages: &[&str]) -> Result<(), String> {
    if find("apt-get").is_none() || !is_root() {
        return Err(format!("please install: {}", packages.join(", ")));
    }
    let install = |packages: &[&str]| {
        let mut apt = program("apt-get");
        apt.env("DEBIAN_FRONTEND", "noninteractive");
        start(
            apt.args(["install", "-y", "-qq", "--no-install-recommends"])
                .args(packages),
        )
    };
    // A fresh machine has no list of packages, and an old one has an old list.
    install(packages).or_else(|_| {
        start(program("apt-get").args(["update", "-qq"]))?;
        install(packages)
    })
}

/// Installs packages that bring services, without these running now or after the next start of the machine: the tests want
/// the programs, and the services would take ports that are somebody's.
pub(super) fn install_idle(packages: &[&str]) -> Result<(), String> {
    let refusal = Refusal::of_services();
    install(packages)?;
    drop(refusal);
    for package in packages {
        // Not every package has a service of its name, and what fails here is only a service too many at the next start.
        let _ = start(program("update-rc.d").args([package, "disable"]));
    }
    Ok(())
}

/// As long as it is there, no package starts a service.
struct Refusal {
    /// Whether the file is of this process; another one says what the owner of the machine wants.
    ours: bool,
}

impl Refusal {
    fn of_services() -> Self {
        let mut new = OpenOptions::new();
        let policy = new.write(true).create_new(true).mode(0o755).open(POLICY);
        let ours = policy.is_ok_and(|mut policy| policy.write_all(b"#!/bin/sh\nexit 101\n").is_ok());
        Self { ours }
    }
}

impl Drop for Refusal {
    fn drop(&mut self) {
        if self.ours {
            let _ = fs::remove_file(POLICY);
        }
    }
}

/// Whether this process may install packages.
fn is_root() -> bool {
    // std has no getuid, and a process owns its own folder.
    #[cfg(target_os = "linux")]
    {
        use std::os::unix::fs::MetadataExt as _;
        fs::metadata(Path::new("/proc/self")).is_ok_and(|me| me.uid() == 0)
    }
    #[cfg(not(target_os = "linux"))]
    {
        false
    }
}
