//! Every metric of this crate, by name. They go through the `metrics` facade and cost next to nothing until the process
//! installs a recorder.

use metrics::counter;

/// Connections that the feed has made: one, and one more after each that was lost.
pub const FEED_CONNECTS: &str = "leyline_feed_connects_total";
/// Notifications that the feed could not read: of a later version, or of strangers.
pub const FEED_IGNORED: &str = "leyline_feed_ignored_total";
/// Reads of the store for what the feed heard of that failed; they are tried again.
pub const FEED_READ_FAILURES: &str = "leyline_feed_read_failures_total";

pub(crate) fn feed_connected() {
    counter!(FEED_CONNECTS).increment(1);
}

pub(crate) fn feed_ignored() {
    counter!(FEED_IGNORED).increment(1);
}

pub(crate) fn feed_read_failed() {
    counter!(FEED_READ_FAILURES).increment(1);
}
