//! An upload as a form: `kind` and `params` first, then the file, and nothing behind it.

use bytes::Bytes;
use leyline_core::Upload;
use leyline_core::task::{Json, JsonError, MAX_JSON_BYTES};

use super::intake::{Chunks, Draft, File};
use super::multipart::{Multipart, Part};
use crate::problem::{Problem, ProblemType};

/// Longest text of a field that nobody asked for.
const MAX_FIELD_BYTES: usize = 16 * 1024;

impl Chunks for Multipart<'_> {
    async fn chunk(&mut self) -> Result<Option<Bytes>, Problem> {
        Ok(Multipart::chunk(self).await?)
    }
}

/// Reads the form up to its end.
pub(super) async fn receive(mut draft: Draft<'_>, form: &mut Multipart<'_>) -> Result<Upload, Problem> {
    let part = loop {
        let part = form
            .next_part()
            .await?
            .ok_or_else(|| invalid("there is no part named file"))?;
        match part.name.as_str() {
            "file" => break part,
            "kind" if draft.kind.is_some() => return Err(invalid("there are two parts named kind")),
            "kind" => draft.kind = kind(form).await?,
            "params" if draft.params.is_some() => return Err(invalid("there are two parts named params")),
            "params" => draft.params = params(form).await?,
            _ if part.file_name.is_some() => {
                return Err(invalid("the file has to be in the part named file"));
            }
            _ => skip(form).await?,
        }
    };
    let Part {
        file_name,
        content_type,
        ..
    } = part;
    let file = File {
        name: file_name,
        content_type,
    };
    let upload = draft.receive(file, form).await?;
    match form.next_part().await {
        Ok(None) => Ok(upload),
        Ok(Some(part)) => {
            upload.abort().await;
            let detail = if part.name == "file" {
                "there are two files"
            } else {
                "there is a part behind the file"
            };
            Err(invalid(detail))
        }
        Err(error) => {
            upload.abort().await;
            Err(error.into())
        }
    }
}

fn invalid(detail: &'static str) -> Problem {
    Problem::because(ProblemType::InvalidForm, detail)
}

/// Fields that are left empty are as good as absent.
async fn kind(form: &mut Multipart<'_>) -> Result<Option<String>, Problem> {
    let text = text(form, 256)
        .await?
        .ok_or_else(|| invalid("the kind is too long"))?;
    Ok(Some(text).filter(|text| !text.is_empty()))
}

async fn params(form: &mut Multipart<'_>) -> Result<Option<Json>, Problem> {
    let too_large = || JsonError::TooLarge {
        bytes: MAX_JSON_BYTES + 1,
    };
    let text = text(form, MAX_JSON_BYTES).await?.ok_or_else(too_large)?;
    Ok(Some(text)
        .filter(|text| !text.is_empty())
        .map(|text| Json::parse(&text))
        .transpose()?)
}

async fn skip(form: &mut Multipart<'_>) -> Result<(), Problem> {
    let text = text(form, MAX_FIELD_BYTES).await?;
    text.map(drop)
        .ok_or_else(|| invalid("a part that is not asked for is too long"))
}

/// A part's content as text; `None` where it is longer than `limit` bytes.
async fn text(form: &mut Multipart<'_>, limit: usize) -> Result<Option<String>, Problem> {
    let mut content = Vec::new();
    while let Some(chunk) = form.chunk().await? {
        if content.len() + chunk.len() > limit {
            return Ok(None);
        }
        content.extend_from_slice(&chunk);
    }
    let text = String::from_utf8(content);
    text.map(Some)
        .map_err(|_| Problem::because(ProblemType::InvalidMultipart, "a field is not UTF-8"))
}
