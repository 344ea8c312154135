//! How a store is opened.

use std::fmt;
use std::str::FromStr as _;
use std::time::Duration;

use sqlx::ConnectOptions as _;
use sqlx::postgres::PgConnectOptions;

use crate::error::OpenError;

/// Longest name of a schema, in bytes: the channels of the feed carry it, and a name of PostgreSQL ends at 63.
const MAX_SCHEMA_BYTES: usize = 48;

/// How to open a [`PostgresStore`](crate::PostgresStore). Start with [`PostgresOptions::url`].
#[derive(Clone)]
#[non_exhaustive]
pub struct PostgresOptions {
    pub(crate) connect: PgConnectOptions,
    pub(crate) listen: Option<PgConnectOptions>,
    /// The schema that holds the tables; default `leyline`. Lower-case letters, digits and `_`, at most 48 bytes. Each schema
    /// is a store of its own.
    pub schema: String,
    /// Most connections that this process holds for its calls; default 10; 0 means 1. Two more carry beats, so that a lease
    /// never waits behind other work, and the feed has one of its own.
    pub max_connections: u32,
    /// How long a call waits for a free connection, or a connection for the server, before it is
    /// [`Unavailable`](leyline_core::store::Error::Unavailable); default 5 s.
    pub acquire_timeout: Duration,
    /// How long a call waits for the server's answer; default 30 s. After that a read is
    /// [`Unavailable`](leyline_core::store::Error::Unavailable), and what a change has done is
    /// [`Unknown`](leyline_core::store::Error::Unknown): a connection that has fallen silent holds nobody for longer.
    pub call_timeout: Duration,
    /// Whether a pooler stands in between that hands each transaction to another session, such as PgBouncer in transaction
    /// mode; default no. Every statement then runs inside a transaction and is prepared anew. PgBouncer from 1.21 on, with
    /// `max_prepared_statements` above 0, does not need it.
    pub pooled: bool,
    /// Whether opening brings the schema up to date; default yes. Otherwise somebody else calls
    /// [`migrate`](crate::PostgresStore::migrate) before.
    pub migrate: bool,
    /// Whether to run on a server that may lose what it acknowledged: with `fsync`, `full_page_writes` or
    /// `synchronous_commit` off; default no. For tests.
    pub allow_lossy: bool,
}

impl PostgresOptions {
    /// The server and database at this URL (`postgres://user:password@host:port/database?sslmode=verify-full`), with the
    /// defaults of everything else. What the URL leaves out comes from the variables of libpq (`PGHOST`, `PGPASSWORD`, ...).
    ///
    /// # Errors
    /// [`OpenError::Url`]: that is not a URL of PostgreSQL. The error does not repeat it.
    pub fn url(url: &str) -> Result<Self, OpenError> {
        Ok(Self {
            connect: parse(url)?,
            listen: None,
            schema: "leyline".to_owned(),
            max_connections: 10,
            acquire_timeout: Duration::from_secs(5),
            call_timeout: Duration::from_secs(30),
            pooled: false,
            migrate: true,
            allow_lossy: false,
        })
    }

    /// Where the feed listens, if not at the store's own URL: past a pooler, which can't pass notifications on.
    ///
    /// # Errors
    /// As for [`url`](Self::url).
    pub fn listen_url(mut self, url: &str) -> Result<Self, OpenError> {
        self.listen = Some(parse(url)?);
        Ok(self)
    }

    /// How connections for calls are made.
    pub(crate) fn connection(&self) -> PgConnectOptions {
        let prepared = if self.pooled { 0 } else { 100 };
        self.connect.clone().statement_cache_capacity(prepared)
    }

    /// Whether the feed would listen behind the pooler.
    pub(crate) fn needs_listen_url(&self) -> bool {
        self.pooled && self.listen.is_none()
    }

    /// How the feed's connection is made.
    pub(crate) fn listener(&self) -> PgConnectOptions {
        self.listen.clone().unwrap_or_else(|| self.connect.clone())
    }
}

/// Neither statements nor the password go into any log, and a pooler is sent no parameter that it does not know.
fn parse(url: &str) -> Result<PgConnectOptions, OpenError> {
    if !url.starts_with("postgres://") && !url.starts_with("postgresql://") {
        return Err(OpenError::Url {
            reason: "it does not begin with postgres://".to_owned(),
        });
    }
    check_parameters(url)?;
    let options = PgConnectOptions::from_str(url).map_err(|error| OpenError::Url {
        reason: match error {
            sqlx::Error::Configuration(source) => source.to_string(),
            _ => "it can't be read".to_owned(),
        },
    })?;
    Ok(options
        .extra_float_digits(None)
        .application_name("leyline")
        .disable_statement_logging())
}

/// Parameters that sqlx knows. Of any other it logs the value, which may be a secret.
const PARAMETERS: [&str; 18] = [
    "sslmode",
    "ssl-mode",
    "sslrootcert",
    "ssl-root-cert",
    "ssl-ca",
    "sslcert",
    "ssl-cert",
    "sslkey",
    "ssl-key",
    "statement-cache-capacity",
    "host",
    "hostaddr",
    "port",
    "dbname",
    "user",
    "password",
    "application_name",
    "options",
];

fn check_parameters(url: &str) -> Result<(), OpenError> {
    let (_, query) = url.split_once('?').unwrap_or_default();
    let mut names = query
        .split('&')
        .map(|pair| pair.split('=').next().unwrap_or_default());
    let is_known = |name: &str| name.is_empty() || PARAMETERS.contains(&name) || name.starts_with("options[");
    if let Some(unknown) = names.find(|name| !is_known(name)) {
        // Part of a password with an unescaped ? in it must not be taken for a name.
        let is_name = !query.contains('@') && unknown.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
        let shown = if is_name { unknown } else { "..." };
        return Err(OpenError::Url {
            reason: format!("it has a parameter that is not known, {shown}"),
        });
    }
    Ok(())
}

impl fmt::Debug for PostgresOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresOptions")
            .field("host", &self.connect.get_host())
            .field("port", &self.connect.get_port())
            .field("database", &self.connect.get_database())
            .field("schema", &self.schema)
            .field("max_connections", &self.max_connections)
            .field("pooled", &self.pooled)
            .finish_non_exhaustive()
    }
}

/// The name of a schema, checked: it stands in statements as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Schema(String);

impl Schema {
    pub(crate) fn new(name: &str) -> Result<Self, OpenError> {
        let mut bytes = name.bytes();
        let begins = bytes.next().is_some_and(|b| b.is_ascii_lowercase() || b == b'_');
        let goes_on = bytes.all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
        if begins && goes_on && name.len() <= MAX_SCHEMA_BYTES && !name.starts_with("pg_") {
            Ok(Self(name.to_owned()))
        } else {
            Err(OpenError::Schema {
                name: name.to_owned(),
            })
        }
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// The same text for this schema.
    pub(crate) fn qualify(&self, text: &str) -> String {
        text.replace("leyline.", &format!("\"{}\".", self.0))
    }
}
