//! Callers that work side by side, and what they come to in a second.

use std::time::Instant;

use tokio::task::JoinSet;

use crate::Result;

/// Each of them says how many tasks it has dealt with.
pub(crate) struct Callers {
    running: JoinSet<Result<usize>>,
    began: Instant,
}

impl Callers {
    /// The clock runs from here on.
    pub(crate) fn begin() -> Self {
        Self {
            running: JoinSet::new(),
            began: Instant::now(),
        }
    }

    pub(crate) fn add(&mut self, caller: impl Future<Output = Result<usize>> + Send + 'static) {
        self.running.spawn(caller);
    }

    /// Tasks per second, once all have ended and have dealt with `count`.
    pub(crate) async fn rate(mut self, count: usize) -> Result<f64> {
        let mut dealt = 0;
        while let Some(end) = self.running.join_next().await {
            dealt += end??;
        }
        let seconds = self.began.elapsed().as_secs_f64();
        if dealt == count {
            Ok(count as f64 / seconds)
        } else {
            Err(format!("{dealt} of {count} tasks were dealt with").into())
        }
    }
}
