//! The file itself: from the request to the blob store, chunk by chunk.

use axum::http::request::Parts;
use bytes::Bytes;
use leyline_core::Upload;
use leyline_core::{Json, NewTask, blob};

use crate::auth::{Action, Principal};
use crate::gate::Api;
use crate::options::EmptyFile;
use crate::problem::{Problem, ProblemType};
use crate::tasks::{new_task, trace_context};

/// Where a file's bytes come from.
pub(super) trait Chunks: Send {
    /// The next bytes, never empty; `None` at the end.
    fn chunk(&mut self) -> impl Future<Output = Result<Option<Bytes>, Problem>> + Send;
}

/// What is known of an upload before its file.
pub(super) struct Draft<'a> {
    pub(super) api: &'a Api,
    pub(super) parts: &'a Parts,
    pub(super) principal: Principal,
    pub(super) idempotency_key: Option<String>,
    pub(super) kind: Option<String>,
    pub(super) params: Option<Json>,
}

/// What the client says of the file.
pub(super) struct File {
    pub(super) name: Option<String>,
    pub(super) content_type: Option<String>,
}

impl Draft<'_> {
    /// Takes the file in up to its end. Its task is not inserted yet; on an error nothing of it is left.
    pub(super) async fn receive(self, file: File, chunks: &mut impl Chunks) -> Result<Upload, Problem> {
        let mut head = Vec::new();
        if self.kind.is_none() && !self.api.options.default_kinds.is_empty() {
            peek(&mut head, chunks).await?;
        }
        let task = self.task(&file, &head)?;
        self.api
            .permit_new(self.parts, Action::Upload, &self.principal, &task)
            .await?;
        let name = file.name.as_deref().unwrap_or_default();
        let mut upload = self
            .api
            .leyline
            .upload(task, name, file.content_type.as_deref())?;
        match self.fill(&mut upload, head, chunks).await {
            Ok(()) => Ok(upload),
            Err(problem) => {
                upload.abort().await;
                Err(problem)
            }
        }
    }

    fn task(&self, file: &File, head: &[Bytes]) -> Result<NewTask, Problem> {
        let media_type = blob::content_type(&head.concat(), file.content_type.as_deref());
        let mut task = new_task(self.api, self.kind.as_deref(), Some(&media_type))?;
        if let Some(params) = &self.params {
            task.params = params.clone();
        }
        task.owner.clone_from(&self.principal.owner);
        task.idempotency_key.clone_from(&self.idempotency_key);
        task.trace_context = trace_context(&self.parts.headers);
        Ok(task)
    }

    async fn fill(
        &self,
        upload: &mut Upload,
        head: Vec<Bytes>,
        chunks: &mut impl Chunks,
    ) -> Result<(), Problem> {
        for bytes in head {
            self.write(upload, bytes).await?;
        }
        while let Some(bytes) = chunks.chunk().await? {
            self.write(upload, bytes).await?;
        }
        if upload.written() == 0 && self.api.options.empty_file == EmptyFile::Refuse {
            return Err(Problem::new(ProblemType::EmptyFile));
        }
        Ok(())
    }

    async fn write(&self, upload: &mut Upload, bytes: Bytes) -> Result<(), Problem> {
        let max = self.api.options.max_upload;
        if upload.written() + bytes.len() as u64 > max {
            return Err(Problem::because(
                ProblemType::TooLarge,
                format!("files take at most {max} bytes"),
            ));
        }
        Ok(upload.write(bytes).await?)
    }
}

/// Reads as much as it takes to tell what the file is.
async fn peek(head: &mut Vec<Bytes>, chunks: &mut impl Chunks) -> Result<(), Problem> {
    let mut length = 0;
    while length < blob::SNIFF_BYTES {
        let Some(bytes) = chunks.chunk().await? else { break };
        length += bytes.len();
        head.push(bytes);
    }
    Ok(())
}
