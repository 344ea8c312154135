//! The blob store: what is acknowledged is durable, what a crash cuts short is absent, whole or torn. One clock judges ages.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use futures_util::stream::{self, BoxStream, StreamExt as _};
use leyline_core::Task;
use leyline_core::env::Clock as _;
use leyline_core::task::Digest;
use object_store::path::Path;
use object_store::{
    Attributes, CopyOptions, Error, Extensions, GetOptions, GetResult, GetResultPayload, ListResult,
    MultipartUpload, ObjectMeta, ObjectStore, PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};

use super::node::Node;
use super::world::{World, locked};
use crate::history::Event;

/// A blob, and when it was written by the blob store's clock.
#[derive(Clone)]
pub(super) struct Object {
    bytes: Bytes,
    /// Milliseconds of the run.
    at: u64,
    /// Bits have rotten.
    damaged: bool,
}

/// A node's way to the blob store.
pub(super) struct NodeBlobs(pub(super) Arc<Node>);

impl World {
    fn put(&self, who: &str, key: &str, bytes: Bytes) {
        let object = Object {
            bytes,
            at: self.now(),
            damaged: false,
        };
        locked(&self.objects).insert(key.to_owned(), object);
        self.record(who, Event::Stored { key: key.to_owned() });
    }

    /// Bit rot: one upload, or one artifact, is not what it was.
    pub(super) fn damage(&self) {
        let mut objects = locked(&self.objects);
        let nth = self.dice.below(objects.len() as u64) as usize;
        if let Some(object) = objects.values_mut().nth(nth) {
            object.bytes = Bytes::from_static(b"rotten");
            object.damaged = true;
            self.count("blob damaged");
        }
    }

    /// Every blob, and whether it is what its row says.
    pub(super) fn audit_blobs(&self, tasks: &[Task]) {
        let now = self.now();
        let artifacts = tasks.iter().filter_map(|task| task.output.as_ref());
        let named = artifacts.flat_map(|output| &output.artifacts);
        let named: Vec<_> = named
            .chain(tasks.iter().filter_map(|task| task.input.as_ref()))
            .collect();
        let objects = locked(&self.objects).clone();
        for (key, object) in objects.into_iter().filter(|(key, _)| !key.starts_with("sweep/")) {
            let blob = named.iter().find(|blob| blob.key == key);
            let sound = blob
                .filter(|_| !object.damaged)
                .map(|blob| blob.sha256 == Digest::of(&object.bytes));
            let age = now - object.at;
            self.record("audit", Event::Blob { key, age, sound });
        }
    }

    fn meta(&self, location: Path, object: &Object) -> ObjectMeta {
        let age = Duration::from_millis(self.now() - object.at);
        let micros = u64::try_from(self.clock.now().as_microsecond()).unwrap_or(0);
        let now = SystemTime::UNIX_EPOCH + Duration::from_micros(micros);
        ObjectMeta {
            location,
            last_modified: (now - age).into(),
            size: object.bytes.len() as u64,
            e_tag: None,
            version: None,
        }
    }
}

impl NodeBlobs {
    fn world(&self) -> &Arc<World> {
        &self.0.world
    }

    /// Through the gate; an error before anything was done, perhaps.
    async fn pass(&self) -> Result<()> {
        self.0.gate.pass().await;
        let world = self.world();
        if world.plan.slow > 0.1 && world.strikes("blobs slow", world.plan.slow) {
            world.dice.pause(0, 60).await;
            self.0.gate.pass().await;
        }
        if world.strikes("blobs refused", world.plan.blob_faults) {
            return Err(fault());
        }
        Ok(())
    }

    /// After the effect: an error all the same, perhaps.
    async fn back(&self) -> Result<()> {
        self.0.gate.pass().await;
        let world = self.world();
        if world.strikes("blobs answer lost", world.plan.blob_faults / 2.0) {
            return Err(fault());
        }
        Ok(())
    }
}

fn fault() -> Error {
    Error::Generic {
        store: "simulated",
        source: "a fault".into(),
    }
}

fn missing(path: &Path) -> Error {
    Error::NotFound {
        path: path.to_string(),
        source: "there is none".into(),
    }
}

#[async_trait::async_trait]
impl ObjectStore for NodeBlobs {
    async fn put_opts(&self, location: &Path, payload: PutPayload, _: PutOptions) -> Result<PutResult> {
        self.pass().await?;
        let (node, key) = (Arc::clone(&self.0), location.to_string());
        let bytes = Bytes::from(payload);
        // In a task of its own: it is under way, whatever becomes of who sent it.
        let written = tokio::spawn(async move { write(&node, &key, bytes).await });
        written.await.map_err(Error::from)?;
        self.back().await?;
        Ok(PutResult {
            e_tag: None,
            version: None,
            extensions: Extensions::default(),
        })
    }

    async fn put_multipart_opts(&self, _: &Path, _: PutMultipartOptions) -> Result<Box<dyn MultipartUpload>> {
        // Blobs of a simulation are smaller than a part.
        Err(fault())
    }

    async fn get_opts(&self, location: &Path, _: GetOptions) -> Result<GetResult> {
        self.pass().await?;
        let object = locked(&self.world().objects).get(location.as_ref()).cloned();
        let object = object.ok_or_else(|| missing(location))?;
        self.back().await?;
        let meta = self.world().meta(location.clone(), &object);
        Ok(GetResult {
            range: 0..meta.size,
            meta,
            payload: GetResultPayload::Stream(stream::iter([Ok(object.bytes)]).boxed()),
            attributes: Attributes::default(),
            extensions: Extensions::default(),
        })
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        let blobs = Self(Arc::clone(&self.0));
        let delete = move |location: Result<Path>| {
            let blobs = Self(Arc::clone(&blobs.0));
            async move {
                let location = location?;
                blobs.pass().await?;
                remove(&blobs.0, location.as_ref());
                blobs.back().await?;
                Ok(location)
            }
        };
        locations.then(delete).boxed()
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        let prefix = prefix.map(|prefix| format!("{prefix}/")).unwrap_or_default();
        let world = self.world();
        let objects = locked(&world.objects);
        let found = objects.iter().filter(|(key, _)| key.starts_with(&prefix));
        let metas: Vec<_> = found
            .map(|(key, object)| Ok(world.meta(Path::from(key.as_str()), object)))
            .collect();
        stream::iter(metas).boxed()
    }

    async fn list_with_delimiter(&self, _: Option<&Path>) -> Result<ListResult> {
        Err(fault())
    }

    async fn copy_opts(&self, _: &Path, _: &Path, _: CopyOptions) -> Result<()> {
        Err(fault())
    }
}

async fn write(node: &Node, key: &str, bytes: Bytes) {
    let world = &node.world;
    if !world.is_quiet() && world.dice.chance(world.plan.slow) {
        world.dice.pause(0, 100).await;
    }
    if node.gate.is_dead() && !world.is_quiet() {
        // Cut short.
        match world.dice.below(3) {
            0 => return world.count("blob lost in a crash"),
            1 => {
                world.count("blob torn in a crash");
                let half = bytes.slice(..bytes.len() / 2);
                let object = Object {
                    bytes: half,
                    at: world.now(),
                    damaged: false,
                };
                locked(&world.objects).insert(key.to_owned(), object);
                return;
            }
            _ => world.count("blob written by the dead"),
        }
    }
    world.put(&node.name, key, bytes);
}

fn remove(node: &Node, key: &str) {
    let world = &node.world;
    let removed = locked(&world.objects).remove(key);
    if let Some(object) = removed {
        let age = world.now() - object.at;
        world.record(
            &node.name,
            Event::Removed {
                key: key.to_owned(),
                age,
                grace: node.sweeps,
            },
        );
    }
}

impl fmt::Debug for NodeBlobs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NodeBlobs")
    }
}

impl fmt::Display for NodeBlobs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("simulated blobs")
    }
}
