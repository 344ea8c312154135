//! A whole service on a port of its own.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use futures_util::TryStreamExt as _;
use leyline_axum::{HttpOptions, ServeOptions, router_with, serve};
use leyline_core::{Blobs, Env, KindOptions, Leyline, MemoryStore, Options, TaskStore};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use crate::client::{Answer, Request};
use crate::logs;
use crate::processors::{self, Steps};

/// What a service is made of. The defaults are those of the library, with a worker.
pub(crate) struct Setup {
    pub(crate) http: HttpOptions,
    pub(crate) serve: ServeOptions,
    pub(crate) core: Options,
    pub(crate) env: Env,
    pub(crate) store: Option<Arc<dyn TaskStore>>,
    pub(crate) blobs: Option<Blobs>,
    /// The service gets no blob store at all.
    pub(crate) no_blobs: bool,
    pub(crate) worker: bool,
    pub(crate) mount: fn(Router) -> Router,
}

impl Default for Setup {
    fn default() -> Self {
        let mut core = Options::default();
        core.concurrency = 8;
        core.cancel_grace = Duration::from_millis(10);
        Self {
            http: HttpOptions::default(),
            serve: ServeOptions::default(),
            core,
            env: Env::system(),
            store: None,
            blobs: None,
            no_blobs: false,
            worker: true,
            mount: |router| router,
        }
    }
}

/// One attempt that may not take long, so that a failure is the end.
fn once() -> KindOptions {
    let mut once = KindOptions::default();
    once.max_attempts = 1;
    once.timeout = Some(Duration::from_millis(500));
    once
}

pub(crate) struct App {
    pub(crate) addr: SocketAddr,
    pub(crate) leyline: Leyline,
    pub(crate) steps: Steps,
    pub(crate) shutdown: CancellationToken,
    server: Option<JoinHandle<std::io::Result<()>>>,
    worker: Option<Worker>,
}

pub(crate) type Worker = AbortOnDropHandle<()>;

impl Drop for App {
    fn drop(&mut self) {
        if let Some(server) = &self.server {
            server.abort();
        }
    }
}

impl App {
    pub(crate) async fn start() -> Self {
        Self::with(|_| {}).await
    }

    pub(crate) async fn with(change: impl FnOnce(&mut Setup)) -> Self {
        logs::begin();
        let mut setup = Setup::default();
        change(&mut setup);
        let Setup {
            http,
            serve: limits,
            core,
            env,
            store,
            blobs,
            no_blobs,
            worker,
            mount,
        } = setup;
        let steps = Steps::default();
        let store = store.unwrap_or_else(|| Arc::new(MemoryStore::new(env.clone())));
        let mut builder = Leyline::builder(store);
        if !no_blobs {
            builder = builder.blobs(blobs.unwrap_or_else(|| Blobs::in_memory(env.clone())));
        }
        let leyline = builder
            .env(env)
            .options(core)
            .processor("copy", processors::Copy)
            .processor("value", processors::value())
            .processor("strict", processors::strict())
            .processor("step", processors::Step(steps.clone()))
            .processor("misbehaves", processors::misbehaves())
            .kind("misbehaves", once())
            .kind("elsewhere", KindOptions::default())
            .build()
            .unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let router = mount(router_with(leyline.clone(), http));
        let shutdown = CancellationToken::new();
        let server = tokio::spawn(serve(listener, router, limits, shutdown.clone()));
        let mut app = Self {
            addr,
            leyline,
            steps,
            shutdown,
            server: Some(server),
            worker: None,
        };
        app.worker = worker.then(|| app.work());
        app
    }

    /// Runs a worker for as long as the handle lives.
    pub(crate) fn work(&self) -> Worker {
        let leyline = self.leyline.clone();
        AbortOnDropHandle::new(tokio::spawn(async move {
            leyline.run_worker(CancellationToken::new()).await;
        }))
    }

    /// The server alone, to wait for its end.
    pub(crate) fn into_server(mut self) -> JoinHandle<std::io::Result<()>> {
        self.server.take().unwrap()
    }

    /// Removes a task from the store without telling anyone, as another process would.
    pub(crate) async fn vanish(&self, id: &str) {
        let (store, id) = (self.leyline.store(), id.parse().unwrap());
        // Nothing comes between the two: this store never waits, and the runtime has one thread.
        store.cancel(id, None).await.unwrap();
        store.delete(id, None).await.unwrap();
    }

    pub(crate) fn request(&self, method: &str, path: &str) -> Request {
        Request::new(self.addr, method, path)
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.request("GET", path).send().await
    }

    pub(crate) async fn post(&self, path: &str) -> Answer {
        self.request("POST", path).send().await
    }

    /// Accepts a task that does what the test tells it under this name, waits until it runs, and gives its id.
    pub(crate) async fn running(&self, name: &str) -> String {
        let id = self.task("step", &format!("{name:?}")).await;
        self.until(&id, |task| task["status"] == "processing").await;
        id
    }

    /// Waits until the task is so.
    pub(crate) async fn until(
        &self,
        id: &str,
        fits: impl Fn(&serde_json::Value) -> bool,
    ) -> serde_json::Value {
        let path = format!("/api/tasks/{id}");
        let mut answer = self.get(&path).await;
        while !fits(&answer.json()) {
            let known = answer.header("etag").to_owned();
            let request = self.request("GET", &path).header("prefer", "wait=30");
            let newer = request.header("if-none-match", &known).send().await;
            assert_eq!(newer.status, 200, "{newer:?}");
            answer = newer;
        }
        answer.json()
    }

    /// The task as the store has it.
    pub(crate) async fn stored(&self, id: &str) -> leyline_core::Task {
        self.leyline.get(id.parse().unwrap()).await.unwrap().unwrap()
    }

    /// Keys of all uploads in the blob store.
    pub(crate) async fn uploads(&self) -> Vec<String> {
        let store = self.leyline.blobs().unwrap().object_store();
        let found = store
            .list(Some(&"uploads".into()))
            .try_collect::<Vec<_>>()
            .await
            .unwrap();
        found
            .into_iter()
            .map(|found| found.location.to_string())
            .collect()
    }

    /// Accepts a task without a file and gives its id.
    pub(crate) async fn task(&self, kind: &str, params: &str) -> String {
        let body = format!(r#"{{"kind":"{kind}","params":{params}}}"#);
        let answer = self.request("POST", "/api/tasks").json(body).send().await;
        assert_eq!(answer.status, 202, "{answer:?}");
        answer.id()
    }

    /// Waits for the end of a task and gives its JSON.
    pub(crate) async fn finished(&self, id: &str) -> serde_json::Value {
        loop {
            let path = format!("/api/tasks/{id}");
            let answer = self
                .request("GET", &path)
                .header("prefer", "wait=30")
                .send()
                .await;
            assert_eq!(answer.status, 200, "{answer:?}");
            if answer.is_terminal() {
                return answer.json();
            }
        }
    }

    /// How many tasks there are.
    pub(crate) async fn task_count(&self) -> usize {
        self.get("/api/tasks?limit=200").await.json()["tasks"]
            .as_array()
            .unwrap()
            .len()
    }
}
