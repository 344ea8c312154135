//! Encrypted connections, and whose certificate is believed.

use std::path::{Path, PathBuf};
use std::process::Command;

use leyline_core::TaskStore as _;
use leyline_store_postgres::{OpenError, PostgresOptions, PostgresStore};
use tempfile::TempDir;
use test_servers::Postgres;

use crate::given;

/// A certificate for 127.0.0.1 that it has signed itself, and its key.
struct Certificate {
    _folder: TempDir,
    chain: PathBuf,
    key: PathBuf,
}

impl Certificate {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let (certificate, key) = (folder.path().join("server.crt"), folder.path().join("server.key"));
        let made = Command::new("openssl")
            .args([
                "req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:prime256v1",
                "-nodes",
            ])
            .args(["-days", "2", "-subj", "/CN=127.0.0.1"])
            .args([
                "-addext",
                "subjectAltName=IP:127.0.0.1",
                "-addext",
                "basicConstraints=critical,CA:FALSE",
            ])
            .arg("-out")
            .arg(&certificate)
            .arg("-keyout")
            .arg(&key)
            .output()
            .expect("openssl comes with PostgreSQL");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        for file in [folder.path(), &certificate, &key] {
            give_away(file);
        }
        Self {
            _folder: folder,
            chain: certificate,
            key,
        }
    }
}

/// To the user that the server runs as, where the tests run as root.
fn give_away(path: &Path) {
    let owner = std::os::unix::fs::chown(path, Some(65_534), Some(65_534));
    if let Err(error) = owner {
        assert_eq!(error.kind(), std::io::ErrorKind::PermissionDenied, "{error}");
    }
}

#[tokio::test]
async fn a_connection_is_encrypted_and_only_a_known_certificate_is_believed() {
    given::url();
    let (own, other) = (Certificate::new(), Certificate::new());
    let settings = test_servers::PostgresOptions::default()
        .setting("ssl", "on")
        .setting("ssl_cert_file", own.chain.to_str().expect("it is UTF-8"))
        .setting("ssl_key_file", own.key.to_str().expect("it is UTF-8"));
    let server = Postgres::start(settings).expect("there is one");
    let open = async |parameters: &str| {
        let url = format!("{}?{parameters}", server.url("postgres"));
        let options = PostgresOptions::url(&url).expect("it is a URL");
        PostgresStore::open(given::in_test(options)).await
    };
    let root = |certificate: &Certificate| {
        format!("sslmode=verify-full&sslrootcert={}", certificate.chain.display())
    };

    let store = open(&root(&own)).await.expect("it is the server's own");
    store.ping().await.expect("it answers");
    let encrypted = "SELECT bool_and(ssl) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE application_name = 'leyline'";
    assert_eq!(server.query("postgres", encrypted), [["t"]]);
    for unknown in [root(&other), "sslmode=verify-full".to_owned()] {
        let refused = open(&unknown).await.unwrap_err();
        assert!(matches!(refused, OpenError::Connect { .. }), "{refused}");
        assert!(!refused.to_string().contains('\n'), "{refused}");
    }
    open("sslmode=require")
        .await
        .expect("encrypted, and nobody asks by whom");
}
