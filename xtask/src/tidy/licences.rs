//! Under which licences the dependencies stand, and where they come from. `cargo deny` checks the same list more closely,
//! where it is installed; this check is always there.

use std::collections::BTreeSet;

use super::Fault;
use super::files::File;
use crate::process::{cargo, output, root};

/// The file with the list, for both checks.
const LIST: &str = "deny.toml";
/// How Cargo.lock names the public registry.
const REGISTRY: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// Checks each crate of the lockfile that is built for the workspace on any platform.
pub(crate) fn check(files: &[File]) -> Result<Vec<Fault>, String> {
    let list = files
        .iter()
        .find(|file| file.path == LIST)
        .ok_or_else(|| format!("there is no {LIST}"))?;
    let mut tree = cargo();
    tree.args([
        "tree",
        "--workspace",
        "--all-features",
        "--target",
        "all",
        "--locked",
        "--prefix",
        "none",
    ]);
    let printed = output(tree.args(["--format", "{l}|{p}"]))?;
    let mut faults = licences(&printed, &allowed(&list.text));
    let lockfile = root().join("Cargo.lock");
    let lock =
        std::fs::read_to_string(&lockfile).map_err(|error| format!("{}: {error}", lockfile.display()))?;
    faults.extend(sources(&lock));
    Ok(faults)
}

/// The strings of the array `allow` under `[licenses]`.
fn allowed(list: &str) -> BTreeSet<String> {
    let section = list.split_once("[licenses]").map_or("", |(_, rest)| rest);
    let array = section
        .split_once("allow = [")
        .and_then(|(_, rest)| rest.split_once(']'))
        .map_or("", |(array, _)| array);
    array.split('"').skip(1).step_by(2).map(str::to_owned).collect()
}

/// Each line is `licence|package`.
fn licences(printed: &str, allowed: &BTreeSet<String>) -> Vec<Fault> {
    let lines: BTreeSet<&str> = printed
        .lines()
        .map(|line| line.trim_end_matches(" (*)"))
        .collect();
    let fault = |line: &str| {
        let (licence, package) = line.split_once('|')?;
        let package = package.split(" (").next().unwrap_or(package);
        let refused = !accepts(licence, allowed);
        refused.then(|| {
            Fault::new(
                package,
                format!("its licence {licence:?} is not on the list in {LIST}"),
            )
        })
    };
    lines.into_iter().filter_map(fault).collect()
}

/// Whether the list satisfies an SPDX expression. The old `MIT/Apache-2.0` means `OR`.
fn accepts(expression: &str, allowed: &BTreeSet<String>) -> bool {
    let spaced = expression
        .replace('/', " OR ")
        .replace('(', " ( ")
        .replace(')', " ) ");
    let mut words = spaced
        .split_whitespace()
        .collect::<Vec<_>>()
        .into_iter()
        .peekable();
    any(&mut words, allowed) && words.next().is_none()
}

type Words<'a> = std::iter::Peekable<std::vec::IntoIter<&'a str>>;

/// `all OR all ...`
fn any(words: &mut Words<'_>, allowed: &BTreeSet<String>) -> bool {
    let mut holds = all(words, allowed);
    while words.next_if_eq(&"OR").is_some() {
        holds |= all(words, allowed);
    }
    holds
}

/// `one AND one ...`
fn all(words: &mut Words<'_>, allowed: &BTreeSet<String>) -> bool {
    let mut holds = one(words, allowed);
    while words.next_if_eq(&"AND").is_some() {
        holds &= one(words, allowed);
    }
    holds
}

/// A licence, a licence with an exception, or an expression in parentheses.
fn one(words: &mut Words<'_>, allowed: &BTreeSet<String>) -> bool {
    match words.next() {
        Some("(") => any(words, allowed) && words.next() == Some(")"),
        Some(licence) if words.next_if_eq(&"WITH").is_some() => {
            let exception = words.next().unwrap_or_default();
            allowed.contains(licence) || allowed.contains(&format!("{licence} WITH {exception}"))
        }
        Some(licence) => allowed.contains(licence),
        None => false,
    }
}

/// Whatever Cargo.lock takes from elsewhere than the registry.
fn sources(lock: &str) -> Vec<Fault> {
    let sources = lock
        .lines()
        .enumerate()
        .filter_map(|(at, line)| Some((at, line.strip_prefix("source = ")?)));
    let elsewhere = sources.filter(|(_, source)| source.trim_matches('"') != REGISTRY);
    elsewhere
        .map(|(at, source)| {
            Fault::new(
                format!("Cargo.lock:{}", at + 1),
                format!("{source} is not the public registry"),
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(expression: &str, expected: bool) {
        let list =
            "[licenses]\nallow = [\n    \"MIT\", # plain\n    \"Apache-2.0\",\n    \"Unicode-3.0\",\n]\n";
        assert_eq!(accepts(expression, &allowed(list)), expected, "{expression}");
    }

    #[test]
    fn one_side_of_an_or_is_enough_and_both_sides_of_an_and_are_needed() {
        check("MIT", true);
        check("GPL-3.0-only OR MIT", true);
        check("GPL-3.0/MIT", true);
        check("MIT AND GPL-3.0-only", false);
        check("(GPL-3.0-only OR Apache-2.0) AND Unicode-3.0", true);
        check("MIT AND (GPL-3.0-only AND Apache-2.0)", false);
    }

    #[test]
    fn an_exception_only_adds_permissions_and_a_missing_licence_is_refused() {
        check("Apache-2.0 WITH LLVM-exception", true);
        check("GPL-2.0-only WITH Classpath-exception-2.0", false);
        check("", false);
        check("(MIT", false);
    }

    #[test]
    fn a_refused_licence_names_the_package() {
        let found = licences(
            "MIT|a v1.0.0\nGPL-3.0-only|b v2.0.0 (*)\n",
            &BTreeSet::from(["MIT".to_owned()]),
        );
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].place, "b v2.0.0");
    }

    #[test]
    fn a_git_dependency_is_found_with_its_line() {
        let lock = format!(
            "name = \"a\"\nsource = \"{REGISTRY}\"\nname = \"b\"\nsource = \"git+https://example.org/b\"\n"
        );
        let found = sources(&lock);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].place, "Cargo.lock:4");
    }
}
