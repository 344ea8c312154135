//! A failure, told so that it can be run again and understood.

use std::collections::BTreeSet;
use std::fmt;

use super::plan::Mode;
use super::run::Outcome;
use crate::checker::Violation;

/// Violations shown of one seed.
const SHOWN: usize = 5;

impl Mode {
    /// The word of the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Safety => "safety",
            Self::Liveness => "liveness",
        }
    }
}

impl fmt::Display for Outcome {
    /// The seed, how to run it again, the violations, and what led to them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (seed, mode) = (self.seed, self.mode.as_str());
        writeln!(
            f,
            "seed {seed}: {} violations in {} entries",
            self.verdict.violations.len(),
            self.history.len()
        )?;
        writeln!(
            f,
            "again: cargo xtask sim --from {seed} --seeds 1 --mode {mode} --history seed-{seed}.jsonl"
        )?;
        for violation in self.verdict.violations.iter().take(SHOWN) {
            writeln!(f, "{violation}")?;
            self.show(f, violation)?;
        }
        Ok(())
    }
}

impl Outcome {
    fn show(&self, f: &mut fmt::Formatter<'_>, violation: &Violation) -> fmt::Result {
        let lines: BTreeSet<u64> = violation.lines.iter().copied().collect();
        for line in lines {
            let entry = self.history.get((line - 1) as usize);
            let text = entry.and_then(|entry| serde_json::to_string(entry).ok());
            writeln!(f, "  {line:>5}  {}", text.unwrap_or_default())?;
        }
        Ok(())
    }
}
