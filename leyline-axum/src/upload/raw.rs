//! An upload as it is: the body is the file, the rest stands in the query and the headers.

use axum::http::header;
use bytes::Bytes;
use leyline_core::Upload;
use leyline_core::task::Json;

use super::intake::{Chunks, Draft, File};
use crate::body::RequestBody;
use crate::header::disposition;
use crate::problem::{Problem, ProblemType};

#[derive(serde::Deserialize)]
struct Fields {
    kind: Option<String>,
    params: Option<String>,
}

impl Chunks for RequestBody {
    async fn chunk(&mut self) -> Result<Option<Bytes>, Problem> {
        Ok(self.next().await?)
    }
}

/// Reads the body up to its end.
pub(super) async fn receive(mut draft: Draft<'_>, body: &mut RequestBody) -> Result<Upload, Problem> {
    let query = axum::extract::Query::<Fields>::try_from_uri(&draft.parts.uri);
    let query =
        query.map_err(|_| Problem::because(ProblemType::InvalidParameter, "the query can't be read"))?;
    draft.kind = query.0.kind.filter(|kind| !kind.is_empty());
    let params = query.0.params.filter(|params| !params.is_empty());
    draft.params = params.map(|params| Json::parse(&params)).transpose()?;
    let headers = &draft.parts.headers;
    let content_type = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let file = File {
        name: disposition::file_name(headers),
        content_type: content_type.map(str::to_owned),
    };
    draft.receive(file, body).await
}
