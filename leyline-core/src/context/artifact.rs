//! Artifacts: the named blobs that a task produces.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::PoisonError;

use bytes::Bytes;

use super::TaskContext;
use crate::blob::{self, BlobWriter};
use crate::task::BlobRef;

/// Longest name of an artifact, in bytes.
pub(super) const MAX_ARTIFACT_NAME_BYTES: usize = 128;

/// Most artifacts of one task.
pub(super) const MAX_ARTIFACTS: usize = 64;

/// Why an artifact can't be begun or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ArtifactError {
    /// The name is not `[A-Za-z0-9._-]{1,128}`, or is only dots.
    #[error(
        "an artifact's name is 1 to {MAX_ARTIFACT_NAME_BYTES} characters of A-Z, a-z, 0-9, dot, underscore, hyphen"
    )]
    Name,
    /// The attempt has begun one of this name already.
    #[error("the artifact {name} was begun already")]
    Duplicate {
        /// The name.
        name: String,
    },
    /// The attempt has begun 64 already, which is the most.
    #[error("a task has at most {MAX_ARTIFACTS} artifacts")]
    TooMany,
    /// The service has no blob store.
    #[error("this service has no blob store")]
    NoBlobs,
    /// The blob store failed.
    #[error(transparent)]
    Blob(#[from] blob::Error),
}

/// What an attempt has begun and finished.
#[derive(Default)]
pub(super) struct Artifacts {
    begun: BTreeSet<String>,
    finished: Vec<(usize, BlobRef)>,
}

impl Artifacts {
    /// In the order in which they were begun.
    pub(super) fn take(&mut self) -> Vec<BlobRef> {
        let mut finished = std::mem::take(&mut self.finished);
        finished.sort_by_key(|(order, _)| *order);
        finished.into_iter().map(|(_, blob)| blob).collect()
    }
}

/// Streams one artifact into the blob store. It becomes part of the output when it is [finished](Self::finish) and the
/// task completes; what is not finished is thrown away.
pub struct ArtifactWriter {
    cx: TaskContext,
    order: usize,
    writer: BlobWriter,
}

impl TaskContext {
    /// Begins an artifact. Its name is `[A-Za-z0-9._-]{1,128}` and unique within the task; `content_type` is a media type,
    /// or `None` to let the first bytes tell.
    ///
    /// # Errors
    /// [`ArtifactError`]: a bad or repeated name, too many of them, no blob store.
    pub fn artifact(&self, name: &str, content_type: Option<&str>) -> Result<ArtifactWriter, ArtifactError> {
        let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
        let named = !name.is_empty() && name.len() <= MAX_ARTIFACT_NAME_BYTES && name.bytes().all(allowed);
        if !named || name.bytes().all(|b| b == b'.') {
            return Err(ArtifactError::Name);
        }
        let blobs = self.0.blobs.as_ref().ok_or(ArtifactError::NoBlobs)?;
        let mut artifacts = self.0.artifacts.lock().unwrap_or_else(PoisonError::into_inner);
        let order = artifacts.begun.len();
        if order >= MAX_ARTIFACTS {
            return Err(ArtifactError::TooMany);
        }
        if !artifacts.begun.insert(name.to_owned()) {
            return Err(ArtifactError::Duplicate {
                name: name.to_owned(),
            });
        }
        let key = blobs.result_key(&self.0.claim, name);
        Ok(ArtifactWriter {
            cx: self.clone(),
            order,
            writer: blobs.writer(key, name, content_type),
        })
    }

    /// Writes a whole artifact from memory: [`artifact`](Self::artifact), one write, finish.
    ///
    /// # Errors
    /// As for [`artifact`](Self::artifact), and what the blob store answers.
    ///
    /// # Cancel safety
    /// A dropped call leaves at most bytes that the sweeper removes.
    pub async fn artifact_bytes(
        &self,
        name: &str,
        content_type: Option<&str>,
        bytes: impl Into<Bytes> + Send,
    ) -> Result<(), ArtifactError> {
        let mut writer = self.artifact(name, content_type)?;
        writer.write(bytes.into()).await?;
        writer.finish().await
    }
}

impl ArtifactWriter {
    /// Writes the next bytes.
    ///
    /// # Errors
    /// The blob store failed.
    ///
    /// # Cancel safety
    /// After a dropped call the artifact must be begun anew under another name, or the attempt given up.
    pub async fn write(&mut self, bytes: Bytes) -> Result<(), ArtifactError> {
        Ok(self.writer.write(bytes).await?)
    }

    /// Makes the bytes durable and the artifact part of the output.
    ///
    /// # Errors
    /// The blob store failed.
    ///
    /// # Cancel safety
    /// A dropped call leaves at most bytes that the sweeper removes.
    pub async fn finish(self) -> Result<(), ArtifactError> {
        let Self { cx, order, writer } = self;
        let blob = writer.finish().await?;
        cx.0.artifacts
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .finished
            .push((order, blob));
        Ok(())
    }
}

impl fmt::Debug for ArtifactWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ArtifactWriter")
            .field("order", &self.order)
            .finish_non_exhaustive()
    }
}
