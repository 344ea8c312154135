//! P14: a refusal that needs no byte takes none, and is of the documented form.

use super::judge::Rule;
use super::known::Known;
use super::promise::Promise;
use super::verdict::Found;
use crate::history::{Entry, Event};

/// Nothing is remembered.
#[derive(Default)]
pub(super) struct Refused;

impl Rule for Refused {
    fn promise(&self) -> Promise {
        Promise::Refused
    }

    fn take(&mut self, entry: &Entry, _: &Known, found: &mut Found<'_>) {
        if let Event::Refused {
            request,
            bytes,
            typed,
        } = &entry.event
        {
            found.judge(None, *bytes == 0 && *typed, || {
                format!("{request} was refused after {bytes} bytes, typed: {typed}")
            });
        }
    }
}
