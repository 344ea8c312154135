//! How far a task is: a complete picture, never a step.

use serde::{Deserialize, Serialize};

/// How far a claim is. The newest one, by [`tick`](Self::tick), replaces the others.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// From 0 to 1, never falling within a claim; `None` while unknown.
    pub fraction: Option<f64>,
    /// Units done.
    pub done: Option<u64>,
    /// Units in all.
    pub total: Option<u64>,
    /// What is counted, such as `bytes` or `frames`; at most 32 bytes.
    pub unit: Option<String>,
    /// The stage the work is in, such as `encode`; at most 64 bytes.
    pub phase: Option<String>,
    /// A sentence for people; at most 512 bytes.
    pub message: Option<String>,
    /// Rises with every change within a claim, from 0 when the claim begins.
    #[serde(default)]
    pub tick: u64,
}

impl Progress {
    /// Whole percent done, rounded down, so that 100 means done; `None` while unknown.
    pub fn percent(&self) -> Option<u8> {
        self.fraction.map(|f| (f.clamp(0.0, 1.0) * 100.0).floor() as u8)
    }
}
