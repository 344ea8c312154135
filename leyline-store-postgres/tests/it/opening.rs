//! What a store can't be opened on, and what is said then.

use leyline_store_postgres::{OpenError, PostgresOptions, PostgresStore};

use crate::given;

#[track_caller]
fn check_line(error: &OpenError) {
    let line = error.to_string();
    assert!(!line.contains('\n') && !line.is_empty(), "{line:?}");
    for shown in [line, format!("{error:?}")] {
        assert!(!shown.contains("hunter2"), "the password is shown: {shown}");
    }
}

#[test]
fn what_is_no_url_is_refused() {
    for url in [
        "",
        "mysql://u:hunter2@host/db",
        "postgres//u:hunter2@host",
        "postgres://u:hunter2@host:port/db",
        "postgres://u:hunter2@host:99999/db",
        "postgres://u:hunter2@host/db?sslmode=none",
        "postgres://u@host/db?sslpassword=hunter2",
        "postgres://u:secret?hunter2@host/db",
    ] {
        let refused = PostgresOptions::url(url).unwrap_err();
        assert!(matches!(refused, OpenError::Url { .. }), "{url}");
        check_line(&refused);
    }
}

#[test]
fn options_do_not_show_the_password() {
    let options = PostgresOptions::url("postgres://u:hunter2@host/db").expect("it is a URL");
    assert!(!format!("{options:?}").contains("hunter2"), "{options:?}");
}

#[tokio::test]
async fn a_server_that_is_not_there_is_named_in_one_line() {
    // The discard port: nothing listens.
    let options = PostgresOptions::url("postgres://u:hunter2@127.0.0.1:9/db").expect("it is a URL");
    let refused = PostgresStore::open(options).await.unwrap_err();
    assert!(matches!(refused, OpenError::Connect { .. }), "{refused}");
    check_line(&refused);
}

#[tokio::test]
async fn a_database_that_is_not_there_is_named_in_one_line() {
    let url = given::url_of("there_is_none");
    let options = PostgresOptions::url(&url).expect("it is a URL");
    let refused = PostgresStore::open(options).await.unwrap_err();
    assert!(refused.to_string().contains("there_is_none"), "{refused}");
}

#[tokio::test]
async fn an_old_pooler_is_told_of_the_option_that_it_needs() {
    let options = PostgresOptions::url(&given::pooled_url()).expect("it is a URL");
    let mut options = given::in_test(options);
    let refused = PostgresStore::open(options.clone()).await.unwrap_err();
    assert!(matches!(refused, OpenError::Pooler), "{refused}");
    assert!(refused.to_string().contains("`pooled`"), "{refused}");
    options.pooled = true;
    PostgresStore::open(options).await.expect("with it, it opens");
}

#[tokio::test]
async fn a_wrong_password_is_told_in_one_line() {
    let url = given::url().replacen(given::password(), "hunter2", 1);
    let refused = PostgresStore::open(PostgresOptions::url(&url).expect("it is a URL"))
        .await
        .unwrap_err();
    assert!(matches!(refused, OpenError::Connect { .. }), "{refused}");
    check_line(&refused);
}

#[tokio::test]
async fn a_schema_name_that_would_be_sql_is_refused() {
    for schema in [
        "",
        "Upper",
        "a\"; DROP TABLE x; --",
        "1st",
        "pg_temp",
        "a.b",
        &"x".repeat(49),
    ] {
        let mut options = given::options();
        options.schema = schema.to_owned();
        let refused = PostgresStore::open(options).await.unwrap_err();
        assert!(matches!(refused, OpenError::Schema { .. }), "{refused}");
    }
}

#[tokio::test]
async fn settings_that_break_a_promise_are_refused() {
    for (setting, value) in [
        ("fsync", "off"),
        ("full_page_writes", "off"),
        ("synchronous_commit", "off"),
        ("default_transaction_isolation", "serializable"),
    ] {
        let options = PostgresOptions::url(&given::saying(setting, value).await).expect("it is a URL");
        let refused = PostgresStore::open(options).await.unwrap_err();
        assert!(
            matches!(refused, OpenError::Setting { setting: named, .. } if named == setting),
            "{setting}: {refused}"
        );
        check_line(&refused);
    }
    let role = given::role_with("default_transaction_read_only", "on").await;
    let options = PostgresOptions::url(&role.url).expect("it is a URL");
    let refused = PostgresStore::open(options).await.unwrap_err();
    assert!(matches!(refused, OpenError::ReadOnly), "{refused}");
}

#[tokio::test]
async fn a_server_before_thirteen_is_refused() {
    let options =
        PostgresOptions::url(&given::saying("server_version_num", "120022").await).expect("it is a URL");
    let refused = PostgresStore::open(options).await.unwrap_err();
    assert!(matches!(refused, OpenError::TooOld { .. }), "{refused}");
    check_line(&refused);
}

#[tokio::test]
async fn a_database_that_can_not_hold_every_text_is_refused() {
    let latin = given::options().schema;
    given::execute(&format!(
        "CREATE DATABASE {latin} TEMPLATE template0 ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C'"
    ))
    .await;
    let options = PostgresOptions::url(&given::url_of(&latin)).expect("it is a URL");
    let refused = PostgresStore::open(given::in_test(options)).await.unwrap_err();
    assert!(refused.to_string().contains("server_encoding"), "{refused}");
    given::execute(&format!("DROP DATABASE {latin}")).await;
}
