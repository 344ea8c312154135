//! What is in the file after it is closed.
use leyline_core::task::Kind;
use leyline_core::{Env, NewTask, TaskStore as _, TaskStoreExt as _};
use leyline_store_sqlite::{SqliteOptions, SqliteStore};

#[tokio::test]
async fn a_task_is_there_after_the_store_is_opened_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a/b/leyline.db");
    let store = SqliteStore::open(SqliteOptions::file(&path))
        .await
        .expect("opens");
    let id = Env::system().task_id();
    let inserted = store
        .insert_one(NewTask::new(id, Kind::new("digest").expect("a kind")))
        .await
        .expect("inserted");
    assert_eq!(store.get(id).await.expect("read"), Some(inserted.task.clone()));
    store.close().await;
    assert!(store.ping().await.expect_err("closed").is_stopped());
    let store = SqliteStore::open(SqliteOptions::file(&path))
        .await
        .expect("opens");
    assert_eq!(store.get(id).await.expect("read"), Some(inserted.task));
}
