//! Ping: whether the store answers and could write.

use crate::trial::Trial;

/// A store that works says so.
pub async fn a_store_that_works_answers(trial: Trial) {
    trial.store.ping().await.expect("the store works");
    trial.pending().await;
    trial.store.ping().await.expect("the store works");
}
