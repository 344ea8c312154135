//! The worker engine on this store: from the first beat to the leave.

use std::sync::Arc;
use std::time::Duration;

use leyline_core::{
    CancellationToken, Json, Leyline, ProcessError, TaskContext, TaskStore as _, TaskStoreExt as _, Update,
    typed,
};
use tempfile::tempdir;

use crate::given::{PATIENCE, open, tasks};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_completes_what_is_there_and_leaves_nothing_behind() {
    let folder = tempdir().expect("a folder");
    let path = folder.path().join("leyline.db");
    let store = open(&path).await;
    let processor = typed(async |_: TaskContext, _: Json| Ok::<_, ProcessError>(42));
    let leyline = Leyline::builder(Arc::new(store.clone()))
        .processor("digest", processor)
        .build();
    let leyline = leyline.expect("builds");
    let shutdown = CancellationToken::new();
    let worker = {
        let (leyline, shutdown) = (leyline.clone(), shutdown.clone());
        tokio::spawn(async move { leyline.run_worker(shutdown).await })
    };
    let new = tasks(200);
    for inserted in store.insert(&new).await.expect("inserted") {
        inserted.expect("inserted");
    }
    for task in &new {
        let mut watch = leyline.watch(task.id).await.expect("it is there");
        let ended = async { while let Some(Update::Event(_)) = watch.next().await {} };
        tokio::time::timeout(PATIENCE, ended).await.expect("it ends");
    }
    shutdown.cancel();
    worker.await.expect("no panic");

    let ids: Vec<_> = new.iter().map(|task| task.id).collect();
    for task in store.get_many(&ids).await.expect("a read") {
        assert_eq!(task.output.expect("it is completed").value.as_str(), "42");
        assert_eq!((task.revision, task.attempt, task.rescues), (3, 1, 0));
    }
    let stats = store.stats(Duration::from_hours(1)).await.expect("a read");
    assert_eq!(stats.kinds[0].completed, 200);
    assert_eq!(store.workers(0).await.expect("a read"), []);
    let locks = std::fs::read_dir(folder.path().join("leyline.db.workers")).expect("a folder");
    assert_eq!(locks.count(), 0);
}
