//! Watchers: early, late, twice, slow; they go to another node when theirs dies.

use std::sync::Arc;
use std::time::Duration;

use leyline_core::blob;
use leyline_core::{Leyline, Status, TaskEvent, TaskId, Update, Watch};

use super::cluster::Cluster;
use super::node::Node;
use super::world::{Busy, World, locked};
use crate::history::{Bytes, Close, Event, Version};

/// How long a watcher waits for the first snapshot.
const PATIENCE: Duration = Duration::from_secs(12);

pub(super) async fn watch(cluster: Arc<Cluster>, _busy: Busy, task: TaskId) {
    let world = Arc::clone(&cluster.world);
    if world.dice.chance(0.4) {
        world.dice.pause(0, 6_000).await;
    }
    let slow = world.strikes("watcher slow", 0.2);
    loop {
        let Some((node, leyline)) = cluster.any() else {
            world.dice.pause(50, 300).await;
            continue;
        };
        let watch = world.next_watch();
        let watcher = Watcher {
            who: format!("w{watch}"),
            world: Arc::clone(&world),
            node,
            leyline,
            watch,
            task,
            slow,
        };
        let why = watcher.run().await;
        let closed = Event::Closed { watch, task, why };
        world.record(&watcher.who, closed);
        if why != Close::Broken {
            return;
        }
        world.count("watcher went elsewhere");
        world.dice.pause(10, 800).await;
    }
}

/// One watch on one node.
struct Watcher {
    who: String,
    world: Arc<World>,
    node: Arc<Node>,
    leyline: Leyline,
    watch: u64,
    task: TaskId,
    slow: bool,
}

impl Watcher {
    async fn run(&self) -> Close {
        self.record(Event::Watched {
            watch: self.watch,
            task: self.task,
            known: None,
        });
        let opening = async {
            self.node.gate.pass().await;
            self.leyline.watch(self.task).await
        };
        let begun = tokio::select! { biased;
            () = self.node.gate.dead() => return Close::Broken,
            begun = tokio::time::timeout(PATIENCE, opening) => begun,
        };
        let mut watch = match begun {
            Ok(Ok(watch)) => watch,
            Ok(Err(leyline_core::Error::Store(error))) if error.is_not_found() => return Close::Absent,
            _ => return Close::Broken,
        };
        loop {
            let (newest, update) = tokio::select! { biased;
                () = self.node.gate.dead() => return Close::Broken,
                told = self.next(&mut watch) => told,
            };
            let event = match update {
                Some(Update::Event(event)) => event,
                Some(Update::Gone(_)) => return Close::Gone,
                None => return Close::End,
            };
            self.saw(&event, newest);
            if event.status == Status::Completed && self.world.dice.chance(0.4) {
                self.read_results().await;
            }
            if self.world.strikes("watcher left", 0.03) {
                return Close::Left;
            }
            if self.slow {
                self.world.dice.pause(0, 3_000).await;
            }
        }
    }

    /// What was there to be told, and what is told.
    async fn next(&self, watch: &mut Watch) -> (Option<Version>, Option<Update>) {
        let newest = self.leyline.hub().current(self.task).map(|event| event.version());
        (newest, watch.next().await)
    }

    fn saw(&self, event: &TaskEvent, newest: Option<Version>) {
        let key = (self.node.index, self.task, event.revision);
        if event.is_terminal() && !locked(&self.world.delivered).contains(&key) {
            self.world.count("end told by the store alone");
        }
        self.record(Event::Saw {
            watch: self.watch,
            task: self.task,
            version: event.version(),
            status: event.status,
            fraction: event.progress.fraction,
            newest,
        });
    }

    /// Whoever is told of the end wants the result.
    async fn read_results(&self) {
        let read = async {
            let Ok(Some(task)) = self.leyline.get(self.task).await else {
                return;
            };
            let Some(output) = task.output.as_ref().filter(|_| task.status == Status::Completed) else {
                return;
            };
            for artifact in &output.artifacts {
                let written = format!(
                    "{} of {} at revision {}",
                    artifact.name,
                    task.id,
                    task.revision - 1
                );
                let answer = match self.read(artifact).await {
                    Ok(bytes) if bytes == written.as_bytes() => Bytes::Sound,
                    Ok(_) => Bytes::Wrong,
                    Err(error) if error.is_not_found() => Bytes::Missing,
                    // Rot is a fault of its own, which the reader was told of.
                    Err(_) => Bytes::Failed,
                };
                self.record(Event::Read {
                    task: task.id,
                    name: artifact.name.clone(),
                    revision: Some(task.revision),
                    answer,
                });
            }
        };
        let _ = tokio::time::timeout(PATIENCE, read).await;
    }

    async fn read(&self, artifact: &leyline_core::task::BlobRef) -> Result<Vec<u8>, blob::Error> {
        let blobs = self.leyline.blobs().expect("every node has a blob store");
        let mut stream = blobs.read(artifact, None).await?;
        let mut bytes = Vec::new();
        while let Some(chunk) = stream.chunk().await? {
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes)
    }

    fn record(&self, event: Event) {
        self.world.record(&self.who, event);
    }
}
