//! What the statements cost: each finds its index, each is prepared once, and what a worker can't run costs it nothing.

use leyline_core::store::{Beat, ClaimRequest, Finish, Outcome, Want};
use leyline_core::task::Kind;
use leyline_core::{Env, NewTask, Output, WorkerId};
use rusqlite::{Connection, StatementStatus};

use super::{Beaten, Claiming, Finishes, Insert, Tx, Verb};
use crate::{SqliteOptions, connection};

fn open() -> Connection {
    connection::open_writer(&SqliteOptions::memory()).expect("opens")
}

fn run<V: Verb>(conn: &Connection, verb: &V) -> V::Answer {
    verb.run(&Tx::new(conn, Env::system().now())).expect("runs")
}

fn tasks(count: usize, set: impl Fn(&mut NewTask)) -> Insert {
    let env = Env::system();
    let task = || NewTask::new(env.task_id(), Kind::new("wanted").expect("a kind"));
    let tasks = (0..count).map(|_| {
        let mut task = task();
        set(&mut task);
        task
    });
    Insert(tasks.collect())
}

fn claiming(worker: WorkerId, limit: u32) -> Claiming {
    Claiming(ClaimRequest {
        worker,
        limit,
        wants: vec![Want {
            kind: Kind::new("wanted").expect("a kind"),
            slots: limit,
        }],
        suspects: 1,
        max_rescues: 3,
        ids: Vec::new(),
    })
}

fn beaten(worker: WorkerId) -> Beaten {
    Beaten(Beat {
        worker,
        counter: 1,
        period: std::time::Duration::from_secs(10),
        held: Vec::new(),
    })
}

fn plan_of(sql: &str) -> Vec<String> {
    let conn = open();
    let mut plan = conn
        .prepare(&format!("EXPLAIN QUERY PLAN {sql}"))
        .expect("a statement");
    let nothing = vec![rusqlite::types::Null; plan.parameter_count()];
    let steps = plan.query_map(rusqlite::params_from_iter(nothing), |row| row.get::<_, String>(3));
    steps.expect("a plan").collect::<Result<_, _>>().expect("a plan")
}

#[track_caller]
fn check_plan(sql: &str, index: &str) {
    let steps = plan_of(sql);
    assert!(steps[0].contains(index), "{steps:?}");
    let wasteful = |step: &String| step.starts_with("SCAN") || step.contains("TEMP B-TREE");
    assert!(!steps.iter().any(wasteful), "{steps:?}");
}

#[test]
fn statements_on_the_way_of_a_task_find_their_index() {
    let by_id = "INDEX sqlite_autoindex_task_1 (id=?)";
    check_plan(include_str!("../sql/get.sql"), by_id);
    check_plan(include_str!("../sql/finish.sql"), by_id);
    check_plan(include_str!("../sql/beat_progress.sql"), by_id);
    check_plan(include_str!("../sql/changed_since.sql"), by_id);
    check_plan(include_str!("../sql/claim_named.sql"), by_id);
    let ready = "COVERING INDEX task_ready (kind=? AND priority=? AND run_at<?)";
    check_plan(include_str!("../sql/claim_due.sql"), ready);
    check_plan(include_str!("../sql/stats_due.sql"), ready);
    let priority = "COVERING INDEX task_ready (kind=? AND priority<?)";
    check_plan(include_str!("../sql/claim_priority.sql"), priority);
    let held = "COVERING INDEX task_held (worker=?)";
    check_plan(include_str!("../sql/beat_held.sql"), held);
    check_plan(include_str!("../sql/rescue_held.sql"), held);
    check_plan(
        include_str!("../sql/prune.sql"),
        "INDEX task_ended (finished_at<?)",
    );
    check_plan(
        include_str!("../sql/get_by_key.sql"),
        "INDEX task_key (owner=? AND idempotency_key=?)",
    );
    check_plan(
        include_str!("../sql/get_by_seq.sql"),
        "task USING INTEGER PRIMARY KEY",
    );
    check_plan(include_str!("../sql/claim.sql"), "task USING INTEGER PRIMARY KEY");
}

#[test]
fn lists_find_their_index() {
    for (filters, index) in [
        ("", "INDEX sqlite_autoindex_task_1 (id<?)"),
        ("AND owner = ?", "INDEX task_owner (owner=? AND id<?)"),
        ("AND status = 3", "INDEX task_failed (id<?)"),
        ("AND status = 4", "INDEX task_cancelled (id<?)"),
    ] {
        let list = include_str!("../sql/list.sql");
        check_plan(&format!("{list} {filters} ORDER BY id DESC LIMIT ?"), index);
    }
    // Those that are processing are sorted: they are few, whatever else there is.
    let processing = concat!(
        include_str!("../sql/list.sql"),
        include_str!("../sql/list_processing.sql")
    );
    let plan = plan_of(&format!("{processing} ORDER BY id DESC LIMIT ?"));
    assert!(
        plan.iter().any(|step| step.contains("COVERING INDEX task_held")),
        "{plan:?}"
    );
    assert!(!plan.iter().any(|step| step.contains("id<?")), "{plan:?}");
}

#[test]
fn no_statement_is_prepared_twice() {
    let conn = open();
    let worker = Env::system().worker_id();
    run(&conn, &beaten(worker));
    for _ in 0..3 {
        run(&conn, &tasks(4, |_| {}));
        let claimed = run(&conn, &claiming(worker, 4));
        let finish = |claim| Finish {
            claim,
            outcome: Outcome::Complete {
                output: Output::default(),
            },
            progress: None,
        };
        let claims = claimed.iter().filter_map(|claimed| claimed.task.claim());
        run(&conn, &Finishes(claims.map(finish).collect()));
    }
    for sql in [
        include_str!("../sql/insert.sql"),
        include_str!("../sql/claim_due.sql"),
        include_str!("../sql/claim.sql"),
        include_str!("../sql/get.sql"),
        include_str!("../sql/finish.sql"),
    ] {
        let statement = conn.prepare_cached(sql).expect("a statement");
        assert!(statement.get_status(StatementStatus::Run) >= 3, "{sql}");
        assert_eq!(statement.get_status(StatementStatus::RePrepare), 0, "{sql}");
    }
}

#[test]
fn what_a_worker_cant_run_costs_its_claim_nothing() {
    let conn = open();
    let worker = Env::system().worker_id();
    run(&conn, &beaten(worker));
    run(&conn, &tasks(30, |_| {}));
    let alone = steps_of_a_claim(&conn, worker);
    run(
        &conn,
        &tasks(3000, |task| task.delay = std::time::Duration::from_hours(1)),
    );
    run(
        &conn,
        &tasks(3000, |task| task.kind = Kind::new("another").expect("a kind")),
    );
    assert_eq!(steps_of_a_claim(&conn, worker), alone);
}

/// How many steps SQLite's machine takes to choose ten tasks.
fn steps_of_a_claim(conn: &Connection, worker: WorkerId) -> i32 {
    let choosing = [
        include_str!("../sql/claim_priority.sql"),
        include_str!("../sql/claim_due.sql"),
    ];
    let steps = |sql: &&str| {
        let statement = conn.prepare_cached(sql).expect("a statement");
        statement.reset_status(StatementStatus::VmStep)
    };
    let _before: i32 = choosing.iter().map(steps).sum();
    assert_eq!(run(conn, &claiming(worker, 10)).len(), 10);
    choosing.iter().map(steps).sum()
}
