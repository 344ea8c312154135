//! The store's account: after every call, which rows differ.

use std::sync::atomic::Ordering;

use leyline_core::store::{Beat, Dead, ListQuery, Result, Seen};
use leyline_core::{Claim, Status, Task, TaskId};
use serde::Deserialize;

use super::world::{World, locked};
use crate::history::{Answer, Event, Row};

/// What a call was about, as far as the account needs it.
pub(super) enum Note {
    /// It changes nothing.
    Read,
    Insert(Vec<TaskId>),
    Write,
    /// Fenced: each claim, and the verb.
    Fenced(Vec<(&'static str, Claim)>),
    Beat(Beat),
    Rescue {
        dead: Vec<Dead>,
        asked: u64,
    },
}

#[derive(Deserialize)]
struct Params {
    request: String,
}

/// The row of a task as histories keep it. The request is in the params, so that one is known without a key too.
pub(super) fn row(task: &Task) -> Row {
    let params: Option<Params> = task.params.to().ok();
    Row {
        request: params.map(|params| params.request),
        ..Row::from(task)
    }
}

impl World {
    /// Tells what a call has changed. `who` made it.
    pub(super) async fn account(&self, who: &str, note: &Note, answers: &[Answer]) {
        if let Note::Beat(beat) = note {
            self.record(
                who,
                Event::Beat {
                    worker: beat.worker,
                    counter: beat.counter,
                    period: beat.period.as_millis() as u64,
                },
            );
        }
        let seen = self.seen(note);
        let Ok(changes) = self.store.changed_since(&seen).await else {
            return;
        };
        for task in &changes.tasks {
            self.changed(who, note, task);
        }
        for id in changes.gone {
            if let Some(old) = locked(&self.rows).remove(&id) {
                self.record(
                    who,
                    Event::Changed {
                        task: id,
                        old: Some(old),
                        new: None,
                    },
                );
            }
        }
        if let Note::Fenced(writes) = note {
            for ((verb, claim), answer) in writes.iter().zip(answers) {
                self.record(
                    who,
                    Event::Wrote {
                        verb: (*verb).to_owned(),
                        task: claim.id,
                        revision: claim.revision,
                        worker: claim.worker,
                        answer: *answer,
                    },
                );
            }
        }
    }

    /// The rows as they are known, and those that may be new.
    fn seen(&self, note: &Note) -> Vec<Seen> {
        let rows = locked(&self.rows);
        let known = rows.iter().map(|(id, row)| Seen {
            id: *id,
            revision: row.revision,
            status: row.status,
            tick: row.tick,
        });
        let mut seen: Vec<Seen> = known.collect();
        if let Note::Insert(ids) = note {
            let new = ids.iter().filter(|id| !rows.contains_key(id));
            seen.extend(new.map(|id| Seen {
                id: *id,
                revision: 0,
                status: Status::Pending,
                tick: 0,
            }));
        }
        seen
    }

    fn changed(&self, who: &str, note: &Note, task: &Task) {
        let new = row(task);
        let old = locked(&self.rows).insert(task.id, new.clone());
        let same = |old: &Row| (old.revision, old.status) == (new.revision, new.status);
        let event = match note {
            Note::Beat(beat) if old.as_ref().is_some_and(same) => {
                let held = beat.held.iter().find(|held| held.id == task.id);
                Event::Progressed {
                    task: task.id,
                    revision: held.map(|held| held.revision),
                    worker: beat.worker,
                    row: new,
                }
            }
            _ => Event::Changed {
                task: task.id,
                old,
                new: Some(new),
            },
        };
        self.record(who, event);
    }

    /// Every row, by the store's own list.
    pub(super) async fn all(&self) -> Result<Vec<Task>> {
        let mut query = ListQuery::new();
        query.limit = 200;
        let mut tasks = Vec::new();
        loop {
            let page = self.store.list(&query).await?;
            tasks.extend(page.tasks);
            match page.next {
                Some(next) => query.after = Some(next),
                None => return Ok(tasks),
            }
        }
    }

    /// An audit: every row, and every blob if it is the last.
    pub(super) async fn audit(&self, blobs: bool) {
        let tasks = self.all().await.unwrap_or_default();
        let mut rows = std::collections::BTreeMap::new();
        for task in &tasks {
            rows.insert(task.id, row(task));
        }
        for (task, row) in &rows {
            self.record(
                "audit",
                Event::Row {
                    task: *task,
                    row: row.clone(),
                },
            );
        }
        if blobs {
            self.audit_blobs(&tasks);
        }
        *locked(&self.rows) = rows;
        self.record("audit", Event::Audited { blobs });
    }

    /// The store goes down; what it had not made durable is lost.
    pub(super) async fn crash_store(&self) {
        let _effects = self.effects.lock().await;
        self.down.store(true, Ordering::Relaxed);
        self.outage.fetch_add(1, Ordering::Relaxed);
        let durable = locked(&self.durable).take();
        if let Some(image) = durable.filter(|_| self.dice.chance(0.7)) {
            self.count("beats lost");
            self.backing.restore(&image);
            self.record(
                "store",
                Event::Fault {
                    kind: "beats-lost".to_owned(),
                },
            );
            if let Ok(tasks) = self.all().await {
                let rows = tasks.iter().map(|task| (task.id, row(task)));
                *locked(&self.rows) = rows.collect();
            }
        }
    }

    /// The store is put back to an older state, and comes back.
    pub(super) async fn rewind(&self, image: &super::backing::Image, to: u64) {
        let _effects = self.effects.lock().await;
        self.outage.fetch_add(1, Ordering::Relaxed);
        locked(&self.durable).take();
        self.backing.restore(image);
        self.record("store", Event::Rewound { to });
        self.audit(false).await;
    }
}
