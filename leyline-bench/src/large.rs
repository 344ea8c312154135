//! `large`: one large upload, and what it adds to the server's peak memory.

use std::time::Instant;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::Result;
use crate::report::{figure, title};
use crate::server::Server;

pub(crate) async fn run(mib: u64) -> Result {
    title("large", &format!("one upload of {mib} MiB to the example server"));
    let server = Server::start(&["--max-upload", "64GiB", "--roles", "api,gateway"]).await?;
    // The first small one brings in what every upload needs.
    server
        .post("/api/upload?kind=digest", "text/plain", b"warm")
        .await?;
    let before = server.memory("VmHWM")?;
    let began = Instant::now();
    send(&server.address, mib).await?;
    let seconds = began.elapsed().as_secs_f64();
    let added = server.memory("VmHWM")?.saturating_sub(before);
    figure("added to the peak", added as f64 / 1024.0, "MiB", "under 32");
    figure(
        "throughput, digest and fsync included",
        mib as f64 / seconds,
        "MiB/s",
        "-",
    );
    Ok(())
}

async fn send(address: &str, mib: u64) -> Result {
    let mut stream = TcpStream::connect(address).await?;
    let length = mib << 20;
    let head = format!(
        "POST /api/upload?kind=digest HTTP/1.1\r\nHost: bench\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await?;
    let block: Vec<u8> = (0..1u32 << 20)
        .map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8)
        .collect();
    for _ in 0..mib {
        stream.write_all(&block).await?;
    }
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    if answer.starts_with("HTTP/1.1 202") {
        Ok(())
    } else {
        Err(format!("refused: {}", answer.lines().next().unwrap_or_default()).into())
    }
}
