//! Sizes of files, functions and traits. They warn; the reader judges.
//!
//! Functions are found by their indentation, which the formatter guarantees: one ends where the first line as deep as its
//! `fn` closes it.

use std::fmt::Write as _;

use super::files::File;

/// What is measured, and up to where it is fine.
struct Measure {
    name: &'static str,
    median: usize,
    p90: usize,
    most: usize,
}

const FILES: Measure = Measure {
    name: "lines of a file",
    median: 150,
    p90: 400,
    most: 600,
};
const FUNCTIONS: Measure = Measure {
    name: "lines of a function",
    median: 10,
    p90: 30,
    most: 60,
};
const TRAITS: Measure = Measure {
    name: "methods that a trait requires",
    median: 16,
    p90: 16,
    most: 16,
};
const EXAMPLES: Measure = Measure {
    name: "lines of an example's main.rs",
    median: 120,
    p90: 120,
    most: 120,
};

/// A size and what has it.
type Sized = (usize, String);

/// A function of a file.
#[derive(Debug, PartialEq, Eq)]
struct Function<'a> {
    name: &'a str,
    /// From its signature to its closing brace.
    lines: usize,
    /// The trait that requires it of its implementors.
    required_by: Option<&'a str>,
}

/// The table, with a line for each file or function that is over its measure.
pub(crate) fn table(files: &[File]) -> String {
    let code: Vec<&File> = files
        .iter()
        .filter(|file| file.has_extension("rs") && !file.is_test())
        .collect();
    let (mut sizes, mut examples, mut lengths, mut traits) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for file in code {
        let lines = file.text.lines().count();
        sizes.push((lines, file.path.clone()));
        if file.path.starts_with("examples/") && file.name() == "main.rs" {
            examples.push((lines, file.path.clone()));
        }
        let functions = functions(&file.text);
        lengths.extend(
            functions
                .iter()
                .filter(|f| f.required_by.is_none())
                .map(|f| (f.lines, format!("{} in {}", f.name, file.path))),
        );
        traits.extend(required(&functions));
    }
    let mut table = format!(
        "   {:<32}{:>8}{:>8}{:>8}{:>8}\n",
        "", "count", "median", "p90", "most"
    );
    for (measure, sizes) in [
        (FILES, sizes),
        (FUNCTIONS, lengths),
        (TRAITS, traits),
        (EXAMPLES, examples),
    ] {
        measure.row(sizes, &mut table);
    }
    table
}

impl Measure {
    fn row(&self, mut sizes: Vec<Sized>, table: &mut String) {
        sizes.sort();
        let Some((most, _)) = sizes.last() else { return };
        let (median, p90) = (percentile(&sizes, 50), percentile(&sizes, 90));
        let row = format!(
            "   {:<32}{:>8}{median:>8}{p90:>8}{most:>8}\n",
            self.name,
            sizes.len()
        );
        table.push_str(&row);
        if median > self.median || p90 > self.p90 {
            let _ = writeln!(
                table,
                "   warning: the aim is a median of {} and a p90 of {}",
                self.median, self.p90
            );
        }
        for (size, what) in sizes.iter().filter(|(size, _)| *size > self.most) {
            let _ = writeln!(table, "   warning: {size}, the aim is {}: {what}", self.most);
        }
    }
}

/// The smallest size that so many percent do not exceed.
fn percentile(sorted: &[Sized], percent: usize) -> usize {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted[rank - 1].0
}

/// How many functions each trait requires.
fn required(functions: &[Function<'_>]) -> Vec<Sized> {
    let mut traits: Vec<Sized> = Vec::new();
    for name in functions.iter().filter_map(|function| function.required_by) {
        match traits.last_mut() {
            Some((count, last)) if last == name => *count += 1,
            _ => traits.push((1, name.to_owned())),
        }
    }
    traits
}

/// The functions outside of `mod tests`.
fn functions(text: &str) -> Vec<Function<'_>> {
    let lines: Vec<&str> = text.lines().collect();
    let mut functions = Vec::new();
    // The trait around this line, and how deep it stands.
    let mut inside: Option<(usize, &str)> = None;
    let mut at = 0;
    while at < lines.len() {
        let line = lines[at];
        let depth = depth(line);
        let code = without_qualifiers(line.trim_start());
        if inside.is_some_and(|(outer, _)| depth <= outer && line.trim_start().starts_with('}')) {
            inside = None;
        }
        if code.starts_with("mod tests {") {
            at = last_line(&lines, at);
        } else if let Some(name) = code.strip_prefix("trait ") {
            inside = (!line.trim_end().ends_with('}')).then_some((depth, identifier(name)));
        } else if let Some(name) = code.strip_prefix("fn ") {
            let end = last_line(&lines, at);
            let required_by = inside.filter(|_| lines[end].ends_with(';')).map(|(_, name)| name);
            functions.push(Function {
                name: identifier(name),
                lines: end - at + 1,
                required_by,
            });
        }
        at += 1;
    }
    functions
}

/// Where the item that begins here ends.
fn last_line(lines: &[&str], begin: usize) -> usize {
    if lines[begin].ends_with(['}', ';']) {
        return begin;
    }
    let depth_of_item = depth(lines[begin]);
    let closes = |line: &str| {
        depth(line) == depth_of_item && (line.trim_start().starts_with('}') || line.ends_with(';'))
    };
    let found = lines[begin + 1..]
        .iter()
        .position(|line| !line.is_empty() && closes(line));
    found.map_or(lines.len() - 1, |offset| begin + 1 + offset)
}

fn depth(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

fn identifier(text: &str) -> &str {
    text.split(|c: char| !c.is_alphanumeric() && c != '_')
        .next()
        .unwrap_or(text)
}

/// A line of code without what may stand before `fn`, `trait` or `mod`.
fn without_qualifiers(mut code: &str) -> &str {
    loop {
        let rest = match code.strip_prefix("pub(") {
            Some(scope) => scope.split_once(") ").map(|(_, rest)| rest),
            None => ["pub ", "const ", "async ", "unsafe ", "extern \"C\" "]
                .iter()
                .find_map(|word| code.strip_prefix(word)),
        };
        match rest {
            Some(rest) => code = rest,
            None => return code,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::files::sample;

    const TEXT: &str = "\
//! Words about fn things.
pub trait Store: Send {
    fn get(&self) -> u64;
    async fn put(
        &self,
        value: u64,
    ) -> u64;
    fn both(&self) -> u64 {
        self.get()
    }
}

pub(crate) const fn one() -> u64 { 1 }

fn long<T>(value: T)
where
    T: Copy,
{
    let inner = value;

    drop(inner);
}

#[cfg(test)]
mod tests {
    #[test]
    fn not_counted() {}
}
";

    #[test]
    fn functions_are_measured_from_signature_to_closing_brace() {
        let found: Vec<(&str, usize)> = functions(TEXT).iter().map(|f| (f.name, f.lines)).collect();
        assert_eq!(
            found,
            [("get", 1), ("put", 4), ("both", 3), ("one", 1), ("long", 8)]
        );
    }

    #[test]
    fn a_trait_requires_what_has_no_body() {
        assert_eq!(required(&functions(TEXT)), [(2, "Store".to_owned())]);
    }

    #[test]
    fn percentiles_are_taken_by_nearest_rank() {
        let sizes: Vec<Sized> = (1..=10).map(|size| (size, String::new())).collect();
        assert_eq!((percentile(&sizes, 50), percentile(&sizes, 90)), (5, 9));
        assert_eq!(percentile(&sizes[..1], 90), 1);
    }

    #[test]
    fn what_is_too_long_is_named() {
        let long = sample("a/src/long.rs", &"//! line\n".repeat(601));
        let test = sample("a/tests/it/long.rs", &"//! line\n".repeat(900));
        let table = table(&[long, test]);
        assert!(
            table.contains("warning: 601, the aim is 600: a/src/long.rs") && !table.contains("tests/it"),
            "{table}"
        );
    }
}
