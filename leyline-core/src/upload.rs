//! Uploads: bytes first, row second (invariant 2).

use std::fmt;

use bytes::Bytes;

use crate::blob::BlobWriter;
use crate::error::Error;
use crate::leyline::Leyline;
use crate::metrics;
use crate::prepared::Prepared;
use crate::store::Inserted;
use crate::task::NewTask;

/// A file on its way in. Its bytes go to the blob store as they come; [`finish`](Self::finish) makes them durable and then
/// inserts the task. Dropped before that, nothing is left but bytes that the sweeper removes.
pub struct Upload {
    leyline: Leyline,
    task: NewTask,
    writer: BlobWriter,
}

impl Leyline {
    /// Begins an upload for `task`. `name` is the client's file name, cleaned here; `content_type` what the client declared,
    /// used where the first bytes don't tell.
    ///
    /// # Errors
    /// [`Error::NoBlobs`], [`Error::Invalid`].
    pub fn upload(&self, task: NewTask, name: &str, content_type: Option<&str>) -> Result<Upload, Error> {
        task.validate()?;
        let blobs = self.blobs().ok_or(Error::NoBlobs)?;
        let name = crate::task::label::clean_file_name(name);
        let writer = blobs.writer(blobs.upload_key(task.id), &name, content_type);
        Ok(Upload {
            leyline: self.clone(),
            task,
            writer,
        })
    }
}

impl Upload {
    /// Takes the next bytes.
    ///
    /// # Errors
    /// What the blob store answers; the upload can't go on then.
    ///
    /// # Cancel safety
    /// After a dropped call the upload can't go on.
    pub async fn write(&mut self, bytes: Bytes) -> Result<(), Error> {
        metrics::upload_bytes(bytes.len());
        Ok(self.writer.write(bytes).await?)
    }

    /// Bytes taken so far.
    pub fn written(&self) -> u64 {
        self.writer.written()
    }

    /// Makes the bytes durable, then inserts the task.
    ///
    /// Where the answer is a task that was there already, or a definite refusal, the bytes just written are removed. After
    /// an unknown outcome they stay: the row may name them.
    ///
    /// # Errors
    /// As for [`Leyline::submit`], and what the blob store answers.
    ///
    /// # Cancel safety
    /// A dropped call may or may not have inserted the task.
    pub async fn finish(self) -> Result<Inserted, Error> {
        let Self {
            leyline,
            mut task,
            writer,
        } = self;
        let blob = writer.finish().await?;
        let key = blob.key.clone();
        task.input = Some(blob);
        let answer = leyline.submit(task).await;
        let unused = match &answer {
            Ok(inserted) => inserted.task.input.as_ref().is_none_or(|input| input.key != key),
            Err(Error::Store(error)) => error.is_definite(),
            Err(_) => true,
        };
        if unused && let Some(blobs) = leyline.blobs() {
            blobs.delete(&[key]).await;
        }
        answer
    }

    /// Makes the bytes durable, and checks the task for a transaction of the caller's own; see [`Leyline::prepare`]. Of a
    /// task that is not committed in the end, the bytes are left to the sweeper. It spares them for
    /// [`blob_grace`](crate::Options::blob_grace): the commit has to come within it.
    ///
    /// # Errors
    /// As for [`Leyline::prepare`], and what the blob store answers.
    ///
    /// # Cancel safety
    /// A dropped call leaves at most bytes that the sweeper removes.
    pub async fn prepare(self) -> Result<Prepared, Error> {
        let Self {
            leyline,
            mut task,
            writer,
        } = self;
        task.input = Some(writer.finish().await?);
        leyline.prepare(task)
    }

    /// Throws the upload away.
    ///
    /// # Cancel safety
    /// A dropped call leaves at most bytes that the sweeper removes.
    pub async fn abort(self) {
        self.writer.abort().await;
    }
}

impl fmt::Debug for Upload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upload")
            .field("id", &self.task.id)
            .finish_non_exhaustive()
    }
}
