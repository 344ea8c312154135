//! Which calls fail, and how.

use std::collections::BTreeMap;

use leyline_core::Env;

use super::Method;
use crate::clock::ManualClock;

/// How a call fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// [`Unavailable`](leyline_core::store::Error::Unavailable), and nothing was done.
    Unavailable,
    /// [`Unknown`](leyline_core::store::Error::Unknown), though it was done: the answer got lost.
    UnknownDone,
    /// [`Unknown`](leyline_core::store::Error::Unknown), and nothing was done: the call got lost.
    UnknownUndone,
    /// It was done, and the answer never comes.
    SilentDone,
    /// Nothing was done, and no answer ever comes.
    SilentUndone,
}

/// Which calls fail, counted from when the fault was planned.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum When {
    /// All of them.
    Always,
    /// The next so many.
    Next(u64),
    /// Only this one; 1 is the next call.
    Nth(u64),
    /// The first, the third, and so on, so that whoever sends again gets through.
    EveryOther,
    /// Each with this probability, from 0 to 1, drawn from the store's seed.
    Odds(f64),
}

#[derive(Debug)]
struct Rule {
    method: Option<Method>,
    fault: Fault,
    when: When,
    calls: u64,
}

/// The rules, and what was counted.
#[derive(Debug)]
pub(super) struct Plan {
    rules: Vec<Rule>,
    calls: BTreeMap<Method, u64>,
    faults: BTreeMap<Method, u64>,
    draws: Env,
    pub(super) deaf: bool,
}

impl Plan {
    pub(super) fn seeded(seed: u64) -> Self {
        Self {
            rules: Vec::new(),
            calls: BTreeMap::new(),
            faults: BTreeMap::new(),
            draws: Env::seeded(ManualClock::new(), seed),
            deaf: false,
        }
    }

    pub(super) fn add(&mut self, method: Option<Method>, fault: Fault, when: When) {
        self.rules.push(Rule {
            method,
            fault,
            when,
            calls: 0,
        });
    }

    pub(super) fn clear(&mut self) {
        self.rules.clear();
        self.deaf = false;
    }

    pub(super) fn calls(&self, method: Method) -> u64 {
        self.calls.get(&method).copied().unwrap_or(0)
    }

    pub(super) fn faults(&self, method: Method) -> u64 {
        self.faults.get(&method).copied().unwrap_or(0)
    }

    /// Counts a call and says how it fails. Every rule for the method counts it; the first that applies decides.
    pub(super) fn decide(&mut self, method: Method) -> Option<Fault> {
        *self.calls.entry(method).or_default() += 1;
        let mut decided = None;
        for rule in &mut self.rules {
            if rule.method.is_none_or(|of| of == method) && rule.applies(&self.draws) {
                decided = decided.or(Some(rule.fault));
            }
        }
        if decided.is_some() {
            *self.faults.entry(method).or_default() += 1;
        }
        decided
    }
}

impl Rule {
    fn applies(&mut self, draws: &Env) -> bool {
        self.calls += 1;
        match self.when {
            When::Always => true,
            When::Next(n) => self.calls <= n,
            When::Nth(n) => self.calls == n,
            When::EveryOther => !self.calls.is_multiple_of(2),
            When::Odds(odds) => draws.random_fraction() < odds,
        }
    }
}
