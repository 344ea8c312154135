//! The same through the library, without HTTP.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use leyline_core::{Blobs, Env, KindOptions, Leyline};
use leyline_store_sqlite::{SqliteOptions, SqliteStore};

use super::{AT_ONCE, EACH, content};
use crate::Result;

/// A service that takes files and has no worker.
pub(super) async fn service(data: &Path) -> Result<Leyline> {
    let store = SqliteStore::open(SqliteOptions::file(data.join("leyline.db"))).await?;
    let leyline = Leyline::builder(Arc::new(store))
        .blobs(Blobs::local(data.join("blobs"), Env::system())?)
        .kind("file", KindOptions::default())
        .build()?;
    Ok(leyline)
}

pub(super) async fn round() -> Result<Duration> {
    let data = tempfile::tempdir()?;
    let leyline = service(data.path()).await?;
    let began = Instant::now();
    let tasks: Vec<_> = (0..AT_ONCE)
        .map(|_| tokio::spawn(uploads(leyline.clone())))
        .collect();
    for task in tasks {
        task.await??;
    }
    let took = began.elapsed();
    Ok(took)
}

async fn uploads(leyline: Leyline) -> Result {
    let content: bytes::Bytes = content().into();
    for _ in 0..EACH {
        let mut upload = leyline.upload(leyline.new_task("file")?, "file.bin", None)?;
        upload.write(content.clone()).await?;
        upload.finish().await?;
    }
    Ok(())
}
