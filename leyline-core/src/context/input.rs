//! The uploaded file, as a stream or as a file.

use std::path::Path;

use super::TaskContext;
use crate::blob::{BlobStream, Blobs};
use crate::processor::ProcessError;
use crate::task::BlobRef;

impl TaskContext {
    /// The uploaded file as a stream. Its digest is verified before the last bytes are given, so code that reads to the end
    /// without an error has read what was uploaded.
    ///
    /// # Errors
    /// The task has no input (permanent, `no-input`), or the blob store failed.
    ///
    /// # Cancel safety
    /// Safe to drop.
    pub async fn input(&self) -> Result<BlobStream, ProcessError> {
        let (blobs, input) = self.input_blob()?;
        Ok(blobs.read(input, None).await?)
    }

    /// The uploaded file as a file of its own in the temporary directory, fetched once for each attempt and removed with
    /// its last context. Its digest is verified before the path is handed out.
    ///
    /// # Errors
    /// As for [`input`](Self::input).
    ///
    /// # Cancel safety
    /// A dropped call leaves nothing behind.
    pub async fn input_path(&self) -> Result<&Path, ProcessError> {
        let (blobs, input) = self.input_blob()?;
        let path = self
            .0
            .input_file
            .get_or_try_init(|| blobs.download(input))
            .await?;
        Ok(path)
    }

    fn input_blob(&self) -> Result<(&Blobs, &BlobRef), ProcessError> {
        let input = self.0.task.input.as_ref();
        let input = input
            .ok_or_else(|| ProcessError::permanent("no-input", "this task needs a file and has none"))?;
        let blobs = self.0.blobs.as_ref();
        let blobs =
            blobs.ok_or_else(|| ProcessError::permanent("no-blobs", "this service has no blob store"))?;
        Ok((blobs, input))
    }
}
