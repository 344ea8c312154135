//! P13: a worker is convicted only by four looks, each its own period after the last, none of them failed, all after its
//! last beat. So at least three periods pass between its last beat, or the observer's last failure, and its burial.

use std::collections::BTreeMap;

use leyline_core::WorkerId;

use super::judge::Rule;
use super::known::Known;
use super::promise::Promise;
use super::verdict::Found;
use crate::history::{Entry, Event};

/// Times are kept in whole milliseconds.
const SLACK: u64 = 2;

/// Who beat, and who failed to look.
#[derive(Default)]
pub(super) struct Clocks {
    /// The beat that each worker's row holds.
    beats: BTreeMap<WorkerId, Last>,
    /// When each node began, and when it failed to beat or look.
    failed: BTreeMap<String, Vec<u64>>,
}

#[derive(Clone, Copy)]
struct Last {
    at: u64,
    counter: u64,
    period: u64,
}

impl Rule for Clocks {
    fn promise(&self) -> Promise {
        Promise::Clocks
    }

    fn take(&mut self, entry: &Entry, known: &Known, found: &mut Found<'_>) {
        match &entry.event {
            Event::Beat {
                worker,
                counter,
                period,
            } => self.beat(*worker, entry.at, *counter, *period),
            Event::Missed { .. } => {
                self.failed.entry(entry.who.clone()).or_default().push(entry.at);
            }
            Event::Started { node, .. } => {
                self.failed.entry(node.clone()).or_default().push(entry.at);
            }
            // Which beats those were is not told.
            Event::Fault { kind } if kind == "beats-lost" => self.beats.clear(),
            // Nobody can know of a beat that the store has forgotten.
            Event::Rewound { to } => self.beats.retain(|_, last| last.at <= *to),
            Event::Buried {
                worker,
                own: false,
                asked,
            } if known.accounts.beats => {
                let Some(Last { at: beat, period, .. }) = self.beats.get(worker).copied() else {
                    return;
                };
                let failures = self.failed.get(&entry.who).into_iter().flatten();
                let failed = failures.rev().find(|at| *at <= asked).copied().unwrap_or(0);
                let since = asked.saturating_sub(beat.max(failed));
                found.judge(None, since + SLACK >= 3 * period, || {
                    format!(
                        "{} took {worker} for dead {since} ms after its last beat or a failed look, with a period of {period} ms",
                        entry.who
                    )
                });
            }
            _ => {}
        }
    }
}

impl Clocks {
    /// A beat that comes late, after a newer one, changes nothing in the store: nobody sees it.
    fn beat(&mut self, worker: WorkerId, at: u64, counter: u64, period: u64) {
        let known = self.beats.get(&worker);
        if known.is_none_or(|last| counter > last.counter) {
            self.beats.insert(worker, Last { at, counter, period });
        }
    }
}
