//! The checker: hands every entry to every rule.

use super::known::Known;
use super::promise::Promise;
use super::verdict::{Found, Verdict};
use super::{
    accepted, bounded, cancelled, clocks, ended, executed, fenced, forward, graceful, neighbours, private,
    refused, result, retried, stopped, swept, told, verified,
};
use crate::history::{Entry, Event, Row};

/// How one promise is judged.
pub(super) trait Rule: Send {
    /// Which.
    fn promise(&self) -> Promise;

    /// Takes one entry in; `known` has it already.
    fn take(&mut self, entry: &Entry, known: &Known, found: &mut Found<'_>);

    /// The history is over.
    fn end(&mut self, known: &Known, found: &mut Found<'_>) {
        let _ = (known, found);
    }
}

/// Judges a history, entry by entry.
pub struct Checker {
    known: Known,
    rules: Vec<Box<dyn Rule>>,
    verdict: Verdict,
}

impl Checker {
    /// A checker of every promise.
    pub fn new() -> Self {
        Self {
            known: Known::default(),
            rules: vec![
                Box::<accepted::Accepted>::default(),
                Box::<retried::Retried>::default(),
                Box::<executed::Executed>::default(),
                Box::<fenced::Fenced>::default(),
                Box::<ended::Ended>::default(),
                Box::<forward::Forward>::default(),
                Box::<told::Told>::default(),
                Box::<bounded::Bounded>::default(),
                Box::<verified::Verified>::default(),
                Box::<swept::Swept>::default(),
                Box::<result::Results>::default(),
                Box::<cancelled::Cancelled>::default(),
                Box::<clocks::Clocks>::default(),
                Box::<refused::Refused>::default(),
                Box::<stopped::Stopped>::default(),
                Box::<graceful::Graceful>::default(),
                Box::<neighbours::Neighbours>::default(),
                Box::<private::Private>::default(),
            ],
            verdict: Verdict::default(),
        }
    }

    /// Takes in the next entry.
    pub fn take(&mut self, entry: &Entry) {
        self.verdict.entries += 1;
        self.known.take(entry);
        for rule in &mut self.rules {
            let mut found = Found {
                promise: rule.promise(),
                verdict: &mut self.verdict,
                known: &self.known,
            };
            rule.take(entry, &self.known, &mut found);
        }
    }

    /// What the history shows.
    pub fn finish(mut self) -> Verdict {
        for rule in &mut self.rules {
            let mut found = Found {
                promise: rule.promise(),
                verdict: &mut self.verdict,
                known: &self.known,
            };
            rule.end(&self.known, &mut found);
        }
        self.verdict
    }
}

impl Default for Checker {
    fn default() -> Self {
        Self::new()
    }
}

impl std::fmt::Debug for Checker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Checker")
            .field("verdict", &self.verdict)
            .finish_non_exhaustive()
    }
}

/// Judges a whole history.
pub fn check<'a>(history: impl IntoIterator<Item = &'a Entry>) -> Verdict {
    let mut checker = Checker::new();
    history.into_iter().for_each(|entry| checker.take(entry));
    checker.finish()
}

/// The blobs that a change newly names.
pub(super) fn newly_named(event: &Event) -> impl Iterator<Item = &String> {
    let (old, new) = match event {
        Event::Changed {
            old, new: Some(new), ..
        } => (old.as_ref(), Some(new)),
        _ => (None, None),
    };
    let known = move |key: &&String| !old.is_some_and(|old| old.blobs().any(|named| named == *key));
    new.into_iter().flat_map(Row::blobs).filter(known)
}
