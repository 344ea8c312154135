//! The checker: of every rule the least bad history is found, and the nearest good one is not.

use std::io::BufReader;

use leyline_core::{Status, TaskId, WorkerId};
use leyline_testkit::checker::{Promise, Verdict, check};
use leyline_testkit::history::{self, Accounts, Answer, Bytes, Close, Entry, Event, Row};

const TASK: TaskId = TaskId::from_bytes([1; 16]);
const OTHER: TaskId = TaskId::from_bytes([2; 16]);
const WORKER: WorkerId = WorkerId::from_bytes([7; 16]);
const ZOMBIE: WorkerId = WorkerId::from_bytes([8; 16]);

/// A history in which a millisecond passes with every entry, and which tells everything.
struct History(Vec<Entry>);

impl History {
    fn new() -> Self {
        Self(Vec::new()).and(Event::Accounts(Accounts {
            rows: true,
            blobs: true,
            beats: true,
            code: true,
            order: true,
        }))
    }

    fn and(self, event: Event) -> Self {
        let at = self.0.last().map_or(0, |last| last.at + 1);
        self.at(at, "node", event)
    }

    fn at(mut self, at: u64, who: &str, event: Event) -> Self {
        self.0.push(Entry::new(at, who, event));
        self
    }

    fn change(self, old: Option<Row>, new: Option<Row>) -> Self {
        self.and(Event::Changed { task: TASK, old, new })
    }

    /// The task is there, and a worker has claimed it.
    fn claimed(self) -> Self {
        self.change(None, Some(pending(1)))
            .change(Some(pending(1)), Some(processing(2, WORKER)))
            .and(began(WORKER, false))
    }

    fn completed(self) -> Self {
        self.claimed()
            .change(Some(processing(2, WORKER)), Some(ended(3, Status::Completed)))
    }

    fn cancelled(self) -> Self {
        self.claimed()
            .change(Some(processing(2, WORKER)), Some(ended(3, Status::Cancelled)))
    }

    fn wrote(self, verb: &str, worker: WorkerId, answer: Answer) -> Self {
        self.and(Event::Wrote {
            verb: verb.to_owned(),
            task: TASK,
            revision: 2,
            worker,
            answer,
        })
    }

    fn watched(self) -> Self {
        self.and(Event::Watched {
            watch: 1,
            task: TASK,
            known: None,
        })
    }

    fn saw(self, version: (u64, u64), status: Status) -> Self {
        self.and(saw(version, status))
    }

    fn audited(self, rows: &[(TaskId, Row)]) -> Self {
        let with = |history: Self, (task, row): &(TaskId, Row)| {
            history.and(Event::Row {
                task: *task,
                row: row.clone(),
            })
        };
        rows.iter().fold(self, with).and(Event::Audited { blobs: false })
    }

    fn verdict(&self) -> Verdict {
        check(&self.0)
    }

    #[track_caller]
    fn breaks(self, promise: Promise) {
        let verdict = self.verdict();
        assert!(verdict.breaks(promise), "{promise} is broken: {verdict:#?}");
        let violation = verdict.violations.iter().find(|found| found.promise == promise);
        assert!(
            violation.is_some_and(|found| !found.lines.is_empty()),
            "{verdict:#?}"
        );
    }

    #[track_caller]
    fn holds(self, promise: Promise) {
        let verdict = self.verdict();
        assert!(verdict.holds(), "{verdict:#?}");
        assert!(
            verdict.judged.contains_key(&promise),
            "{promise} was judged: {verdict:#?}"
        );
    }
}

fn pending(revision: u64) -> Row {
    Row::new(Status::Pending, revision)
}

fn processing(revision: u64, worker: WorkerId) -> Row {
    Row {
        worker: Some(worker),
        attempt: 1,
        ..Row::new(Status::Processing, revision)
    }
}

fn ended(revision: u64, status: Status) -> Row {
    Row {
        attempt: 1,
        ..Row::new(status, revision)
    }
}

fn with_input(row: Row) -> Row {
    Row {
        input: Some(upload()),
        ..row
    }
}

fn with_artifact(row: Row) -> Row {
    Row {
        artifacts: vec![artifact()],
        ..row
    }
}

fn of_request(row: Row) -> Row {
    Row {
        request: Some("r".to_owned()),
        ..row
    }
}

fn upload() -> String {
    format!("uploads/{TASK}/0001")
}

fn artifact() -> String {
    format!("results/{TASK}/2-0001/result")
}

fn began(worker: WorkerId, suspect: bool) -> Event {
    Event::Began {
        task: TASK,
        revision: 2,
        worker,
        suspect,
    }
}

fn sent() -> Event {
    Event::Sent {
        request: "r".to_owned(),
    }
}

fn accepted(task: TaskId) -> Event {
    Event::Accepted {
        request: "r".to_owned(),
        task,
    }
}

fn saw(version: (u64, u64), status: Status) -> Event {
    Event::Saw {
        watch: 1,
        task: TASK,
        version,
        status,
        fraction: None,
        newest: None,
    }
}

fn closed(why: Close) -> Event {
    Event::Closed {
        watch: 1,
        task: TASK,
        why,
    }
}

fn stored(key: String) -> Event {
    Event::Stored { key }
}

fn removed(key: String, age: u64, grace: Option<u64>) -> Event {
    Event::Removed { key, age, grace }
}

fn quiet() -> Event {
    Event::Quiet {
        within: 100,
        rescued: 50,
    }
}

fn read_result(answer: Bytes) -> Event {
    Event::Read {
        task: TASK,
        name: "result".to_owned(),
        revision: Some(3),
        answer,
    }
}

#[test]
fn an_empty_history_judges_nothing() {
    let verdict = History::new().verdict();
    assert!(verdict.holds() && verdict.judged.is_empty() && verdict.entries == 1);
}

#[test]
fn what_was_accepted_is_there_at_the_audit() {
    let history = || History::new().change(None, Some(pending(1))).and(accepted(TASK));
    history().audited(&[]).breaks(Promise::Accepted);
    history().audited(&[(TASK, pending(1))]).holds(Promise::Accepted);
    let deleted = history()
        .change(Some(pending(1)), Some(ended(2, Status::Cancelled)))
        .and(Event::Deleting { task: TASK })
        .change(Some(ended(2, Status::Cancelled)), None);
    deleted.audited(&[]).holds(Promise::Accepted);
}

#[test]
fn nothing_is_accepted_before_its_row() {
    let history = History::new().and(sent()).and(accepted(TASK));
    history.breaks(Promise::Accepted);
}

#[test]
fn no_row_names_bytes_that_are_not_durable() {
    let row = || with_input(pending(1));
    History::new().change(None, Some(row())).breaks(Promise::Accepted);
    let good = History::new().and(stored(upload())).change(None, Some(row()));
    good.holds(Promise::Accepted);
}

#[test]
fn what_a_restored_backup_forgot_is_not_owed() {
    let accepted_at = |at| {
        History::new()
            .at(
                at,
                "store",
                Event::Changed {
                    task: TASK,
                    old: None,
                    new: Some(pending(1)),
                },
            )
            .at(at, "client", accepted(TASK))
            .at(100, "store", Event::Rewound { to: 50 })
    };
    accepted_at(60).audited(&[]).holds(Promise::Accepted);
    accepted_at(40).audited(&[]).breaks(Promise::Accepted);
}

#[test]
fn a_request_has_one_task() {
    let two = |second| {
        History::new()
            .change(None, Some(pending(1)))
            .and(Event::Changed {
                task: OTHER,
                old: None,
                new: Some(pending(1)),
            })
            .and(accepted(TASK))
            .and(accepted(second))
    };
    two(OTHER).breaks(Promise::Retried);
    two(TASK).holds(Promise::Retried);
    let rows = |request: Option<&str>| {
        let second = Row {
            request: request.map(str::to_owned),
            ..pending(1)
        };
        History::new()
            .change(None, Some(of_request(pending(1))))
            .and(Event::Changed {
                task: OTHER,
                old: None,
                new: Some(second),
            })
    };
    rows(Some("r")).breaks(Promise::Retried);
    rows(Some("s")).holds(Promise::Retried);
}

#[test]
fn everything_ends_when_the_faults_have_stopped() {
    let later = |history: History| {
        let at = history.0.last().map_or(0, |last| last.at) + 100;
        history.at(at, "end", Event::Audited { blobs: false })
    };
    later(History::new().claimed().and(quiet())).breaks(Promise::Executed);
    let good = later(History::new().completed().and(quiet()));
    // The rows at that audit are none: what is judged here are the changes.
    assert!(
        !good.verdict().breaks(Promise::Executed) && good.verdict().judged.contains_key(&Promise::Executed)
    );
}

#[test]
fn what_the_dead_held_is_freed() {
    let dead = |crashed: &str| {
        let history = History::new()
            .and(Event::Beat {
                worker: WORKER,
                counter: 1,
                period: 10,
            })
            .claimed()
            .and(Event::Crashed {
                node: crashed.to_owned(),
            })
            .and(quiet());
        let at = history.0.last().map_or(0, |last| last.at) + 60;
        history.at(
            at,
            "end",
            Event::Fault {
                kind: "none".to_owned(),
            },
        )
    };
    dead("node").breaks(Promise::Executed);
    dead("another").holds(Promise::Executed);
}

#[test]
fn nothing_is_completed_that_never_ran() {
    let unrun = History::new()
        .change(None, Some(pending(1)))
        .change(Some(pending(1)), Some(processing(2, WORKER)))
        .change(Some(processing(2, WORKER)), Some(ended(3, Status::Completed)));
    unrun.breaks(Promise::Executed);
    History::new().completed().holds(Promise::Executed);
}

#[test]
fn a_lost_claim_finishes_nothing() {
    History::new()
        .completed()
        .wrote("complete", ZOMBIE, Answer::Done)
        .breaks(Promise::Fenced);
    History::new()
        .completed()
        .wrote("complete", WORKER, Answer::Done)
        .holds(Promise::Fenced);
    let twice = History::new()
        .completed()
        .wrote("complete", WORKER, Answer::Done)
        .wrote("complete", WORKER, Answer::Done);
    twice.breaks(Promise::Fenced);
}

#[test]
fn a_claim_that_holds_is_not_told_that_it_is_lost() {
    History::new()
        .claimed()
        .wrote("complete", WORKER, Answer::Lost)
        .breaks(Promise::Fenced);
    History::new()
        .claimed()
        .wrote("complete", ZOMBIE, Answer::Lost)
        .holds(Promise::Fenced);
}

#[test]
fn a_checkpoint_is_fenced() {
    History::new()
        .claimed()
        .wrote("checkpoint", ZOMBIE, Answer::Done)
        .breaks(Promise::Fenced);
    History::new()
        .claimed()
        .wrote("checkpoint", WORKER, Answer::Done)
        .holds(Promise::Fenced);
}

#[test]
fn progress_is_fenced() {
    let progressed = |worker, revision| {
        History::new().claimed().and(Event::Progressed {
            task: TASK,
            revision,
            worker,
            row: Row {
                tick: 1,
                ..processing(2, WORKER)
            },
        })
    };
    progressed(ZOMBIE, Some(2)).breaks(Promise::Fenced);
    progressed(WORKER, Some(1)).breaks(Promise::Fenced);
    progressed(WORKER, None).breaks(Promise::Fenced);
    progressed(WORKER, Some(2)).holds(Promise::Fenced);
}

#[test]
fn code_runs_for_claims_only() {
    History::new()
        .claimed()
        .and(began(ZOMBIE, false))
        .breaks(Promise::Fenced);
    History::new().claimed().holds(Promise::Fenced);
}

#[test]
fn every_change_is_one_of_the_table_and_raises_the_revision_by_one() {
    let from_claimed = |new: Row| {
        History::new()
            .claimed()
            .change(Some(processing(2, WORKER)), Some(new))
    };
    from_claimed(ended(4, Status::Completed)).breaks(Promise::Ended);
    from_claimed(ended(2, Status::Completed)).breaks(Promise::Ended);
    from_claimed(ended(3, Status::Completed)).holds(Promise::Ended);
    let again = |status| {
        History::new()
            .completed()
            .change(Some(ended(3, Status::Completed)), Some(ended(4, status)))
    };
    again(Status::Failed).breaks(Promise::Ended);
    again(Status::Pending).breaks(Promise::Ended);
    History::new()
        .change(None, Some(pending(2)))
        .breaks(Promise::Ended);
    History::new()
        .claimed()
        .change(Some(processing(2, WORKER)), None)
        .breaks(Promise::Ended);
}

#[test]
fn no_change_goes_untold() {
    let history = History::new()
        .claimed()
        .change(Some(processing(4, WORKER)), Some(ended(5, Status::Completed)));
    history.breaks(Promise::Ended);
}

#[test]
fn snapshots_never_go_back() {
    let seen = |second, status| {
        History::new()
            .claimed()
            .watched()
            .saw((2, 5), Status::Processing)
            .saw(second, status)
    };
    seen((2, 4), Status::Processing).breaks(Promise::Forward);
    seen((1, 9), Status::Pending).breaks(Promise::Forward);
    seen((2, 6), Status::Processing).holds(Promise::Forward);
}

#[test]
fn after_a_rewind_only_what_it_changed_may_go_back() {
    let rewound = |row: Row| {
        History::new()
            .claimed()
            .watched()
            .saw((2, 0), Status::Processing)
            .and(Event::Rewound { to: 2 })
            .audited(&[(TASK, row)])
            .saw((1, 0), Status::Pending)
    };
    rewound(pending(1)).holds(Promise::Forward);
    rewound(processing(2, WORKER)).breaks(Promise::Forward);
}

#[test]
fn nothing_is_told_that_was_never_committed() {
    let history = || History::new().claimed().watched();
    history().saw((3, 0), Status::Completed).breaks(Promise::Forward);
    history().saw((2, 0), Status::Completed).breaks(Promise::Forward);
    history().saw((2, 0), Status::Processing).holds(Promise::Forward);
}

#[test]
fn a_fraction_never_falls_within_a_claim() {
    let told = |tick, fraction| Event::Saw {
        watch: 1,
        task: TASK,
        version: (2, tick),
        status: Status::Processing,
        fraction: Some(fraction),
        newest: None,
    };
    let history = |second| {
        History::new()
            .claimed()
            .watched()
            .and(told(1, 0.5))
            .and(told(2, second))
    };
    history(0.4).breaks(Promise::Forward);
    history(0.5).holds(Promise::Forward);
}

#[test]
fn a_watch_ends_with_the_end() {
    let told = |last, status| {
        History::new()
            .completed()
            .watched()
            .saw(last, status)
            .and(closed(Close::End))
    };
    told((2, 0), Status::Processing).breaks(Promise::Told);
    told((3, 0), Status::Completed).holds(Promise::Told);
}

#[test]
fn gone_is_said_of_what_is_gone() {
    let end = || Some(ended(3, Status::Completed));
    History::new()
        .completed()
        .watched()
        .and(closed(Close::Gone))
        .breaks(Promise::Told);
    let good = History::new()
        .completed()
        .watched()
        .change(end(), None)
        .and(closed(Close::Gone));
    good.holds(Promise::Told);
}

#[test]
fn no_watcher_misses_the_end() {
    let history = |history: History| {
        let history = history.and(quiet());
        let at = history.0.last().map_or(0, |last| last.at) + 100;
        history.at(
            at,
            "end",
            Event::Fault {
                kind: "none".to_owned(),
            },
        )
    };
    let open = || {
        History::new()
            .completed()
            .watched()
            .saw((2, 0), Status::Processing)
    };
    history(open()).breaks(Promise::Told);
    let told = open().saw((3, 0), Status::Completed).and(closed(Close::End));
    history(told).holds(Promise::Told);
}

#[test]
fn a_late_watcher_gets_the_newest() {
    let told = |newest| {
        History::new().claimed().watched().and(Event::Saw {
            watch: 1,
            task: TASK,
            version: (2, 3),
            status: Status::Processing,
            fraction: None,
            newest: Some(newest),
        })
    };
    told((2, 4)).breaks(Promise::Bounded);
    told((2, 3)).holds(Promise::Bounded);
}

#[test]
fn other_bytes_are_never_handed_out() {
    History::new()
        .completed()
        .and(read_result(Bytes::Wrong))
        .breaks(Promise::Verified);
    History::new()
        .completed()
        .and(read_result(Bytes::Sound))
        .holds(Promise::Verified);
}

#[test]
fn what_a_row_names_is_there_and_whole() {
    let audited = |key: String, sound| {
        History::new()
            .and(stored(upload()))
            .change(None, Some(with_input(pending(1))))
            .and(Event::Row {
                task: TASK,
                row: with_input(pending(1)),
            })
            .and(Event::Blob { key, age: 5, sound })
            .and(Event::Audited { blobs: true })
    };
    audited(artifact(), None).breaks(Promise::Verified);
    audited(upload(), Some(false)).breaks(Promise::Verified);
    audited(upload(), Some(true)).holds(Promise::Verified);
}

#[test]
fn nothing_that_a_row_names_is_removed() {
    let history = |row: Row| {
        History::new()
            .and(stored(upload()))
            .change(None, Some(row))
            .and(removed(upload(), 5, None))
    };
    history(with_input(pending(1))).breaks(Promise::Swept);
    history(pending(1)).holds(Promise::Swept);
}

#[test]
fn the_sweep_spares_what_is_young() {
    let swept = |age| {
        History::new()
            .and(stored(upload()))
            .and(removed(upload(), age, Some(100)))
    };
    swept(99).breaks(Promise::Swept);
    swept(100).holds(Promise::Swept);
}

#[test]
fn the_sweep_spares_what_a_running_claim_writes() {
    let swept = |history: History| {
        history
            .and(stored(artifact()))
            .and(removed(artifact(), 500, Some(100)))
    };
    swept(History::new().claimed()).breaks(Promise::Swept);
    swept(History::new().cancelled()).holds(Promise::Swept);
}

#[test]
fn a_sweep_leaves_no_orphan() {
    let left = |age| {
        History::new()
            .and(Event::Swept { grace: 100 })
            .and(Event::Blob {
                key: upload(),
                age,
                sound: None,
            })
            .and(Event::Audited { blobs: true })
    };
    left(300).breaks(Promise::Swept);
    left(50).holds(Promise::Swept);
}

#[test]
fn artifacts_are_durable_before_the_task_is_completed() {
    let completed = |history: History| {
        let end = with_artifact(ended(3, Status::Completed));
        history.claimed().change(Some(processing(2, WORKER)), Some(end))
    };
    completed(History::new()).breaks(Promise::Result);
    completed(History::new().and(stored(artifact()))).holds(Promise::Result);
}

#[test]
fn whoever_was_told_of_the_result_can_read_it() {
    History::new()
        .completed()
        .and(read_result(Bytes::Missing))
        .breaks(Promise::Result);
    History::new()
        .completed()
        .and(read_result(Bytes::Sound))
        .holds(Promise::Result);
    let deleted = History::new()
        .completed()
        .and(Event::Deleting { task: TASK })
        .and(read_result(Bytes::Missing));
    deleted.holds(Promise::Result);
}

#[test]
fn cancel_is_final() {
    let then = |status| {
        History::new()
            .cancelled()
            .change(Some(ended(3, Status::Cancelled)), Some(ended(4, status)))
    };
    then(Status::Completed).breaks(Promise::Cancelled);
    then(Status::Pending).holds(Promise::Cancelled);
}

#[test]
fn an_acknowledged_cancel_was_made() {
    let cancelled = Event::Cancelled {
        task: TASK,
        revision: 3,
    };
    History::new()
        .completed()
        .and(cancelled.clone())
        .breaks(Promise::Cancelled);
    History::new()
        .cancelled()
        .and(cancelled)
        .holds(Promise::Cancelled);
}

#[test]
fn a_cancel_stands_at_the_audit_of_a_history_without_rows() {
    let audited = |row: Row| {
        History(Vec::new())
            .and(Event::Cancelled {
                task: TASK,
                revision: 3,
            })
            .audited(&[(TASK, row)])
    };
    audited(ended(4, Status::Completed)).breaks(Promise::Cancelled);
    audited(ended(3, Status::Cancelled)).holds(Promise::Cancelled);
}

#[test]
fn nobody_is_convicted_within_three_periods_of_a_beat() {
    let buried = |at| {
        History::new()
            .at(
                10,
                "other",
                Event::Beat {
                    worker: WORKER,
                    counter: 1,
                    period: 100,
                },
            )
            .at(
                at,
                "node",
                Event::Buried {
                    worker: WORKER,
                    own: false,
                    asked: at,
                },
            )
    };
    buried(300).breaks(Promise::Clocks);
    buried(310).holds(Promise::Clocks);
}

#[test]
fn only_the_beat_that_the_store_holds_counts() {
    let beat = |counter| Event::Beat {
        worker: WORKER,
        counter,
        period: 100,
    };
    let buried = |second: Event, last: u64, at| {
        History::new()
            .at(10, "other", beat(2))
            .at(150, "other", beat(last))
            .at(160, "store", second)
            .at(
                at,
                "node",
                Event::Buried {
                    worker: WORKER,
                    own: false,
                    asked: at,
                },
            )
    };
    let nothing = || Event::Fault {
        kind: "nothing".to_owned(),
    };
    buried(nothing(), 3, 400).breaks(Promise::Clocks);
    // An older counter never replaces a newer one.
    buried(nothing(), 1, 400).holds(Promise::Clocks);
    buried(nothing(), 1, 300).breaks(Promise::Clocks);
    // A rewind forgets the beats that came after the backup, and no others.
    assert!(buried(Event::Rewound { to: 100 }, 3, 400).verdict().holds());
    buried(Event::Rewound { to: 155 }, 3, 400).breaks(Promise::Clocks);
}

#[test]
fn a_failed_look_starts_anew() {
    let buried = |at| {
        History::new()
            .at(
                10,
                "other",
                Event::Beat {
                    worker: WORKER,
                    counter: 1,
                    period: 100,
                },
            )
            .at(
                200,
                "node",
                Event::Missed {
                    verb: "workers".to_owned(),
                },
            )
            .at(
                at,
                "node",
                Event::Buried {
                    worker: WORKER,
                    own: false,
                    asked: at,
                },
            )
    };
    buried(400).breaks(Promise::Clocks);
    buried(500).holds(Promise::Clocks);
}

#[test]
fn a_refusal_takes_no_bytes_and_is_typed() {
    let refused = |bytes, typed| {
        History::new().and(Event::Refused {
            request: "r".to_owned(),
            bytes,
            typed,
        })
    };
    refused(1, true).breaks(Promise::Refused);
    refused(0, false).breaks(Promise::Refused);
    refused(0, true).holds(Promise::Refused);
}

#[test]
fn nothing_is_accepted_after_a_failed_sync() {
    let before = || History::new().change(None, Some(pending(1)));
    before()
        .and(Event::Failstop)
        .and(sent())
        .and(accepted(TASK))
        .breaks(Promise::Stopped);
    before()
        .and(sent())
        .and(Event::Failstop)
        .and(accepted(TASK))
        .holds(Promise::Stopped);
}

#[test]
fn giving_back_costs_no_attempt() {
    let released = |attempt| {
        let back = Row {
            attempt,
            ..pending(3)
        };
        History::new()
            .claimed()
            .change(Some(processing(2, WORKER)), Some(back))
            .wrote("release", WORKER, Answer::Done)
    };
    released(1).breaks(Promise::Graceful);
    released(0).holds(Promise::Graceful);
}

#[test]
fn a_rescue_costs_no_attempt() {
    let rescued = |attempt| {
        let back = Row {
            attempt,
            rescues: 1,
            ..pending(3)
        };
        History::new()
            .claimed()
            .change(Some(processing(2, WORKER)), Some(back))
    };
    rescued(1).breaks(Promise::Graceful);
    rescued(0).holds(Promise::Graceful);
}

#[test]
fn two_suspects_never_run_beside_each_other() {
    let other = Event::Began {
        task: OTHER,
        revision: 2,
        worker: WORKER,
        suspect: true,
    };
    let claims = || {
        History::new()
            .claimed()
            .and(Event::Changed {
                task: OTHER,
                old: None,
                new: Some(pending(1)),
            })
            .and(Event::Changed {
                task: OTHER,
                old: Some(pending(1)),
                new: Some(processing(2, WORKER)),
            })
            .and(began(WORKER, true))
    };
    claims().and(other.clone()).breaks(Promise::Neighbours);
    let end = Event::Ended {
        task: TASK,
        revision: 2,
        worker: WORKER,
    };
    claims().and(end).and(other).holds(Promise::Neighbours);
}

#[test]
fn another_owners_task_is_not_there() {
    let tried = |denied| {
        History::new().and(Event::Trespassed {
            task: TASK,
            verb: "get".to_owned(),
            denied,
        })
    };
    tried(false).breaks(Promise::Private);
    tried(true).holds(Promise::Private);
}

#[test]
fn a_history_is_read_as_it_was_written() {
    let history = History::new()
        .completed()
        .wrote("complete", WORKER, Answer::Done)
        .watched()
        .saw((3, 0), Status::Completed)
        .and(closed(Close::End));
    let mut lines = Vec::new();
    history::write(&mut lines, &history.0).unwrap();
    let again: Vec<Entry> = history::read(BufReader::new(&*lines))
        .map(Result::unwrap)
        .collect();
    assert_eq!(again, history.0);
    let error = history::read("{\n".as_bytes()).next().unwrap().unwrap_err();
    assert_eq!(error.to_string(), "line 1 is not an entry of a history");
}
