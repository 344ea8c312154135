//! Opening: what is in the file, whose it is, and which schema it has.

use std::path::Path;

use leyline_core::{TaskStore as _, TaskStoreExt as _};
use leyline_store_sqlite::{OpenError, SqliteOptions, SqliteStore};
use tempfile::tempdir;

use crate::given::{open, task};

#[tokio::test]
async fn a_task_is_there_after_the_store_is_opened_again() {
    let folder = tempdir().expect("a folder");
    let path = folder.path().join("made/on/the/way/leyline.db");
    let store = open(&path).await;
    let inserted = store.insert_one(task()).await.expect("inserted").task;
    assert_eq!(
        store.get(inserted.id).await.expect("a read"),
        Some(inserted.clone())
    );
    store.close().await;
    assert!(store.ping().await.expect_err("closed").is_stopped());
    let store = open(&path).await;
    assert_eq!(store.get(inserted.id).await.expect("a read"), Some(inserted));
}

#[tokio::test]
async fn what_was_acknowledged_is_read_at_once_on_every_reader() {
    let folder = tempdir().expect("a folder");
    let store = open(&folder.path().join("leyline.db")).await;
    let writes = (0..64).map(|_| {
        let store = store.clone();
        tokio::spawn(async move {
            let inserted = store.insert_one(task()).await.expect("inserted").task;
            assert_eq!(store.get(inserted.id).await.expect("a read"), Some(inserted));
        })
    });
    for write in writes.collect::<Vec<_>>() {
        write.await.expect("it was there");
    }
}

#[tokio::test]
async fn a_newer_schema_is_refused_and_left_alone() {
    let folder = tempdir().expect("a folder");
    let path = folder.path().join("leyline.db");
    open(&path).await.close().await;
    run(&path, "PRAGMA user_version = 99");
    let before = std::fs::read(&path).expect("a file");
    match refused(&path).await {
        OpenError::NewerSchema { found: 99, known } => assert!(known < 99),
        other => panic!("{other:?}"),
    }
    assert_eq!(std::fs::read(&path).expect("a file"), before);
}

#[tokio::test]
async fn a_database_of_someone_else_is_refused_and_left_alone() {
    for (sql, id) in [
        ("CREATE TABLE task (id)", 0),
        ("PRAGMA application_id = 7; CREATE TABLE task (id)", 7),
        ("PRAGMA user_version = 1", 0),
    ] {
        let folder = tempdir().expect("a folder");
        let path = folder.path().join("leyline.db");
        run(&path, sql);
        let before = std::fs::read(&path).expect("a file");
        match refused(&path).await {
            OpenError::Foreign { application_id } => assert_eq!(application_id, Some(id)),
            other => panic!("{other:?}"),
        }
        assert_eq!(
            std::fs::read(&path).expect("a file"),
            before,
            "not even its journal mode"
        );
    }
}

#[tokio::test]
async fn a_file_that_is_no_database_is_refused_and_left_alone() {
    let folder = tempdir().expect("a folder");
    let path = folder.path().join("leyline.db");
    let text = "not a database, but long enough to look at. ".repeat(100);
    std::fs::write(&path, &text).expect("a file");
    match refused(&path).await {
        OpenError::Foreign { application_id: None } => {}
        other => panic!("{other:?}"),
    }
    assert_eq!(std::fs::read_to_string(&path).expect("a file"), text);
}

#[tokio::test]
async fn a_folder_that_cant_be_made_is_named() {
    let folder = tempdir().expect("a folder");
    let file = folder.path().join("file");
    std::fs::write(&file, "").expect("a file");
    match refused(&file.join("leyline.db")).await {
        OpenError::Io { .. } | OpenError::Sqlite { .. } => {}
        other => panic!("{other:?}"),
    }
}

async fn refused(path: &Path) -> OpenError {
    SqliteStore::open(SqliteOptions::file(path))
        .await
        .expect_err("it is refused")
}

fn run(path: &Path, sql: &str) {
    let conn = rusqlite::Connection::open(path).expect("opens");
    conn.execute_batch(sql).expect("runs");
}
