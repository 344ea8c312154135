//! A server that follows another.

use super::Postgres;
use super::backup::copy;
use super::cluster::Cluster;

impl Postgres {
    /// A hot standby that follows this server by streaming: it holds the same databases, with the same users and passwords, and
    /// refuses every write (25006). It goes on alone when this server ends.
    ///
    /// # Panics
    /// If this server does not run, or is not ours.
    #[must_use]
    pub fn standby(&self) -> Self {
        let primary = self.own();
        let standby = Cluster::over(primary.programs.clone(), primary.options.clone(), |standby| {
            copy(
                standby,
                &primary.url(),
                &standby.data(),
                &["--write-recovery-conf"],
            );
        });
        standby.start();
        Self::of(standby)
    }
}
