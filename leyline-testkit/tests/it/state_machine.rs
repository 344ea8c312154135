//! `docs/state-machine.md` says what the code does.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use leyline_core::status::{Status, Step, Verb, step};
use leyline_core::store::Outcome;
use leyline_core::task::FailedAttempt;
use leyline_core::transition::{Change, apply, insert};
use leyline_core::{NewTask, Progress, Task, TaskId, Timestamp, WorkerId};
use leyline_testkit::columns::{changed, columns};
use leyline_testkit::fixtures;

/// What a cell says of a column that is not touched.
const KEEPS: &str = "";

#[test]
fn the_status_table_is_that_of_the_code() {
    let table = table("## Where each verb leads");
    let statuses = Status::ALL.map(Status::as_str);
    assert_eq!(
        table.head,
        ["verb"].into_iter().chain(statuses).collect::<Vec<_>>()
    );
    let verbs: Vec<&str> = table.rows.iter().map(|row| row[0].as_str()).collect();
    assert_eq!(verbs, Verb::ALL.map(Verb::as_str));
    for (verb, row) in Verb::ALL.into_iter().zip(&table.rows) {
        for (status, cell) in Status::ALL.into_iter().zip(&row[1..]) {
            let word = match step(status, verb) {
                Step::To(to) => to.as_str(),
                Step::Same => "same",
                Step::Gone => "gone",
                Step::Refused => "",
            };
            assert_eq!(cell, word, "{} of a {status} task", verb.as_str());
        }
    }
}

#[test]
fn the_column_table_is_that_of_the_code() {
    let table = table("## What each verb sets, clears and keeps");
    let verbs = verbs();
    let head = ["column"].into_iter().chain(verbs.iter().map(|(verb, _)| *verb));
    assert_eq!(table.head, head.collect::<Vec<_>>());
    let names: Vec<&str> = columns(&full(Status::Pending))
        .into_iter()
        .map(|(name, _)| name)
        .collect();
    let documented: Vec<&str> = table.rows.iter().map(|row| row[0].as_str()).collect();
    assert_eq!(documented, names);
    for row in &table.rows {
        for ((verb, verdict), cell) in verbs.iter().zip(&row[1..]) {
            let word = verdict.get(row[0].as_str()).copied().unwrap_or(KEEPS);
            assert_eq!(cell, word, "{verb}: {}", row[0]);
        }
    }
}

/// What a verb does to each column that it touches.
type Verdict = BTreeMap<&'static str, &'static str>;

fn verbs() -> [(&'static str, Verdict); 10] {
    let worker = WorkerId::from_bytes([9; 16]);
    let finish = |outcome| Change::Finish {
        outcome,
        progress: None,
    };
    let delay = Duration::from_mins(1);
    [
        ("claim", of(Status::Pending, &Change::Claim { worker })),
        ("complete", of(Status::Processing, &finish(fixtures::complete()))),
        ("retry", of(Status::Processing, &finish(fixtures::retry(delay)))),
        ("fail", of(Status::Processing, &finish(fixtures::fail()))),
        ("release", of(Status::Processing, &finish(Outcome::Release))),
        (
            "snooze",
            of(Status::Processing, &finish(Outcome::Snooze { delay })),
        ),
        ("cancel", of(Status::Processing, &Change::Cancel)),
        (
            "rescue",
            of(Status::Processing, &Change::Rescue { max_rescues: 9 }),
        ),
        ("cap", of(Status::Processing, &Change::Rescue { max_rescues: 2 })),
        ("requeue", of(Status::Failed, &Change::Requeue)),
    ]
}

/// What `change` does to a row in which everything is filled; where that keeps a column, also what it does to an empty one,
/// and to one whose claim has later progress.
fn of(status: Status, change: &Change) -> Verdict {
    let mut verdict = difference(&full(status), change);
    for column in touched(&bare(status), change) {
        verdict.entry(column).or_insert("if empty");
    }
    if let Change::Finish { outcome, .. } = change {
        let later = Change::Finish {
            outcome: outcome.clone(),
            progress: Some(fixtures::progress(99)),
        };
        for column in touched(&full(status), &later) {
            verdict.entry(column).or_insert("if later");
        }
    }
    verdict
}

fn touched(before: &Task, change: &Change) -> Vec<&'static str> {
    changed(before, &after(before, change))
}

fn after(before: &Task, change: &Change) -> Task {
    let mut after = before.clone();
    let step = apply(&mut after, change.clone(), now());
    assert!(matches!(step, Step::To(_)), "{change:?} is allowed: {step:?}");
    after
}

fn difference(before: &Task, change: &Change) -> Verdict {
    let after = after(before, change);
    let empty: BTreeMap<_, _> = columns(&bare(Status::Pending)).into_iter().collect();
    let old: BTreeMap<_, _> = columns(before).into_iter().collect();
    let number = |text: &str| text.parse::<i64>().ok();
    columns(&after)
        .into_iter()
        .filter(|(name, new)| old[name] != *new)
        .map(|(name, new)| {
            let step = number(&new).zip(number(&old[name])).map(|(new, old)| new - old);
            let word = match step {
                _ if name == "status" => "sets",
                _ if name == "history" && after.history.len() == before.history.len() + 1 => "grows",
                _ if new == empty[name] => "clears",
                Some(1) => "+1",
                Some(-1) => "-1",
                _ => "sets",
            };
            (name, word)
        })
        .collect()
}

fn now() -> Timestamp {
    Timestamp::from_second(1_780_000_000).expect("it is in range")
}

/// A row of which nothing is filled but what has to be.
fn bare(status: Status) -> Task {
    let new = NewTask::new(TaskId::from_bytes([1; 16]), fixtures::kind("alpha"));
    let mut task = insert(
        &new,
        Timestamp::from_second(1_770_000_000).expect("it is in range"),
    );
    task.status = status;
    task.worker = (status == Status::Processing).then(|| WorkerId::from_bytes([2; 16]));
    task
}

/// A row in which everything is filled, with no value that a verb would write.
fn full(status: Status) -> Task {
    let mut task = insert(
        &fixtures::rich_task(TaskId::from_bytes([1; 16])),
        bare(status).created_at,
    );
    let earlier = Timestamp::from_second(1_775_000_000).expect("it is in range");
    task.status = status;
    task.worker = bare(status).worker;
    (task.revision, task.attempt, task.rescues) = (7, 3, 1);
    task.progress = Progress {
        fraction: Some(0.5),
        ..fixtures::progress(5)
    };
    task.checkpoint = Some(fixtures::json("[1]"));
    task.output = Some(leyline_core::Output::default());
    task.failure = Some(fixtures::failure("earlier"));
    task.history = vec![FailedAttempt {
        attempt: 1,
        code: "earlier".to_owned(),
        message: String::new(),
        at: earlier,
    }];
    (task.started_at, task.finished_at) = (Some(earlier), Some(earlier));
    task
}

struct Table {
    head: Vec<String>,
    rows: Vec<Vec<String>>,
}

/// The first table below this heading of the page.
fn table(heading: &str) -> Table {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/state-machine.md");
    let page = std::fs::read_to_string(&path).expect("the page can be read");
    let mut lines = page
        .lines()
        .skip_while(|line| *line != heading)
        .skip_while(|line| !line.starts_with('|'))
        .take_while(|line| line.starts_with('|'))
        .map(|line| {
            let line = line.trim_matches('|');
            line.split('|')
                .map(|cell| cell.trim().to_owned())
                .collect::<Vec<_>>()
        });
    let head = lines
        .next()
        .unwrap_or_else(|| panic!("there is a table below {heading}"));
    let rows: Vec<Vec<String>> = lines.skip(1).collect();
    assert!(
        rows.iter().all(|row| row.len() == head.len()),
        "every row has a cell for each column"
    );
    Table { head, rows }
}
