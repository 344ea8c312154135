//! Clients: they submit and upload, give up at any moment, and send again.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use leyline_core::{Error, Leyline, NewTask, TaskId, store};

use super::cluster::{Cluster, KIND};
use super::code::{End, Params};
use super::node::Node;
use super::operator::operate;
use super::watcher::watch;
use crate::history::Event;

/// Times that a request is sent.
const TRIES: u64 = 8;

/// What a client wants.
struct Request {
    who: String,
    params: Params,
    /// The idempotency key goes with it, and each attempt has a task id of its own.
    keyed: bool,
    upload: bool,
    /// The id, where there is no key.
    id: Option<TaskId>,
}

/// How one attempt ended.
enum Attempt {
    Accepted(TaskId),
    /// Not known, or not now: it is sent again.
    Again,
}

pub(super) async fn client(cluster: Arc<Cluster>, number: u64) {
    let world = &cluster.world;
    let _busy = world.busy();
    world.clients.fetch_add(1, Ordering::Relaxed);
    let who = format!("c{number}");
    for nth in 0..world.plan.requests {
        world.dice.pause(0, 2_500).await;
        let mut request = Request {
            params: params(&cluster, format!("{who}-{nth}")),
            who: who.clone(),
            keyed: world.dice.chance(0.6),
            upload: world.dice.chance(0.5),
            id: None,
        };
        if let Some(task) = submit(&cluster, &mut request).await {
            follow(&cluster, task);
        }
    }
    world.clients.fetch_sub(1, Ordering::Relaxed);
}

fn params(cluster: &Cluster, request: String) -> Params {
    let dice = &cluster.world.dice;
    let ends = [
        End::Completes,
        End::Completes,
        End::Completes,
        End::Completes,
        End::FailsOnce,
        End::Fails,
        End::FailsForGood,
        End::Panics,
        End::Snoozes,
        End::Deaf,
    ];
    let end = match dice.below(24) {
        0 => End::Hangs,
        1 | 2 if cluster.world.plan.killers => End::Kills,
        _ => dice.pick(&ends).unwrap_or(End::Completes),
    };
    Params {
        request,
        steps: dice.between(0, 5),
        step: dice.between(0, 500),
        artifacts: dice.below(3),
        end,
    }
}

/// Sends a request until it is accepted, or the client has had enough.
async fn submit(cluster: &Arc<Cluster>, request: &mut Request) -> Option<TaskId> {
    let world = &cluster.world;
    let mut accepted = None;
    for _ in 0..TRIES {
        // Now and then twice at once: two tabs, or a proxy that tries again.
        let twice = request.keyed && world.dice.chance(0.15);
        let attempts = if twice {
            world.count("sent twice at once");
            let (one, two) = tokio::join! { biased; attempt(cluster, request), attempt(cluster, request) };
            vec![one, two]
        } else {
            if !request.keyed && request.id.is_none() {
                let (_, leyline) = cluster.any()?;
                request.id = Some(leyline.env().task_id());
            }
            vec![attempt(cluster, request).await]
        };
        for attempt in attempts {
            if let Attempt::Accepted(task) = attempt {
                accepted = Some(task);
            }
        }
        // Whoever was answered may ask again all the same.
        if accepted.is_some() && !world.strikes("asked again", 0.1) {
            break;
        }
        world.dice.pause(50, 900).await;
    }
    accepted
}

async fn attempt(cluster: &Arc<Cluster>, request: &Request) -> Attempt {
    let world = &cluster.world;
    let name = &request.params.request;
    let Some((node, leyline)) = cluster.any() else {
        return Attempt::Again;
    };
    let sent = Event::Sent {
        request: name.clone(),
    };
    world.record(&request.who, sent);
    let impatient = world.strikes("client gave up", if world.plan.calm { 0.0 } else { 0.08 });
    let patience = if impatient {
        world.dice.millis(0, 60)
    } else {
        Duration::from_secs(10)
    };
    let answer = tokio::time::timeout(patience, send(&node, &leyline, request)).await;
    let (event, attempt) = match answer {
        Ok(Ok(task)) => (
            Event::Accepted {
                request: name.clone(),
                task,
            },
            Attempt::Accepted(task),
        ),
        Ok(Err(Error::TooManyPending { .. })) => {
            world.count("refused under load");
            let refused = Event::Refused {
                request: name.clone(),
                bytes: 0,
                typed: true,
            };
            (refused, Attempt::Again)
        }
        Ok(Err(Error::Store(error @ store::Error::IdempotencyConflict { .. }))) => {
            panic!("the same request was taken for another one: {error}")
        }
        _ => (
            Event::Unsure {
                request: name.clone(),
            },
            Attempt::Again,
        ),
    };
    world.record(&request.who, event);
    attempt
}

async fn send(node: &Node, leyline: &Leyline, request: &Request) -> Result<TaskId, Error> {
    node.gate.pass().await;
    if node.world.plan.crowded {
        leyline.admit().await?;
    }
    let task = new_task(leyline, request)?;
    let inserted = if request.upload {
        let mut upload = leyline.upload(task, "input.txt", None)?;
        upload.write(request.params.input().into()).await?;
        upload.finish().await?
    } else {
        leyline.submit(task).await?
    };
    node.gate.pass().await;
    Ok(inserted.task.id)
}

fn new_task(leyline: &Leyline, request: &Request) -> Result<NewTask, Error> {
    let mut task = leyline.new_task(KIND)?;
    task.params = leyline_core::Json::new(&request.params)?;
    task.owner.clone_from(&request.who);
    match request.id {
        Some(id) => task.id = id,
        None => task.idempotency_key = Some(request.params.request.clone()),
    }
    Ok(task)
}

/// Those who are interested in a task.
fn follow(cluster: &Arc<Cluster>, task: TaskId) {
    let world = &cluster.world;
    for _ in 0..world.dice.between(0, 3) {
        tokio::spawn(watch(Arc::clone(cluster), world.busy(), task));
    }
    if world.plan.cancels && world.dice.chance(0.4) {
        tokio::spawn(operate(Arc::clone(cluster), world.busy(), task));
    }
}
