//! Writing a blob: digest and media type are found as the bytes pass by, in constant memory.

use std::fmt;

use bytes::Bytes;
use object_store::path::Path;
use object_store::{MultipartUpload, ObjectStoreExt as _, PutPayload};
use tokio::task::JoinHandle;
use tracing::debug;

use super::blobs::Blobs;
use super::error::Error;
use super::sniff::{SNIFF_BYTES, content_type};
use crate::task::{BlobRef, Hasher};

/// Writes one blob. It is there, whole and durable, when [`finish`](Self::finish) returns, and not before; one that is
/// dropped earlier is thrown away.
pub struct BlobWriter {
    blobs: Blobs,
    key: String,
    name: String,
    declared: Option<String>,
    /// The first bytes, for the media type.
    head: Vec<u8>,
    hasher: Hasher,
    size: u64,
    part: Part,
    /// Begun when the first part is full: a small blob is one call.
    upload: Option<Box<dyn MultipartUpload>>,
    /// The part that is being sent while the next is gathered.
    sending: Option<JoinHandle<object_store::Result<()>>>,
}

/// Chunks gathered as they came, without copying.
#[derive(Default)]
struct Part {
    chunks: Vec<Bytes>,
    bytes: usize,
}

impl Part {
    fn push(&mut self, bytes: Bytes) {
        self.bytes += bytes.len();
        self.chunks.push(bytes);
    }

    fn take(&mut self) -> PutPayload {
        self.bytes = 0;
        self.chunks.drain(..).collect()
    }
}

impl Blobs {
    /// Begins a blob at `key`, which must be fresh. `declared` is a media type that counts where the first bytes show none.
    pub(crate) fn writer(&self, key: String, name: &str, declared: Option<&str>) -> BlobWriter {
        BlobWriter {
            blobs: self.clone(),
            key,
            name: name.to_owned(),
            declared: declared.map(str::to_owned),
            head: Vec::new(),
            hasher: Hasher::new(),
            size: 0,
            part: Part::default(),
            upload: None,
            sending: None,
        }
    }
}

impl BlobWriter {
    /// Takes the next bytes. Waits while the part before is still being sent.
    ///
    /// # Errors
    /// What the blob store answers; the blob can't go on then.
    ///
    /// # Cancel safety
    /// After a dropped call the blob can't go on.
    pub async fn write(&mut self, mut bytes: Bytes) -> Result<(), Error> {
        while !bytes.is_empty() {
            let room = self.blobs.part - self.part.bytes;
            let chunk = bytes.split_to(room.min(bytes.len()));
            self.hasher.update(&chunk);
            self.size += chunk.len() as u64;
            let unseen = SNIFF_BYTES.saturating_sub(self.head.len()).min(chunk.len());
            self.head.extend_from_slice(&chunk[..unseen]);
            self.part.push(chunk);
            if self.part.bytes == self.blobs.part {
                self.send().await?;
            }
        }
        Ok(())
    }

    /// Bytes taken so far.
    pub fn written(&self) -> u64 {
        self.size
    }

    /// Makes the blob durable and says what it is.
    ///
    /// # Errors
    /// What the blob store answers; nothing is there then, or garbage that the sweeper removes.
    ///
    /// # Cancel safety
    /// A dropped call leaves at most a blob that the sweeper removes.
    pub async fn finish(mut self) -> Result<BlobRef, Error> {
        if self.upload.is_none() {
            let path = Path::from(self.key.as_str());
            self.blobs.store.put(&path, self.part.take()).await?;
        } else {
            if self.part.bytes > 0 {
                self.send().await?;
            }
            self.sent().await?;
            if let Some(mut upload) = self.upload.take() {
                upload.complete().await?;
            }
        }
        Ok(BlobRef {
            key: std::mem::take(&mut self.key),
            name: std::mem::take(&mut self.name),
            size: self.size,
            sha256: std::mem::take(&mut self.hasher).finish(),
            content_type: content_type(&self.head, self.declared.as_deref()),
        })
    }

    /// Throws the blob away.
    ///
    /// # Cancel safety
    /// A dropped call leaves at most parts that the blob store removes by its own rules.
    pub async fn abort(mut self) {
        let _ = self.sent().await;
        if let Some(upload) = self.upload.take() {
            throw_away(upload, &self.key).await;
        }
    }

    /// Sends the gathered part on; the next can be gathered meanwhile.
    async fn send(&mut self) -> Result<(), Error> {
        self.sent().await?;
        let payload = self.part.take();
        if self.upload.is_none() {
            let path = Path::from(self.key.as_str());
            self.upload = Some(self.blobs.store.put_multipart(&path).await?);
        }
        if let Some(upload) = &mut self.upload {
            self.sending = Some(tokio::spawn(upload.put_part(payload)));
        }
        Ok(())
    }

    /// Waits for the part that is being sent.
    async fn sent(&mut self) -> Result<(), Error> {
        match self.sending.take() {
            Some(sending) => Ok(sending.await.map_err(object_store::Error::from)??),
            None => Ok(()),
        }
    }
}

impl Drop for BlobWriter {
    fn drop(&mut self) {
        if let (Some(upload), Ok(runtime)) = (self.upload.take(), tokio::runtime::Handle::try_current()) {
            let (key, sending) = (std::mem::take(&mut self.key), self.sending.take());
            runtime.spawn(async move {
                if let Some(sending) = sending {
                    let _ = sending.await;
                }
                throw_away(upload, &key).await;
            });
        }
    }
}

async fn throw_away(mut upload: Box<dyn MultipartUpload>, key: &str) {
    if let Err(error) = upload.abort().await {
        debug!(%error, key, "could not throw an unfinished blob away");
    }
}

impl fmt::Debug for BlobWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BlobWriter")
            .field("key", &self.key)
            .field("size", &self.size)
            .finish_non_exhaustive()
    }
}
