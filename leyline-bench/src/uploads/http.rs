//! The same over HTTP, with clients in this process.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use leyline_core::CancellationToken;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

use super::{AT_ONCE, EACH, content, library};
use crate::Result;

pub(super) async fn round() -> Result<Duration> {
    let data = tempfile::tempdir()?;
    let router = leyline_axum::router(library::service(data.path()).await?);
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let shutdown = CancellationToken::new();
    let options = leyline_axum::ServeOptions::default();
    let server = tokio::spawn(leyline_axum::serve(listener, router, options, shutdown.clone()));
    let began = Instant::now();
    let clients: Vec<_> = (0..AT_ONCE).map(|_| tokio::spawn(uploads(address))).collect();
    for client in clients {
        client.await??;
    }
    let took = began.elapsed();
    shutdown.cancel();
    server.await??;
    Ok(took)
}

/// One connection, one request after the other.
async fn uploads(address: SocketAddr) -> Result {
    let mut stream = BufReader::new(TcpStream::connect(address).await?);
    let content = content();
    let length = content.len();
    let head =
        format!("POST /api/upload?kind=file HTTP/1.1\r\nHost: bench\r\nContent-Length: {length}\r\n\r\n");
    let request = [head.as_bytes(), &content].concat();
    for _ in 0..EACH {
        stream.write_all(&request).await?;
        answer(&mut stream).await?;
    }
    Ok(())
}

async fn answer(stream: &mut BufReader<TcpStream>) -> Result {
    let mut length = 0;
    let mut line = String::new();
    stream.read_line(&mut line).await?;
    if !line.contains(" 202 ") {
        return Err(format!("refused: {line}").into());
    }
    loop {
        line.clear();
        stream.read_line(&mut line).await?;
        let header = line.trim_end();
        if header.is_empty() {
            break;
        }
        if let Some((name, value)) = header.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse()?;
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await?;
    Ok(())
}
