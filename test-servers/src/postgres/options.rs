//! How a server is set up, and how it is stopped.

/// Settings of a [`Postgres`](crate::Postgres) server. Start from [`PostgresOptions::default`].
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct PostgresOptions {
    /// Whether what is committed survives a loss of power; default no, which is quicker. A killed server loses nothing either
    /// way, but some of what is tested refuses to work without it.
    pub fsync: bool,
    /// Settings as in `postgresql.conf`, above those that the server has anyway; default none.
    pub settings: Vec<(String, String)>,
}

impl PostgresOptions {
    /// With [`fsync`](Self::fsync) on.
    #[must_use]
    pub fn durable(mut self) -> Self {
        self.fsync = true;
        self
    }

    /// With one more of the [`settings`](Self::settings).
    #[must_use]
    pub fn setting(mut self, name: &str, value: &str) -> Self {
        self.settings.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The arguments that say all of it.
    pub(super) fn arguments(&self) -> Vec<String> {
        let fsync = if self.fsync { "on" } else { "off" };
        let own = [
            ("listen_addresses", "127.0.0.1"),
            ("unix_socket_directories", ""),
            ("max_connections", "200"),
            ("fsync", fsync),
            ("full_page_writes", fsync),
            ("log_line_prefix", "%m [%p] %a "),
        ];
        let own = own.iter().map(|(name, value)| format!("{name}={value}"));
        let more = self
            .settings
            .iter()
            .map(|(name, value)| format!("{name}={value}"));
        own.chain(more)
            .flat_map(|setting| ["-c".to_owned(), setting])
            .collect()
    }
}

/// How a server is stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// What runs is rolled back, connections are closed with a word, and all is written.
    Fast,
    /// At once, without a word; the next start recovers.
    Immediate,
}

impl Mode {
    pub(super) fn signal(self) -> &'static str {
        match self {
            Self::Fast => "INT",
            Self::Immediate => "QUIT",
        }
    }
}
