//! The service under attack: a router over a store in memory, called in process, and the same on a port.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, Response};
use bytes::Bytes;
use http_body_util::BodyExt as _;
use leyline_core::env::SystemClock;
use leyline_core::{Blobs, CancellationToken, Env, KindOptions, Leyline, MemoryStore, Task, TaskId};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio::task::yield_now;
use tower::ServiceExt as _;

/// The only kind of the service. Nothing works on it: tasks stay where the target puts them.
pub(crate) const KIND: &str = "k";

/// A service, and the runtime that it needs.
pub(crate) struct Service {
    pub(crate) leyline: Leyline,
    router: Router,
    addr: SocketAddr,
}

thread_local! {
    // One for each thread: fuzzers call a target a thousand times a second, and every one leaves it as it was.
    static HELD: (Runtime, Service) = start();
}

fn start() -> (Runtime, Service) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime needs a few file descriptors only");
    let service = runtime.block_on(Service::start());
    (runtime, service)
}

/// Runs an attack to its end.
pub(crate) fn with<T>(attack: impl AsyncFnOnce(&Service) -> T) -> T {
    HELD.with(|(runtime, service)| runtime.block_on(attack(service)))
}

/// An answer with all of its body.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| {
            value.to_str().expect("what the service says is visible ASCII")
        })
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The id of the task that it tells of.
    pub(crate) fn id(&self) -> TaskId {
        let id = self.json()["id"].as_str().map(str::parse);
        id.expect("a task has an id").expect("which is a UUID")
    }

    /// What was refused says so in one way, whatever was wrong.
    pub(crate) fn check_problem(&self, statuses: &[u16]) {
        assert!(statuses.contains(&self.status), "none of {statuses:?}: {self:?}");
        assert_eq!(
            self.header("content-type"),
            "application/problem+json",
            "{self:?}"
        );
        assert_eq!(self.json()["status"], self.status, "{self:?}");
    }
}

impl Service {
    async fn start() -> Self {
        let env = Env::seeded(SystemClock, 1);
        let leyline = Leyline::builder(Arc::new(MemoryStore::new(env.clone())))
            .blobs(Blobs::in_memory(env.clone()))
            .env(env)
            .kind(KIND, KindOptions::default())
            .build()
            .expect("the service is complete");
        let router = leyline_axum::router(leyline.clone());
        let listener = TcpListener::bind("127.0.0.1:0")
            .await
            .expect("this machine has a port");
        let addr = listener.local_addr().expect("which is known");
        let server = leyline_axum::serve(
            listener,
            router.clone(),
            leyline_axum::ServeOptions::default(),
            CancellationToken::new(),
        );
        tokio::spawn(server);
        Self {
            leyline,
            router,
            addr,
        }
    }

    /// Calls the router, without reading the body of its answer.
    pub(crate) async fn open(&self, request: Request<Body>) -> Response<Body> {
        let answer = self.router.clone().oneshot(request).await;
        answer.unwrap_or_else(|never| match never {})
    }

    pub(crate) async fn call(&self, request: Request<Body>) -> Answer {
        let (parts, body) = self.open(request).await.into_parts();
        let body = body.collect().await.expect("a body in memory ends");
        Answer {
            status: parts.status.as_u16(),
            headers: parts.headers,
            body: body.to_bytes(),
        }
    }

    /// Keeps a file as the input of a new task.
    pub(crate) async fn keep(&self, bytes: &'static [u8]) -> Task {
        let task = self.leyline.new_task(KIND).expect("the kind is known");
        let mut upload = self.leyline.upload(task, "f", None).expect("there are blobs");
        upload
            .write(Bytes::from_static(bytes))
            .await
            .expect("memory takes it");
        upload.finish().await.expect("memory takes it").task
    }

    /// A new task without a file.
    pub(crate) async fn task(&self) -> Task {
        let task = self.leyline.new_task(KIND).expect("the kind is known");
        let inserted = self.leyline.submit(task).await;
        inserted.expect("memory takes it").task
    }

    /// A task that was cancelled: it is at revision 2 and stays there.
    pub(crate) async fn cancelled(&self) -> Task {
        let task = self.task().await;
        let cancelled = self.leyline.cancel(task.id, None).await;
        cancelled.expect("it is pending")
    }

    /// Removes a task with its file, so that one execution is as the other.
    pub(crate) async fn forget(&self, id: TaskId) {
        let cancelled = self.leyline.cancel(id, None).await;
        cancelled.expect("what nobody works on can be cancelled");
        let deleted = self.leyline.delete(id, None).await;
        deleted.expect("what is cancelled can be deleted");
    }

    /// Removes all tasks that an attack may have made.
    pub(crate) async fn forget_all(&self) -> usize {
        let mut forgotten = 0;
        loop {
            let page = self
                .leyline
                .list(&leyline_core::store::ListQuery::default())
                .await;
            let tasks = page.expect("memory can be read").tasks;
            if tasks.is_empty() {
                return forgotten;
            }
            for task in tasks {
                self.forget(task.id).await;
                forgotten += 1;
            }
        }
    }

    /// Sends pieces over a connection of its own, half-closes it, and reads what is answered up to its end.
    pub(crate) async fn talk(&self, pieces: &[&[u8]]) -> Vec<u8> {
        let stream = TcpStream::connect(self.addr).await.expect("the server listens");
        stream.set_nodelay(true).expect("the stream is open");
        let (mut reader, mut writer) = stream.into_split();
        let write = async move {
            for piece in pieces {
                // A server that has heard enough may close before the end.
                if writer.write_all(piece).await.is_err() {
                    break;
                }
                yield_now().await;
            }
            let _ = writer.shutdown().await;
        };
        let mut answers = Vec::new();
        let read = async { reader.read_to_end(&mut answers).await };
        let ((), read) = tokio::join!(write, read);
        if let Err(error) = read {
            assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset, "{error}");
        }
        answers
    }
}
