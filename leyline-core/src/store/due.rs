//! When tasks that were written fall due: for a store that wakes workers then. A hint: what is forgotten here is found by a
//! poll (invariant 1).

use std::collections::BTreeSet;

/// Times remembered: the earliest. Later ones than these are forgotten.
const MOST: usize = 1024;

/// The times at which tasks written by this process can be claimed, by whatever clock the store waits. The earliest 1,024 are
/// remembered; the same time twice is one time to wake at.
#[derive(Debug, Clone)]
pub struct Due<T>(BTreeSet<T>);

impl<T> Default for Due<T> {
    fn default() -> Self {
        Self(BTreeSet::new())
    }
}

impl<T: Ord + Copy> Due<T> {
    /// Remembers a time.
    pub fn add(&mut self, time: T) {
        self.0.insert(time);
        if self.0.len() > MOST {
            self.0.pop_last();
        }
    }

    /// Takes over what the other one remembers.
    pub fn merge(&mut self, other: Self) {
        other.0.into_iter().for_each(|time| self.add(time));
    }

    /// The earliest.
    pub fn next(&self) -> Option<T> {
        self.0.first().copied()
    }

    /// Forgets those that have come by `now`; whether there were any.
    pub fn take(&mut self, now: T) -> bool {
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

    #[test]
    fn the_next_one_is_told_and_taken_once() {
        let mut due = Due::default();
        due.add(20);
        due.add(10);
        assert_eq!(due.next(), Some(10));
        assert!(!due.take(9));
        assert!(due.take(10));
        assert!(!due.take(10));
        assert_eq!(due.next(), Some(20));
        assert!(due.take(30));
        assert_eq!(due.next(), None);
    }

    #[test]
    fn an_early_one_is_remembered_however_many_late_ones_came_before() {
        let mut due = Due::default();
        (0..2 * MOST).for_each(|later| due.add(1000 + later));
        due.add(10);
        assert_eq!(due.next(), Some(10));
        assert!(due.take(10));
        assert_eq!(due.0.len(), MOST - 1, "the latest is forgotten for it");
        assert_eq!(due.0.last(), Some(&(1000 + MOST - 2)));
    }
}
