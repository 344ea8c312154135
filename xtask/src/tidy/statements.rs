//! SQL files: one statement each, keywords in upper case.

use super::Fault;
use super::files::File;

/// Words that are never the name of a column here.
const KEYWORDS: [&str; 38] = [
    "SELECT",
    "INSERT",
    "UPDATE",
    "DELETE",
    "FROM",
    "WHERE",
    "AND",
    "OR",
    "NOT",
    "NULL",
    "SET",
    "VALUES",
    "INTO",
    "ORDER",
    "BY",
    "LIMIT",
    "RETURNING",
    "WITH",
    "AS",
    "IN",
    "EXISTS",
    "ON",
    "CONFLICT",
    "DO",
    "NOTHING",
    "CREATE",
    "TABLE",
    "INDEX",
    "PRIMARY",
    "CHECK",
    "UNIQUE",
    "CASE",
    "WHEN",
    "THEN",
    "ELSE",
    "JOIN",
    "GROUP",
    "HAVING",
];

/// Looks at every `.sql` file; a migration may hold many statements.
pub(crate) fn check(files: &[File]) -> Vec<Fault> {
    files
        .iter()
        .filter(|file| file.has_extension("sql"))
        .flat_map(faults)
        .collect()
}

fn faults(file: &File) -> Vec<Fault> {
    let code = code(&file.text);
    let mut faults = Vec::new();
    let statements = code
        .split(';')
        .filter(|statement| !statement.trim().is_empty())
        .count();
    let is_script = ["/migrations/", "/scripts/"]
        .iter()
        .any(|folder| file.path.contains(folder));
    if statements != 1 && !is_script {
        faults.push(Fault::new(
            &file.path,
            format!("holds {statements} statements, not one"),
        ));
    }
    for (at, line) in code.lines().enumerate() {
        let words = line.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        let lower = words.filter(|word| {
            KEYWORDS
                .iter()
                .any(|keyword| *word != *keyword && word.eq_ignore_ascii_case(keyword))
        });
        faults.extend(
            lower.map(|word| Fault::at(file, at, format!("the keyword `{word}` is not in upper case"))),
        );
    }
    faults
}

/// The text without comments and without what stands in quotes, line for line.
fn code(text: &str) -> String {
    let mut code = String::new();
    for line in text.lines() {
        let line = line.split("--").next().unwrap_or(line);
        let outside = line.split(['\'', '"']).step_by(2);
        code.extend(outside.chain(["\n"]));
    }
    code
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::files::sample;

    #[test]
    fn two_statements_are_a_fault_except_in_a_migration() {
        let two = "DELETE FROM a;\nDELETE FROM b;\n";
        assert_eq!(check(&[sample("s/sql/prune.sql", two)]).len(), 1);
        assert_eq!(check(&[sample("s/migrations/0001_start.sql", two)]), []);
        assert_eq!(
            check(&[sample("s/sql/empty.sql", "-- DELETE FROM a;\n")]).len(),
            1
        );
    }

    #[test]
    fn a_keyword_in_lower_case_is_a_fault_and_comments_and_strings_are_not() {
        let found = check(&[sample(
            "s/sql/get.sql",
            "-- select it; from there\nSELECT 'from;', updated_at\nfrom tasks\n",
        )]);
        assert_eq!(
            found,
            [Fault::new(
                "s/sql/get.sql:3",
                "the keyword `from` is not in upper case"
            )]
        );
    }
}
