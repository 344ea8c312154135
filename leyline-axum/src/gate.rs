//! What every handler holds, and the one gate that every request goes through: origin, principal, task, permission.

use std::ops::Deref;
use std::sync::Arc;

use axum::RequestPartsExt as _;
use axum::extract::{FromRequestParts, Path};
use axum::http::Method;
use axum::http::request::Parts;
use leyline_core::hub::Watch;
use leyline_core::{Leyline, NewTask, Snapshot, Task, TaskId};
use std::collections::HashMap;
use tokio::sync::Semaphore;

use crate::auth::{Action, Principal, Scope, Subject};
use crate::options::HttpOptions;
use crate::origin;
use crate::problem::{Problem, ProblemType};
use crate::urls::{self, Urls};

/// The state of the routes. Clones share it.
#[derive(Clone)]
pub(crate) struct Api(Arc<Shared>);

pub(crate) struct Shared {
    pub(crate) leyline: Leyline,
    pub(crate) options: HttpOptions,
    pub(crate) uploads: Arc<Semaphore>,
}

impl Deref for Api {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

impl Api {
    pub(crate) fn new(leyline: Leyline, options: HttpOptions) -> Self {
        let uploads = options.max_concurrent_uploads.min(Semaphore::MAX_PERMITS);
        Self(Arc::new(Shared {
            leyline,
            options,
            uploads: Arc::new(Semaphore::new(uploads)),
        }))
    }

    pub(crate) fn urls(&self, parts: &Parts) -> Urls {
        Urls::of(parts, self.options.public_prefix.as_deref())
    }

    /// Who asks, and may they do such a thing at all? Refuses forged requests of foreign pages too: those that change
    /// something, and WebSockets, which CORS does not guard.
    pub(crate) async fn identify(&self, parts: &Parts, action: Action) -> Result<Principal, Problem> {
        let safe = matches!(parts.method, Method::GET | Method::HEAD | Method::OPTIONS);
        if !safe || action == Action::Watch {
            origin::check(parts, &self.options.allowed_origins)?;
        }
        let principal = self.options.authorizer.authorize(parts, action, None).await?;
        if action == Action::Stats && principal.scope != Scope::All {
            return Err(Problem::new(ProblemType::Forbidden));
        }
        Ok(principal)
    }

    async fn permit(
        &self,
        parts: &Parts,
        action: Action,
        principal: &Principal,
        subject: Subject<'_>,
    ) -> Result<(), Problem> {
        if !principal.sees(subject.owner) {
            return Err(Problem::new(ProblemType::TaskNotFound));
        }
        let again = self
            .options
            .authorizer
            .authorize(parts, action, Some(subject))
            .await?;
        if again.sees(subject.owner) {
            Ok(())
        } else {
            Err(Problem::new(ProblemType::TaskNotFound))
        }
    }

    /// May they create this task?
    pub(crate) async fn permit_new(
        &self,
        parts: &Parts,
        action: Action,
        principal: &Principal,
        task: &NewTask,
    ) -> Result<(), Problem> {
        let subject = Subject {
            id: task.id,
            kind: &task.kind,
            owner: &task.owner,
        };
        self.permit(parts, action, principal, subject).await
    }

    /// The task, for a principal who may do this to it.
    pub(crate) async fn task(&self, parts: &Parts, action: Action, id: Named) -> Result<Task, Problem> {
        let principal = self.identify(parts, action).await?;
        let id = id.0.ok_or_else(|| Problem::new(ProblemType::TaskNotFound))?;
        let task = self.leyline.get(id).await?;
        let task = task.ok_or_else(|| Problem::new(ProblemType::TaskNotFound))?;
        let subject = Subject {
            id,
            kind: &task.kind,
            owner: &task.owner,
        };
        self.permit(parts, action, &principal, subject).await?;
        Ok(task)
    }

    /// A watch of the task, for a principal who may do this to it.
    pub(crate) async fn watch(
        &self,
        parts: &Parts,
        action: Action,
        principal: &Principal,
        id: Named,
    ) -> Result<Watch, Problem> {
        let id = id.0.ok_or_else(|| Problem::new(ProblemType::TaskNotFound))?;
        let watch = self.leyline.watch(id).await?;
        let Snapshot { kind, owner, .. } = &**watch.first();
        self.permit(parts, action, principal, Subject { id, kind, owner })
            .await?;
        Ok(watch)
    }
}

/// The task that a path or a message names; `None` where the text is no id. Only the canonical form is one, so that a task
/// has one address.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Named(Option<TaskId>);

impl Named {
    pub(crate) fn parse(text: &str) -> Self {
        Self(text.parse().ok().filter(|id: &TaskId| id.to_string() == text))
    }

    pub(crate) fn id(self) -> Option<TaskId> {
        self.0
    }
}

/// Tells the request's span of its task: once, as a span keeps whatever it was told.
pub(crate) fn about(id: TaskId) {
    tracing::Span::current().record("task", tracing::field::display(id));
}

/// A parameter of the path. Paths of an outer router may bring parameters of their own, so it is taken by name.
pub(crate) async fn path_param(parts: &mut Parts, name: &str) -> Option<String> {
    let Path(mut params) = parts.extract::<Path<HashMap<String, String>>>().await.ok()?;
    params.remove(name)
}

impl<S: Sync> FromRequestParts<S> for Named {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let text = path_param(parts, urls::TASK_ID).await;
        let named = text.map_or(Self(None), |text| Self::parse(&text));
        if let Some(id) = named.0 {
            about(id);
        }
        Ok(named)
    }
}
