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
    /// When each worker last beat, and its period.
    beats: BTreeMap<WorkerId, (u64, u64)>,
    /// When each node last began, or failed to beat or look.
    failed: BTreeMap<String, u64>,
}

impl Rule for Clocks {
    fn promise(&self) -> Promise {
        Promise::Clocks
    }

    fn take(&mut self, entry: &Entry, known: &Known, found: &mut Found<'_>) {
        match &entry.event {
            Event::Beat { worker, period, .. } => {
                self.beats.insert(*worker, (entry.at, *period));
            }
            Event::Missed { .. } => {
                self.failed.insert(entry.who.clone(), entry.at);
            }
            Event::Started { node, .. } => {
                self.failed.insert(node.clone(), entry.at);
            }
            Event::Buried { worker, own: false } if known.accounts.beats => {
                let Some((beat, period)) = self.beats.get(worker).copied() else {
                    return;
                };
                let failed = self.failed.get(&entry.who).copied().unwrap_or(0);
                let since = entry.at.saturating_sub(beat.max(failed));
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
