//! What the statements cost: each finds its index, each is prepared once, and what a worker can't run costs it nothing.

use leyline_core::store::{Beat, ClaimRequest, Finish, ListQuery, Outcome, Want};
use leyline_core::task::Kind;
use leyline_core::{Env, NewTask, Output, Status, TaskId, WorkerId};
use rusqlite::{Connection, StatementStatus};

use super::{Beaten, Claiming, Finishes, Insert, List, Tx, Verb, Workers, list};
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
        include_str!("../sql/workers_running.sql"),
        "INDEX task_held (worker=?)",
    );
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
fn a_workers_tasks_cost_what_is_shown_and_a_look_reads_none() {
    let conn = open();
    let worker = Env::system().worker_id();
    run(&conn, &beaten(worker));
    run(&conn, &tasks(20, |_| {}));
    run(&conn, &claiming(worker, 20));
    let few = steps_of_a_worker_list(&conn, 10);
    run(&conn, &tasks(3000, |_| {}));
    run(&conn, &claiming(worker, 3000));
    assert_eq!(steps_of_a_worker_list(&conn, 10), few);
    assert_eq!(steps_of_a_worker_list(&conn, 0), 0);
}

/// How many steps SQLite's machine takes to list that many tasks of the one worker.
fn steps_of_a_worker_list(conn: &Connection, shown: u32) -> i32 {
    let workers = run(conn, &Workers { shown });
    assert_eq!(workers[0].tasks.len(), shown as usize);
    let statement = conn.prepare_cached(include_str!("../sql/workers_running.sql"));
    statement
        .expect("a statement")
        .reset_status(StatementStatus::VmStep)
}

fn listing(owner: Option<&str>, kind: Option<&str>, status: Option<Status>) -> ListQuery {
    let mut query = ListQuery::new();
    query.owner = owner.map(str::to_owned);
    query.kind = kind.map(|kind| Kind::new(kind).expect("a kind"));
    query.status = status;
    query
}

#[test]
fn lists_find_their_index() {
    let (owner, kind) = (Some("ada"), Some("wanted"));
    let by_owner = "INDEX task_owner (owner=? AND id<?)";
    let by_kind = "INDEX task_kind (kind=? AND id<?)";
    for (query, index) in [
        (listing(None, None, None), "INDEX sqlite_autoindex_task_1 (id<?)"),
        (listing(owner, None, None), by_owner),
        (listing(None, kind, None), by_kind),
        (
            listing(None, None, Some(Status::Pending)),
            "INDEX task_pending (id<?)",
        ),
        (
            listing(None, None, Some(Status::Completed)),
            "INDEX task_completed (id<?)",
        ),
        (
            listing(None, None, Some(Status::Failed)),
            "INDEX task_failed (id<?)",
        ),
        (
            listing(None, None, Some(Status::Cancelled)),
            "INDEX task_cancelled (id<?)",
        ),
        (listing(owner, kind, Some(Status::Failed)), by_owner),
        (listing(None, kind, Some(Status::Completed)), by_kind),
        (
            listing(None, kind, Some(Status::Pending)),
            "INDEX task_pending (id<?)",
        ),
    ] {
        check_plan(&list::statement(&query), index);
    }
    // Those that are processing are sorted: they are few, whatever else there is.
    let plan = plan_of(&list::statement(&listing(owner, kind, Some(Status::Processing))));
    assert!(
        plan.iter().any(|step| step.contains("COVERING INDEX task_held")),
        "{plan:?}"
    );
    assert!(!plan.iter().any(|step| step.contains("id<?")), "{plan:?}");
}

/// Tasks with ids from `first` on, the later ones higher.
fn in_order(first: u128, count: usize, owner: &str, kind: &str) -> Insert {
    let next = std::cell::Cell::new(first);
    tasks(count, |task| {
        task.id = TaskId::from_bytes(next.replace(next.get() + 1).to_be_bytes());
        task.owner = owner.to_owned();
        task.kind = Kind::new(kind).expect("a kind");
    })
}

#[test]
fn a_list_walks_no_further_for_what_is_rare_and_goes_on_from_there() {
    let conn = open();
    run(&conn, &in_order(1, 1, "ada", "wanted"));
    run(&conn, &in_order(2, 25, "ada", "another"));
    let mut query = listing(Some("ada"), Some("wanted"), None);
    let mut pages = Vec::new();
    loop {
        let walk = 10;
        let list = List { query, walk };
        let page = run(&conn, &list);
        pages.push(page.tasks.len());
        query = list.query;
        query.after = page.next;
        if query.after.is_none() {
            break;
        }
    }
    assert_eq!(pages, [0, 0, 1]);
}

#[test]
fn what_one_filter_leaves_out_costs_a_list_nothing() {
    let conn = open();
    run(&conn, &in_order(1, 60, "ada", "wanted"));
    conn.execute_batch("UPDATE task SET status = 4, finished_at = 1")
        .expect("cancelled");
    let queries = [
        listing(Some("ada"), None, None),
        listing(None, Some("wanted"), None),
        listing(None, None, Some(Status::Cancelled)),
    ];
    let alone = queries.each_ref().map(|query| steps_of_a_list(&conn, query));
    run(&conn, &in_order(61, 3000, "bob", "another"));
    assert_eq!(
        queries.each_ref().map(|query| steps_of_a_list(&conn, query)),
        alone
    );
}

/// How many steps SQLite's machine takes to find a page of fifty tasks.
fn steps_of_a_list(conn: &Connection, query: &ListQuery) -> i32 {
    let page = run(conn, &List::new(query.clone()));
    assert_eq!(page.tasks.len(), 50);
    let statement = conn.prepare_cached(&list::statement(query));
    statement
        .expect("a statement")
        .reset_status(StatementStatus::VmStep)
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
