//! Operators: they cancel, requeue and delete.

use std::sync::Arc;
use std::time::Duration;

use leyline_core::{Error, Status, TaskId};

use super::cluster::Cluster;
use super::world::Busy;
use crate::history::Event;

/// How long an operator waits for an answer.
const PATIENCE: Duration = Duration::from_secs(6);

pub(super) async fn operate(cluster: Arc<Cluster>, _busy: Busy, task: TaskId) {
    let world = Arc::clone(&cluster.world);
    world.dice.pause(0, 3_000).await;
    if world.dice.chance(0.7) {
        cancel(&cluster, task).await;
    }
    if world.dice.chance(0.4) {
        world.dice.pause(0, 2_000).await;
        requeue(&cluster, task).await;
        world.dice.pause(0, 2_000).await;
        if world.dice.chance(0.5) {
            cancel(&cluster, task).await;
        }
    }
    if world.dice.chance(0.25) {
        world.dice.pause(0, 3_000).await;
        delete(&cluster, task).await;
    }
}

async fn cancel(cluster: &Cluster, task: TaskId) {
    let Some((node, leyline)) = cluster.any() else {
        return;
    };
    let call = async {
        node.gate.pass().await;
        let cancelled = leyline.cancel(task, None).await?;
        node.gate.pass().await;
        Ok::<_, Error>(cancelled)
    };
    if let Ok(Ok(cancelled)) = tokio::time::timeout(PATIENCE, call).await {
        cluster.world.count("cancelled");
        debug_assert_eq!(cancelled.status, Status::Cancelled);
        let event = Event::Cancelled {
            task,
            revision: cancelled.revision,
        };
        cluster.world.record("operator", event);
    }
}

async fn requeue(cluster: &Cluster, task: TaskId) {
    let Some((node, leyline)) = cluster.any() else {
        return;
    };
    let call = async {
        node.gate.pass().await;
        // Of the revision that was seen, as a page would: sent again it is refused.
        let seen = leyline.get(task).await?.map(|task| task.revision);
        let requeued = leyline.requeue(task, seen).await?;
        node.gate.pass().await;
        Ok::<_, Error>(requeued)
    };
    if let Ok(Ok(requeued)) = tokio::time::timeout(PATIENCE, call).await {
        cluster.world.count("requeued");
        let event = Event::Requeued {
            task,
            revision: requeued.revision,
        };
        cluster.world.record("operator", event);
    }
}

async fn delete(cluster: &Cluster, task: TaskId) {
    let Some((node, leyline)) = cluster.any() else {
        return;
    };
    cluster.world.record("operator", Event::Deleting { task });
    let call = async {
        node.gate.pass().await;
        leyline.delete(task, None).await
    };
    if let Ok(Ok(())) = tokio::time::timeout(PATIENCE, call).await {
        cluster.world.count("deleted");
    }
}
