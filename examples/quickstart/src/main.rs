//! The README's program: a service that counts the words of what it is sent.

use std::sync::Arc;

use leyline_axum::ServeOptions;
use leyline_core::{Blobs, CancellationToken, Env, Json, Leyline, ProcessError, TaskContext, typed};
use leyline_store_sqlite::{SqliteOptions, SqliteStore};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let count_words = typed(async |cx: TaskContext, _params: Json| {
        let text = tokio::fs::read_to_string(cx.input_path().await?).await?;
        Ok::<_, ProcessError>(text.split_whitespace().count())
    });
    let store = SqliteStore::open(SqliteOptions::file("data/quickstart.db")).await?;
    let leyline = Leyline::builder(Arc::new(store))
        .blobs(Blobs::local("data/quickstart", Env::system())?)
        .processor("count-words", count_words)
        .build()?;
    let shutdown = CancellationToken::new();
    let address = std::env::args().nth(1).unwrap_or("127.0.0.1:3000".to_owned());
    let listener = tokio::net::TcpListener::bind(address).await?;
    let routes = leyline_axum::router(leyline.clone());
    let http = leyline_axum::serve(listener, routes, ServeOptions::default(), shutdown.clone());
    let (ended, _drained) = tokio::join!(http, leyline.run_worker(shutdown));
    Ok(ended?)
}
