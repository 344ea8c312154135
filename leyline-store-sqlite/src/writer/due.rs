//! Tasks that this process wrote, or was told of, and that are claimable later. A hint: what is forgotten here is found by a poll.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;

/// Times remembered: the earliest. Later ones than these are forgotten.
const MOST: usize = 1024;

/// Shortest wait for a time, so that a clock which stands still costs little.
const SHORTEST: Duration = Duration::from_millis(5);

#[derive(Debug, Default)]
pub(super) struct Due(BTreeSet<Timestamp>);

impl Due {
    /// The same time twice is one time to wake at.
    pub(super) fn add(&mut self, time: Timestamp) {
        self.0.insert(time);
        if self.0.len() > MOST {
            self.0.pop_last();
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Takes over what the other one remembers.
    pub(super) fn merge(&mut self, other: Self) {
        other.0.into_iter().for_each(|time| self.add(time));
    }

    /// How long until the next one.
    pub(super) fn wait(&self, now: Timestamp) -> Option<Duration> {
        let wait = Duration::try_from(self.0.first()?.duration_since(now)).unwrap_or_default();
        Some(wait.max(SHORTEST))
    }

    /// Forgets those that are due; whether there were any.
    pub(super) fn take(&mut self, now: Timestamp) -> bool {
        let before = self.0.len();
        while self.0.first().is_some_and(|next| *next <= now) {
            self.0.pop_first();
        }
        self.0.len() < before
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("a second of this century")
    }

    #[test]
    fn the_next_one_is_waited_for_and_taken_once() {
        let mut due = Due::default();
        due.add(at(20));
        due.add(at(10));
        assert_eq!(due.wait(at(7)), Some(Duration::from_secs(3)));
        assert!(!due.take(at(9)));
        assert!(due.take(at(10)));
        assert!(!due.take(at(10)));
        assert_eq!(due.wait(at(10)), Some(Duration::from_secs(10)));
    }

    #[test]
    fn one_that_is_past_is_waited_for_shortly_and_not_at_all_when_there_is_none() {
        let mut due = Due::default();
        assert_eq!(due.wait(at(0)), None);
        due.add(at(1));
        assert_eq!(due.wait(at(5)), Some(SHORTEST));
    }

    #[test]
    fn an_early_one_is_remembered_however_many_late_ones_came_before() {
        let mut due = Due::default();
        let most = i64::try_from(MOST).expect("it is small");
        (0..2 * most).for_each(|later| due.add(at(1000 + later)));
        due.add(at(10));
        assert_eq!(due.wait(at(7)), Some(Duration::from_secs(3)));
        assert!(due.take(at(10)));
        assert_eq!(due.0.len(), MOST - 1, "the latest is forgotten for it");
        assert_eq!(due.0.last(), Some(&at(1000 + most - 2)));
    }
}
