//! Who may depend on whom.

use std::collections::BTreeSet;

use super::Fault;
use crate::process::{cargo, output};

/// The crate that everything else stands on.
const CORE: &str = "leyline-core";
/// Its neighbours: each may know the core, and none another.
const ADAPTERS: [&str; 4] = [
    "leyline-axum",
    "leyline-store-postgres",
    "leyline-store-sqlite",
    "leyline-testkit",
];
/// Database drivers, HTTP and sockets, by the beginnings of crates' names. The crate `http`, which object_store brings, is
/// not among them: it holds names of headers and the like, and does nothing.
const KEPT_OUT_OF_CORE: [&str; 17] = [
    "rusqlite",
    "libsqlite3",
    "sqlx",
    "tokio-postgres",
    "postgres",
    "diesel",
    "rdkafka",
    "redis",
    "axum",
    "hyper",
    "http-body",
    "httparse",
    "tower",
    "tungstenite",
    "tokio-tungstenite",
    "reqwest",
    "rustls",
];

/// Looks at what the published crates are built from; tests may use more.
pub(crate) fn check() -> Result<Vec<Fault>, String> {
    let mut faults = core(&dependencies(CORE)?);
    for name in ADAPTERS {
        faults.extend(adapter(name, &dependencies(name)?));
    }
    Ok(faults)
}

fn core(dependencies: &BTreeSet<String>) -> Vec<Fault> {
    let kept_out = |name: &&String| KEPT_OUT_OF_CORE.iter().any(|prefix| name.starts_with(prefix));
    let fault = |name: &String| {
        Fault::new(
            CORE,
            format!("depends on {name}; the core knows no driver and no socket"),
        )
    };
    dependencies.iter().filter(kept_out).map(fault).collect()
}

fn adapter(name: &str, dependencies: &BTreeSet<String>) -> Vec<Fault> {
    let neighbour = |other: &&String| other.starts_with("leyline") && *other != CORE && *other != name;
    let fault = |other: &String| Fault::new(name, format!("depends on its neighbour {other}"));
    dependencies.iter().filter(neighbour).map(fault).collect()
}

/// The names of everything that a package is built from, with all its features, on every platform.
fn dependencies(package: &str) -> Result<BTreeSet<String>, String> {
    let mut tree = cargo();
    tree.args([
        "tree",
        "--package",
        package,
        "--all-features",
        "--target",
        "all",
        "--edges",
        "normal",
    ]);
    let printed = output(tree.args(["--locked", "--prefix", "none", "--format", "{p}"]))?;
    Ok(names(&printed))
}

/// The first word of each line.
fn names(printed: &str) -> BTreeSet<String> {
    printed
        .lines()
        .filter_map(|line| line.split_whitespace().next())
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_driver_or_a_socket_in_the_core_is_a_fault() {
        let tree = "leyline-core v0.1.0 (somewhere)\ntokio v1.54.1\nlibsqlite3-sys v0.36.0\nhyper-util v0.1.21 (*)\n";
        let found: Vec<String> = core(&names(tree)).into_iter().map(|fault| fault.what).collect();
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(
            found[0].contains("hyper-util") && found[1].contains("libsqlite3-sys"),
            "{found:?}"
        );
    }

    #[test]
    fn an_adapter_that_knows_another_is_a_fault() {
        let tree = "leyline-axum v0.1.0\nleyline-core v0.1.0\nleyline-store-sqlite v0.1.0\n";
        let found = adapter("leyline-axum", &names(tree));
        assert_eq!(
            found,
            [Fault::new(
                "leyline-axum",
                "depends on its neighbour leyline-store-sqlite"
            )]
        );
    }
}
