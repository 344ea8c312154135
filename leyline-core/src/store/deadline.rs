//! Deadlines: no answer of a store is waited for without end.

use std::time::Duration;

use super::{Error, Result};

/// A call that changes something: past the deadline its outcome is unknown (invariant 10).
pub(crate) async fn change<T>(most: Duration, call: impl Future<Output = Result<T>>) -> Result<T> {
    match tokio::time::timeout(most, call).await {
        Ok(answer) => answer,
        Err(elapsed) => Err(Error::unknown(elapsed)),
    }
}

/// A call that only reads: past the deadline it can be sent again.
pub(crate) async fn read<T>(most: Duration, call: impl Future<Output = Result<T>>) -> Result<T> {
    match tokio::time::timeout(most, call).await {
        Ok(answer) => answer,
        Err(elapsed) => Err(Error::unavailable(elapsed)),
    }
}
