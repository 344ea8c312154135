//! Tasks that this process wrote and that are claimable later. A hint: what is forgotten here is found by a poll.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

use jiff::Timestamp;

/// Times remembered; later ones than these are forgotten.
const MOST: usize = 1024;

/// Shortest wait for a time, so that a clock which stands still costs little.
const SHORTEST: Duration = Duration::from_millis(5);

#[derive(Debug, Default)]
pub(super) struct Due(BinaryHeap<Reverse<Timestamp>>);

impl Due {
    pub(super) fn add(&mut self, time: Timestamp) {
        if self.0.len() < MOST {
            self.0.push(Reverse(time));
        }
    }

    /// How long until the next one.
    pub(super) fn wait(&self, now: Timestamp) -> Option<Duration> {
        let Reverse(next) = self.0.peek()?;
        let wait = Duration::try_from(next.duration_since(now)).unwrap_or_default();
        Some(wait.max(SHORTEST))
    }

    /// Forgets those that are due; whether there were any.
    pub(super) fn take(&mut self, now: Timestamp) -> bool {
        let before = self.0.len();
        while self.0.peek().is_some_and(|Reverse(next)| *next <= now) {
            self.0.pop();
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
}
