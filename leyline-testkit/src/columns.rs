//! A task column by column, so that a test can say which ones a verb touches.

use leyline_core::Task;

/// Every column of a task by name, with its value as text.
pub fn columns(task: &Task) -> Vec<(&'static str, String)> {
    // Without `..`, so that a new field can't be forgotten here.
    macro_rules! list {
        ($($field:ident),*) => {{
            let Task { $($field),* } = task;
            vec![$((stringify!($field), format!("{:?}", $field))),*]
        }};
    }
    list!(
        id,
        kind,
        owner,
        status,
        revision,
        attempt,
        max_attempts,
        params,
        input,
        progress,
        checkpoint,
        output,
        failure,
        history,
        priority,
        run_at,
        worker,
        rescues,
        idempotency_key,
        request_digest,
        trace_context,
        created_at,
        started_at,
        finished_at,
        updated_at
    )
}

/// The names of the columns in which two rows differ, in the order of the fields.
pub fn changed(before: &Task, after: &Task) -> Vec<&'static str> {
    columns(before)
        .into_iter()
        .zip(columns(after))
        .filter(|(before, after)| before != after)
        .map(|((name, _), _)| name)
        .collect()
}

/// Panics with the columns that differ, if any do.
///
/// # Panics
/// The rows differ.
#[track_caller]
pub fn assert_same(actual: &Task, expected: &Task) {
    let differences: Vec<String> = columns(actual)
        .into_iter()
        .zip(columns(expected))
        .filter(|(actual, expected)| actual != expected)
        .map(|((name, actual), (_, expected))| format!("{name}: is {actual}, must be {expected}"))
        .collect();
    assert!(
        differences.is_empty(),
        "task {} differs in\n  {}",
        expected.id,
        differences.join("\n  ")
    );
}
