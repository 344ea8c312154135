//! `idle`: processor time and memory of a server that nobody uses.

use std::time::Duration;

use crate::Result;
use crate::report::{figure, title};
use crate::server::Server;

pub(crate) async fn run(seconds: u64) -> Result {
    title("idle", "the example server with all roles and nothing to do");
    let server = Server::start(&[]).await?;
    tokio::time::sleep(Duration::from_secs(3)).await;
    let before = server.cpu_ticks()?;
    tokio::time::sleep(Duration::from_secs(seconds)).await;
    let ticks = server.cpu_ticks()? - before;
    figure("of one core", ticks as f64 / seconds as f64, "%", "under 1");
    figure(
        "resident",
        server.memory("VmRSS")? as f64 / 1024.0,
        "MiB",
        "under 40",
    );
    Ok(())
}
