//! Telling progress: the latest value wins, and telling it costs nanoseconds.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::task::{Progress, TaskId, label};

/// Longest unit, in bytes.
const MAX_UNIT_BYTES: usize = 32;
/// Longest phase, in bytes.
const MAX_PHASE_BYTES: usize = 64;

/// Tells how far the work is. Synchronous; never blocks on anything but another call on the same task; values that come
/// faster than they are sent replace each other.
#[derive(Clone)]
pub struct ProgressHandle(Arc<ProgressCell>);

/// One claim's progress.
pub(crate) struct ProgressCell {
    pub(crate) id: TaskId,
    pub(crate) revision: u64,
    value: Mutex<Progress>,
    /// On the board already.
    listed: AtomicBool,
    closed: AtomicBool,
    board: Arc<ProgressBoard>,
}

/// Where cells that changed are listed for the engine, in the order in which they changed.
#[derive(Default)]
pub(crate) struct ProgressBoard {
    listed: Mutex<Vec<Arc<ProgressCell>>>,
    pub(crate) changed: Notify,
}

/// The fields that one call changes; see [`ProgressHandle::update`].
#[derive(Default)]
pub struct ProgressUpdate(Progress);

impl ProgressBoard {
    /// Takes the list.
    pub(crate) fn take(&self) -> Vec<Arc<ProgressCell>> {
        let cells = std::mem::take(&mut *self.listed.lock().unwrap_or_else(PoisonError::into_inner));
        for cell in &cells {
            // Before the value is read: a change after this lists the cell again.
            cell.listed.store(false, Ordering::Release);
        }
        cells
    }
}

impl ProgressCell {
    pub(crate) fn new(id: TaskId, revision: u64, board: Arc<ProgressBoard>) -> Arc<Self> {
        Arc::new(Self {
            id,
            revision,
            value: Mutex::default(),
            listed: AtomicBool::new(false),
            closed: AtomicBool::new(false),
            board,
        })
    }

    /// The value now.
    pub(crate) fn get(&self) -> Progress {
        self.lock().clone()
    }

    /// The tick now.
    pub(crate) fn tick(&self) -> u64 {
        self.lock().tick
    }

    /// From now on nothing changes: the claim has ended.
    pub(crate) fn close(&self) {
        self.closed.store(true, Ordering::Release);
    }

    fn lock(&self) -> MutexGuard<'_, Progress> {
        self.value.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ProgressHandle {
    pub(crate) fn new(cell: Arc<ProgressCell>) -> Self {
        Self(cell)
    }

    /// Sets the fraction done, from 0 to 1. A lower one than before, or NaN, is ignored.
    pub fn fraction(&self, fraction: f64) {
        self.change(|progress| set_fraction(progress, fraction));
    }

    /// Sets units done and in all, and the fraction with them.
    pub fn units(&self, done: u64, total: u64, unit: &str) {
        self.change(|progress| set_units(progress, done, total, unit));
    }

    /// Sets the stage, such as `encode`; at most 64 bytes, the rest is cut.
    pub fn phase(&self, phase: &str) {
        self.change(|progress| set_text(&mut progress.phase, phase, MAX_PHASE_BYTES));
    }

    /// Sets the sentence for people; at most 512 bytes, the rest is cut.
    pub fn message(&self, message: &str) {
        self.change(|progress| set_text(&mut progress.message, message, label::MAX_MESSAGE_BYTES));
    }

    /// Changes several fields as one snapshot.
    pub fn update(&self, change: impl FnOnce(&mut ProgressUpdate)) {
        // Nothing is locked while the caller's code runs: it may be slow, and may tell progress itself.
        let mut update = ProgressUpdate::default();
        change(&mut update);
        self.change(|progress| update.apply_to(progress));
    }

    /// The engine waits for this lock: only code of this file runs under it.
    fn change(&self, change: impl FnOnce(&mut Progress)) {
        let cell = &self.0;
        if cell.closed.load(Ordering::Acquire) {
            return;
        }
        {
            let mut progress = cell.lock();
            change(&mut progress);
            progress.tick += 1;
        }
        if !cell.listed.swap(true, Ordering::AcqRel) {
            cell.board
                .listed
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(Arc::clone(cell));
            cell.board.changed.notify_one();
        }
    }
}

impl ProgressUpdate {
    /// See [`ProgressHandle::fraction`].
    pub fn fraction(&mut self, fraction: f64) {
        set_fraction(&mut self.0, fraction);
    }

    /// See [`ProgressHandle::units`]. With a total of 0 the fraction stays as it is.
    pub fn units(&mut self, done: u64, total: u64, unit: &str) {
        set_units(&mut self.0, done, total, unit);
    }

    /// Sets units done where the total is not known.
    pub fn done(&mut self, done: u64, unit: &str) {
        self.0.done = Some(done);
        set_text(&mut self.0.unit, unit, MAX_UNIT_BYTES);
    }

    /// See [`ProgressHandle::phase`].
    pub fn phase(&mut self, phase: &str) {
        set_text(&mut self.0.phase, phase, MAX_PHASE_BYTES);
    }

    /// See [`ProgressHandle::message`].
    pub fn message(&mut self, message: &str) {
        set_text(&mut self.0.message, message, label::MAX_MESSAGE_BYTES);
    }

    /// What was not set stays as it is.
    fn apply_to(self, progress: &mut Progress) {
        let Progress {
            fraction,
            done,
            total,
            unit,
            phase,
            message,
            tick: _,
        } = self.0;
        if let Some(fraction) = fraction {
            set_fraction(progress, fraction);
        }
        progress.done = done.or(progress.done);
        progress.total = total.or(progress.total);
        progress.unit = unit.or(progress.unit.take());
        progress.phase = phase.or(progress.phase.take());
        progress.message = message.or(progress.message.take());
    }
}

fn set_fraction(progress: &mut Progress, fraction: f64) {
    if !fraction.is_nan() {
        let fraction = fraction.clamp(0.0, 1.0);
        progress.fraction = Some(progress.fraction.map_or(fraction, |before| before.max(fraction)));
    }
}

fn set_units(progress: &mut Progress, done: u64, total: u64, unit: &str) {
    progress.done = Some(done);
    progress.total = Some(total);
    set_text(&mut progress.unit, unit, MAX_UNIT_BYTES);
    if total > 0 {
        set_fraction(progress, done as f64 / total as f64);
    }
}

/// Allocates nothing where the text is the same as before.
fn set_text(field: &mut Option<String>, text: &str, max_bytes: usize) {
    if field.as_deref() != Some(text) {
        *field = Some(label::clean(text, max_bytes));
    }
}

impl fmt::Debug for ProgressHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.lock().fmt(f)
    }
}

impl fmt::Debug for ProgressUpdate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn handle() -> (ProgressHandle, Arc<ProgressBoard>) {
        let board = Arc::new(ProgressBoard::default());
        let id = TaskId::from_bytes([7; 16]);
        (
            ProgressHandle::new(ProgressCell::new(id, 2, Arc::clone(&board))),
            board,
        )
    }

    #[test]
    fn the_fraction_never_falls_and_stays_within_bounds() {
        let (progress, _board) = handle();
        for fraction in [0.5, 0.2, f64::NAN, f64::NEG_INFINITY] {
            progress.fraction(fraction);
            assert_eq!(progress.0.get().fraction, Some(0.5));
        }
        progress.fraction(7.0);
        assert_eq!(progress.0.get().fraction, Some(1.0));
    }

    #[test]
    fn many_changes_are_listed_once_and_every_change_raises_the_tick() {
        let (progress, board) = handle();
        for done in 0..100 {
            progress.units(done, 100, "frames");
        }
        assert_eq!(board.take().len(), 1);
        assert!(board.take().is_empty());
        assert_eq!(progress.0.get().tick, 100);
        progress.phase("encode");
        assert_eq!(board.take().len(), 1);
    }

    #[test]
    fn an_update_changes_what_it_sets_and_may_tell_progress_itself() {
        let (progress, _board) = handle();
        progress.message("begun");
        progress.update(|update| {
            progress.phase("decode");
            update.units(1, 4, "frames");
        });
        let told = progress.0.get();
        assert_eq!((told.done, told.fraction), (Some(1), Some(0.25)));
        assert_eq!(
            (told.phase.as_deref(), told.message.as_deref()),
            (Some("decode"), Some("begun"))
        );
        assert_eq!(told.tick, 3);
    }

    #[test]
    fn nothing_changes_after_the_claim_has_ended() {
        let (progress, board) = handle();
        progress.0.close();
        progress.message("too late");
        assert_eq!(progress.0.get(), Progress::default());
        assert!(board.take().is_empty());
    }

    #[test]
    fn texts_are_cleaned_and_cut() {
        let (progress, _board) = handle();
        progress.message(&"é\0".repeat(1000));
        let message = progress.0.get().message.unwrap();
        assert!(message.len() <= 512 && !message.contains('\0'));
    }
}
