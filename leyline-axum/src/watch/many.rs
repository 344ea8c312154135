//! `GET /ws`: many tasks, and the changes of lists, on one socket.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::request::Parts;
use axum::response::Response;
use futures_util::future::{AbortHandle, Abortable, BoxFuture};
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt as _, StreamExt as _};
use leyline_core::TaskId;
use leyline_core::hub::{ListChanges, ListScope, Update, Watch};
use tokio::time::{Instant, sleep_until};

use super::close::CloseCode;
use super::handshake;
use super::link::{self, End, Link, Terms};
use super::message::{Notice, Request};
use crate::auth::{Action, Principal, Scope};
use crate::gate::{Api, Named};
use crate::problem::{Problem, ProblemType};
use crate::urls;

/// Longest message: room for 256 ids with some space between.
const MAX_MESSAGE_BYTES: usize = 16 * 1024;

/// Watch many tasks over one WebSocket.
///
/// The client says `{"watch":[ids]}`, `{"unwatch":[ids]}` and `{"list":true}`. It gets the events of the watched tasks
/// (a terminal one ends the watch), `{"gone":"<id>"}`, `{"error":"<word>","id":"<id>"}` for what can't be watched, and
/// `{"list_changed":n}` at once and then whenever a list may look different, at most four times a second.
#[utoipa::path(
    get,
    path = urls::SOCKETS,
    tag = "watching",
    responses(
        (status = 101, description = "The socket is open"),
        (status = 403, description = "A page of a foreign origin"),
        (status = 426, description = "Not a WebSocket handshake"),
    )
)]
pub(crate) async fn open_socket(State(api): State<Api>, mut parts: Parts) -> Result<Response, Problem> {
    let principal = api.identify(&parts, Action::Watch).await?;
    let upgrade = link::upgrade(&mut parts).await?;
    let terms = Terms::new(&api, &parts, &principal, MAX_MESSAGE_BYTES);
    let desk = Box::new(Desk {
        api,
        parts: handshake::keep(parts),
        principal,
        handles: BTreeMap::new(),
        watches: FuturesUnordered::new(),
        list: None,
        list_at: Instant::now(),
    });
    Ok(link::carry(upgrade, terms, |mut link| async {
        let end = desk.serve(&mut link).await.unwrap_or_else(|end| end);
        (link, end)
    }))
}

type Waiting = Abortable<BoxFuture<'static, (Watch, Option<Update>)>>;
type Told = <Waiting as Future>::Output;

/// What one socket watches.
struct Desk {
    api: Api,
    /// The handshake, for the authorizer.
    parts: Parts,
    principal: Principal,
    handles: BTreeMap<TaskId, AbortHandle>,
    /// One wait for each watched task. An aborted one falls out by itself.
    watches: FuturesUnordered<Waiting>,
    list: Option<ListChanges>,
    /// Not told of lists before this.
    list_at: Instant,
}

impl Desk {
    async fn serve(mut self: Box<Self>, link: &mut Link) -> Result<End, End> {
        loop {
            tokio::select! {
                biased;
                message = link.message() => {
                    self.obey(link, &message?).await?;
                    self.tell_ready(link).await?;
                }
                Some(told) = self.watches.next() => self.tell(link, told).await?,
                number = list_changed(&mut self.list, self.list_at) => self.tell_list(link, number).await?,
            }
        }
    }

    async fn obey(&mut self, link: &mut Link, message: &str) -> Result<(), End> {
        match serde_json::from_str(message).map_err(|_| End::Close(CloseCode::NotUnderstood))? {
            Request::Watch(ids) => {
                for id in ids {
                    if let Err(kind) = self.watch(&id).await {
                        link.send_json(Notice::error(kind, &id).json()).await?;
                    }
                }
            }
            Request::Unwatch(ids) => {
                for id in ids.iter().filter_map(|id| Named::parse(id).id()) {
                    self.forget(id);
                }
            }
            Request::List(false) => self.list = None,
            Request::List(true) => {
                let scope = match self.principal.scope {
                    Scope::All => ListScope::All,
                    Scope::Owner => ListScope::Owner(self.principal.owner.clone()),
                };
                let mut changes = self.api.leyline.hub().list_changes(scope);
                let number = changes.mark_seen();
                self.list = Some(changes);
                // So that the client knows from when on it is told, and reads the list once more after that.
                self.tell_list(link, number).await?;
            }
        }
        Ok(())
    }

    async fn watch(&mut self, id: &str) -> Result<(), ProblemType> {
        let named = Named::parse(id);
        if let Some(id) = named.id() {
            self.forget(id);
        }
        if self.handles.len() >= self.api.options.max_watched {
            return Err(ProblemType::TooManyWatched);
        }
        let watch = self
            .api
            .watch(&self.parts, Action::Watch, &self.principal, named)
            .await;
        let watch = watch.map_err(|problem| {
            let task = named.id().map(tracing::field::display);
            tracing::info_span!("watch", task).in_scope(|| problem.log());
            problem.kind
        })?;
        self.wait(watch);
        Ok(())
    }

    fn wait(&mut self, mut watch: Watch) {
        let (handle, registration) = AbortHandle::new_pair();
        self.handles.insert(watch.id(), handle);
        let waiting: BoxFuture<'static, _> = Box::pin(async move {
            let update = watch.next().await;
            (watch, update)
        });
        self.watches.push(Abortable::new(waiting, registration));
    }

    fn forget(&mut self, id: TaskId) {
        if let Some(handle) = self.handles.remove(&id) {
            handle.abort();
        }
    }

    async fn tell(&mut self, link: &mut Link, told: Told) -> Result<(), End> {
        let Ok((watch, update)) = told else { return Ok(()) };
        self.handles.remove(&watch.id());
        match update {
            Some(Update::Event(event)) => {
                if !event.is_terminal() {
                    self.wait(watch);
                }
                link.send_json(event.json()).await
            }
            Some(Update::Gone(gone)) => link.send_json(Notice::Gone { gone }.json()).await,
            None => Ok(()),
        }
    }

    /// One round over the watches, so that neither they nor what was aborted wait behind a client that never stops talking.
    async fn tell_ready(&mut self, link: &mut Link) -> Result<(), End> {
        for _ in 0..self.watches.len() {
            match self.watches.next().now_or_never() {
                Some(Some(told)) => self.tell(link, told).await?,
                _ => break,
            }
        }
        Ok(())
    }

    async fn tell_list(&mut self, link: &mut Link, list_changed: u64) -> Result<(), End> {
        self.list_at = Instant::now() + self.api.options.list_interval;
        link.send_json(Notice::ListChanged { list_changed }.json()).await
    }
}

/// The next change, not before `at`. A dropped call has lost nothing.
async fn list_changed(list: &mut Option<ListChanges>, at: Instant) -> u64 {
    match list {
        Some(changes) => {
            sleep_until(at).await;
            changes.changed().await
        }
        None => std::future::pending().await,
    }
}
