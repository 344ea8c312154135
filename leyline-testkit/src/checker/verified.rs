//! P9: nobody is handed other bytes than those that were accepted, and what rows name is there, whole.

use super::judge::Rule;
use super::known::Known;
use super::promise::Promise;
use super::verdict::Found;
use crate::history::{Bytes, Entry, Event};

/// Nothing is remembered.
#[derive(Default)]
pub(super) struct Verified;

impl Rule for Verified {
    fn promise(&self) -> Promise {
        Promise::Verified
    }

    fn take(&mut self, entry: &Entry, known: &Known, found: &mut Found<'_>) {
        match &entry.event {
            Event::Read {
                task, name, answer, ..
            } => {
                found.of(*task, *answer != Bytes::Wrong, || {
                    format!("{name}: other bytes were handed out as right")
                });
            }
            Event::Audited { blobs: true } => audited(known, found),
            _ => {}
        }
    }
}

fn audited(known: &Known, found: &mut Found<'_>) {
    for (task, row) in &known.audit.rows {
        if known.disturbed.contains(task) {
            continue;
        }
        for key in row.blobs() {
            let sound = known.audit.blobs.get(key).map(|(_, sound)| *sound);
            found.of(
                *task,
                sound.is_some_and(|sound| sound != Some(false)),
                || match sound {
                    None => format!("the row names {key}, which is not there"),
                    Some(_) => format!("{key} is damaged"),
                },
            );
        }
    }
}
