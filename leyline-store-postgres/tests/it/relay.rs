//! A way to the server that can be broken.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// What becomes of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    Whole,
    /// It is closed.
    Cut,
    /// It stays open, and carries nothing any more.
    Swallowed,
}

pub(crate) struct Relay {
    address: SocketAddr,
    state: Arc<State>,
}

struct State {
    server: String,
    fate: Mutex<watch::Sender<Fate>>,
    connections: AtomicU64,
    sent: AtomicU64,
}

impl Relay {
    /// A relay to the server of this URL.
    pub(crate) async fn start(url: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let state = Arc::new(State {
            server: host(url).to_owned(),
            fate: Mutex::new(watch::Sender::new(Fate::Whole)),
            connections: AtomicU64::new(0),
            sent: AtomicU64::new(0),
        });
        let address = listener.local_addr().expect("it is bound");
        tokio::spawn({
            let state = Arc::clone(&state);
            async move {
                while let Ok((client, _)) = listener.accept().await {
                    state.connections.fetch_add(1, Ordering::SeqCst);
                    let fate = state.fate.lock().unwrap().subscribe();
                    tokio::spawn(Arc::clone(&state).carry(client, fate));
                }
            }
        });
        Self { address, state }
    }

    pub(crate) fn url(&self) -> String {
        let url = crate::given::url();
        url.replace(host(&url), &self.address.to_string())
    }

    /// Breaks every connection there is. Afterwards nothing comes through them any more.
    pub(crate) async fn break_all(&self, fate: Fate) {
        let broken = std::mem::replace(
            &mut *self.state.fate.lock().unwrap(),
            watch::Sender::new(Fate::Whole),
        );
        broken.send_replace(fate);
        broken.closed().await;
    }

    pub(crate) fn connections(&self) -> u64 {
        self.state.connections.load(Ordering::SeqCst)
    }

    /// From clients to the server.
    pub(crate) fn bytes_sent(&self) -> u64 {
        self.state.sent.load(Ordering::SeqCst)
    }
}

impl State {
    async fn carry(self: Arc<Self>, mut client: TcpStream, mut fate: watch::Receiver<Fate>) {
        let mut server = TcpStream::connect(&self.server)
            .await
            .expect("the server is there");
        let (mut up, mut down) = ([0; 4096], [0; 4096]);
        loop {
            tokio::select! { biased;
                () = async { drop(fate.wait_for(|fate| *fate != Fate::Whole).await) } => break,
                read = client.read(&mut up) => match read {
                    Ok(count @ 1..) => {
                        self.sent.fetch_add(count as u64, Ordering::SeqCst);
                        if server.write_all(&up[..count]).await.is_err() { return }
                    }
                    _ => return,
                },
                read = server.read(&mut down) => match read {
                    Ok(count @ 1..) => if client.write_all(&down[..count]).await.is_err() { return },
                    _ => return,
                },
            }
        }
        let is_swallowed = *fate.borrow() == Fate::Swallowed;
        drop(fate);
        if is_swallowed {
            // Open until the test ends.
            std::future::pending::<()>().await;
        }
    }
}

/// `host:port` of a URL.
fn host(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let place = rest.split('/').next().unwrap_or(rest);
    place.rsplit_once('@').map_or(place, |(_, host)| host)
}
