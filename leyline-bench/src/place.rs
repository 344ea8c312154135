//! Where a workload of stores runs.

use clap::{Args, ValueEnum};

use crate::Result;
use crate::postgres::Server;

/// Where, and how often.
#[derive(Args)]
pub(crate) struct Place {
    /// Which store.
    #[arg(long, value_enum, default_value_t = Store::Postgres)]
    store: Store,
    /// A database to use instead of a server of its own. Schemas named bench_... in it are removed.
    #[arg(long)]
    postgres_url: Option<String>,
    /// Rounds, in each of which everything is measured once.
    #[arg(long, default_value_t = 5)]
    pub(crate) rounds: usize,
}

#[derive(Clone, Copy, ValueEnum)]
enum Store {
    Postgres,
}

impl Default for Place {
    fn default() -> Self {
        Self {
            store: Store::Postgres,
            postgres_url: None,
            rounds: 5,
        }
    }
}

impl Place {
    pub(crate) fn server(&self) -> Result<Server> {
        match self.store {
            Store::Postgres => Server::start(self.postgres_url.as_deref()),
        }
    }
}
