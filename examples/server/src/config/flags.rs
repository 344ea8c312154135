//! Every flag, its environment variable and its default.

use std::ffi::OsString;
use std::net::{SocketAddr, ToSocketAddrs as _};
use std::path::PathBuf;
use std::time::Duration;

use clap::Parser as _;
use clap::error::ErrorKind;

use super::{BlobsUrl, Retention, Roles, Secret, Size, StoreUrl, parse_duration};

/// Accepts files, works on them in the background, shows live progress, hands back the results.
#[derive(Debug, Clone, clap::Parser)]
#[command(name = "leyline-server", version)]
#[non_exhaustive]
pub struct Config {
    /// Where to listen
    #[arg(long, env = "LEYLINE_LISTEN", default_value = "127.0.0.1:3000", value_name = "ADDR", value_parser = address)]
    pub listen: SocketAddr,
    /// Where tasks are kept: sqlite:PATH, postgres://USER:PASSWORD@HOST/DATABASE or memory:
    #[arg(
        long,
        env = "LEYLINE_STORE",
        hide_env_values = true,
        default_value = "sqlite:data/leyline.db",
        value_name = "URL"
    )]
    pub store: StoreUrl,
    /// PostgreSQL: the schema that holds the tables
    #[arg(
        long,
        env = "LEYLINE_STORE_SCHEMA",
        default_value = "leyline",
        value_name = "NAME"
    )]
    pub store_schema: String,
    /// PostgreSQL: most connections of this process, beside three for beats and notifications
    #[arg(long, env = "LEYLINE_STORE_CONNECTIONS", default_value_t = 10, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub store_connections: u32,
    /// PostgreSQL: a pooler in transaction mode stands in between
    #[arg(long, env = "LEYLINE_STORE_POOLED", value_parser = clap::builder::BoolishValueParser::new())]
    pub store_pooled: bool,
    /// PostgreSQL: where to listen for notifications, past a pooler [default: at the store]
    #[arg(
        long,
        env = "LEYLINE_STORE_LISTEN",
        hide_env_values = true,
        value_name = "URL"
    )]
    pub store_listen: Option<Secret>,
    /// Where uploads and results lie: file:PATH or memory:
    #[arg(
        long,
        env = "LEYLINE_BLOBS",
        default_value = "file:data/blobs",
        value_name = "URL"
    )]
    pub blobs: BlobsUrl,
    /// What this process does, any of api, worker and gateway
    #[arg(
        long,
        env = "LEYLINE_ROLES",
        default_value = "api,worker,gateway",
        value_name = "LIST"
    )]
    pub roles: Roles,
    /// Tasks at once [default: number of cores]
    #[arg(long, env = "LEYLINE_CONCURRENCY", value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub concurrency: Option<u16>,
    /// Longest file
    #[arg(long, env = "LEYLINE_MAX_UPLOAD", default_value = "1GiB", value_name = "SIZE")]
    pub max_upload: Size,
    /// How long a worker may be silent before others take it for dead
    #[arg(long, env = "LEYLINE_LEASE_TTL", default_value = "30s", value_name = "TIME", value_parser = parse_duration)]
    pub lease_ttl: Duration,
    /// How often a task may lose its worker before it fails
    #[arg(long, env = "LEYLINE_MAX_RESCUES", default_value_t = 3, value_name = "N")]
    pub max_rescues: u32,
    /// How long ended tasks are kept, or never to keep them all
    #[arg(long, env = "LEYLINE_RETENTION", default_value = "7d", value_name = "TIME")]
    pub retention: Retention,
    /// How logs are written
    #[arg(long, env = "LEYLINE_LOG_FORMAT", value_enum, default_value_t = LogFormat::Human, value_name = "FORMAT")]
    pub log_format: LogFormat,
    /// Which logs are written: levels by module, as tracing's EnvFilter reads them
    #[arg(long, env = "RUST_LOG", default_value = "info", value_name = "FILTER")]
    pub log: String,
    /// Where to serve Prometheus metrics [default: nowhere]
    #[arg(long, env = "LEYLINE_METRICS_LISTEN", value_name = "ADDR", value_parser = address)]
    pub metrics_listen: Option<SocketAddr>,
    /// Serve the page from this folder instead of the embedded one
    #[arg(long, env = "LEYLINE_FRONTEND_DIR", value_name = "PATH")]
    pub frontend_dir: Option<PathBuf>,
    /// Ask the server at the listening address whether it is ready, and exit with 0 if so
    #[arg(long)]
    pub healthcheck: bool,
}

/// How logs are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
#[non_exhaustive]
pub enum LogFormat {
    /// For people.
    Human,
    /// One JSON object a line.
    Json,
}

impl Config {
    /// Reads the arguments (the first is the program's name) and the environment. `--help` and `--version` print and exit.
    ///
    /// # Errors
    /// One line that says what is wrong.
    pub fn read(arguments: impl IntoIterator<Item = impl Into<OsString> + Clone>) -> Result<Self, String> {
        let config = Self::try_parse_from(arguments).map_err(|error| {
            if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
                error.exit();
            }
            one_line(&error)
        })?;
        config.check()?;
        Ok(config)
    }

    fn check(&self) -> Result<(), String> {
        if self.store == StoreUrl::Unknown {
            return Err(
                "a store is sqlite:PATH, postgres://USER:PASSWORD@HOST/DATABASE or memory:".to_owned(),
            );
        }
        let in_memory = self.store == StoreUrl::Memory || self.blobs == BlobsUrl::Memory;
        if in_memory && !(self.roles.api && self.roles.worker) {
            return Err(
                "what is in memory is seen by this process only, so it needs the roles api and worker"
                    .to_owned(),
            );
        }
        Ok(())
    }
}

/// The fact without clap's hints.
fn one_line(error: &clap::Error) -> String {
    let text = error.render().to_string();
    let line = text.lines().next().unwrap_or_default();
    line.strip_prefix("error: ").unwrap_or(line).to_owned()
}

fn address(text: &str) -> Result<SocketAddr, String> {
    let mut found = text
        .to_socket_addrs()
        .map_err(|_| "an address looks like 127.0.0.1:3000".to_owned())?;
    found.next().ok_or_else(|| "the name has no address".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(arguments: &[&str]) -> Result<Config, String> {
        Config::read([&["leyline-server"], arguments].concat())
    }

    #[test]
    fn the_defaults_are_a_whole_service_on_this_machine() {
        let config = read(&[]).unwrap();
        assert_eq!(config.listen.to_string(), "127.0.0.1:3000");
        assert_eq!(config.store, StoreUrl::Sqlite("data/leyline.db".into()));
        assert_eq!(config.blobs, BlobsUrl::File("data/blobs".into()));
        assert_eq!(config.roles, Roles::ALL);
        assert_eq!(config.max_upload, Size(1 << 30));
        assert_eq!(config.retention, Retention(Some(Duration::from_hours(7 * 24))));
    }

    #[test]
    fn a_password_is_never_repeated() {
        let line = read(&["--store", "postgre://u:hunter2@db/x"]).unwrap_err();
        assert!(!line.contains("hunter2"), "{line}");
        let config = read(&["--store", "postgres://u:hunter2@db/x"]).unwrap();
        assert!(!format!("{config:?}").contains("hunter2"), "{config:?}");
    }

    #[test]
    fn what_is_wrong_is_said_in_one_line() {
        for arguments in [
            &["--max-upload", "big"][..],
            &["--listen", "nowhere"],
            &["--store", "mysql://db/leyline"],
            &["--store-connections", "0"],
            &["--concurrency", "0"],
            &["--unknown"],
            &["--store", "memory:", "--roles", "worker"],
        ] {
            let line = read(arguments).unwrap_err();
            assert!(!line.is_empty() && !line.contains('\n'), "{line:?}");
        }
    }
}
