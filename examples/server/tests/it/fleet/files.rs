//! Room for many sockets.

use std::process::Command;

use crate::say::say;

/// Raises the soft limit of files of this process, which those that it starts inherit, as far as the hard one lets it.
pub(super) fn allow_files(count: usize) {
    let limit = |kind: &str| {
        let said = Command::new("sh")
            .args(["-c", &format!("ulimit -{kind}n")])
            .output()
            .unwrap();
        let said = String::from_utf8(said.stdout).unwrap();
        said.trim().parse().unwrap_or(usize::MAX)
    };
    let (soft, hard) = (limit("S"), limit("H"));
    if soft >= count {
        return;
    }
    assert!(
        hard >= count,
        "{count} files are needed, and {hard} are allowed: raise the hard limit"
    );
    let raised = Command::new("prlimit")
        .args([
            format!("--pid={}", std::process::id()),
            format!("--nofile={count}:{hard}"),
        ])
        .status();
    assert!(
        raised.is_ok_and(|status| status.success()),
        "prlimit (util-linux) is needed"
    );
    say!("watchers: {count} files are allowed instead of {soft}");
}
