//! Reading a blob, verified on the way.

use std::fmt;
use std::ops::Range;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::stream::{BoxStream, Stream, StreamExt as _, TryStreamExt as _, try_unfold};
use object_store::path::Path;
use object_store::{GetOptions, GetResult, GetResultPayload, ObjectStore as _};
use tempfile::{NamedTempFile, TempPath};
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _, AsyncWriteExt as _};
use tokio_util::io::ReaderStream;

use super::blobs::Blobs;
use super::error::Error;
use crate::task::{BlobRef, Digest, Hasher};

/// Bytes read from a local file at once.
const CHUNK: usize = 256 * 1024;

type Chunks = BoxStream<'static, Result<Bytes, Error>>;

/// The bytes of a blob, chunk by chunk. Also a [`Stream`] of `Result<Bytes, Error>`.
pub struct BlobStream(Chunks);

impl Blobs {
    /// Reads a blob, whole or a range of bytes. A whole one is verified: its last chunk is given only if length and digest
    /// are those of `blob`. A range can't be verified.
    ///
    /// # Errors
    /// [`Error::NotFound`], or what the blob store answers.
    ///
    /// # Cancel safety
    /// Safe to drop.
    pub async fn read(&self, blob: &BlobRef, range: Option<Range<u64>>) -> Result<BlobStream, Error> {
        if range.as_ref().is_some_and(Range::is_empty) {
            return Ok(BlobStream(futures_util::stream::empty().boxed()));
        }
        let whole = range.is_none();
        let options = GetOptions::new().with_range(range);
        let found = self
            .store
            .get_opts(&Path::from(blob.key.as_str()), options)
            .await?;
        let chunks = chunks(found).await?;
        Ok(BlobStream(if whole { verified(chunks, blob) } else { chunks }))
    }

    /// Copies a whole blob to a file in the temporary directory, verified; the file goes with the path.
    ///
    /// # Errors
    /// As for [`read`](Self::read); [`Error::Corrupt`].
    ///
    /// # Cancel safety
    /// A dropped call leaves nothing behind.
    pub async fn download(&self, blob: &BlobRef) -> Result<TempPath, Error> {
        let mut stream = self.read(blob, None).await?;
        let create = || NamedTempFile::with_prefix("leyline-");
        let file = tokio::task::spawn_blocking(create)
            .await
            .map_err(object_store::Error::from)??;
        let (file, path) = file.into_parts();
        let mut file = tokio::fs::File::from_std(file);
        while let Some(chunk) = stream.chunk().await? {
            file.write_all(&chunk).await?;
        }
        file.flush().await?;
        Ok(path)
    }
}

impl BlobStream {
    /// The next bytes, or `None` at the end.
    ///
    /// # Errors
    /// What the blob store answers; [`Error::Corrupt`] in place of the last chunk of a damaged blob.
    ///
    /// # Cancel safety
    /// Safe to drop.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, Error> {
        self.0.next().await.transpose()
    }
}

impl Stream for BlobStream {
    type Item = Result<Bytes, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.as_mut().poll_next(cx)
    }
}

impl fmt::Debug for BlobStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BlobStream").finish_non_exhaustive()
    }
}

/// A local file is read in larger chunks than `object_store` would.
async fn chunks(found: GetResult) -> Result<Chunks, Error> {
    let range = found.range.clone();
    match found.payload {
        GetResultPayload::File(file, _) => {
            let mut file = tokio::fs::File::from_std(file);
            file.seek(std::io::SeekFrom::Start(range.start)).await?;
            let file = file.take(range.end - range.start);
            Ok(ReaderStream::with_capacity(file, CHUNK)
                .map_err(Error::from)
                .boxed())
        }
        GetResultPayload::Stream(stream) => Ok(stream.map_err(Error::from).boxed()),
    }
}

/// One chunk behind what was read, until all is verified.
struct Verified {
    chunks: Chunks,
    hasher: Hasher,
    held: Option<Bytes>,
    expected: Option<(Digest, String)>,
}

fn verified(chunks: Chunks, blob: &BlobRef) -> Chunks {
    let state = Verified {
        chunks: chunks.fuse().boxed(),
        hasher: Hasher::new(),
        held: None,
        expected: Some((blob.sha256, blob.key.clone())),
    };
    try_unfold(state, |mut state| async move {
        while let Some(chunk) = state.chunks.next().await.transpose()? {
            state.hasher.update(&chunk);
            if let Some(ready) = state.held.replace(chunk) {
                return Ok(Some((ready, state)));
            }
        }
        if let Some((digest, key)) = state.expected.take()
            && std::mem::take(&mut state.hasher).finish() != digest
        {
            return Err(Error::Corrupt { key });
        }
        Ok(state.held.take().map(|last| (last, state)))
    })
    .boxed()
}
