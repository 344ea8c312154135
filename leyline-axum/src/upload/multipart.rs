//! `multipart/form-data` (RFC 7578, RFC 2046, 5.1) as a stream of parts.
//!
//! A parser of its own because the ready-made ones bound neither the parts' headers nor what they buffer, and refuse file
//! names that hold control characters instead of letting them be cleaned.

use bytes::{Buf as _, Bytes};
use memchr::memmem;

use crate::body::{BodyError, RequestBody};
use crate::header::disposition::Disposed;
use crate::options::MultipartLimits;

/// What is wrong with a form.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FormError {
    #[error("the Content-Type names no boundary of 1 to 70 characters")]
    NoBoundary,
    #[error("{0}")]
    Malformed(&'static str),
    #[error("the form ends before its closing boundary")]
    Truncated,
    #[error("the form has more than {0} parts")]
    TooManyParts(usize),
    #[error("a part's headers are over {0} bytes")]
    HeadersTooLong(usize),
    #[error(transparent)]
    Body(#[from] BodyError),
}

/// The head of a part.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) name: String,
    pub(super) file_name: Option<String>,
    pub(super) content_type: Option<String>,
}

/// A form as it is read.
pub(super) struct Multipart<'a> {
    body: &'a mut RequestBody,
    /// What was received and not yet given out. Most chunks of a file pass through it without being copied.
    buffer: Bytes,
    delimiter: memmem::Finder<'static>,
    limits: MultipartLimits,
    parts: usize,
    stage: Stage,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Before the first delimiter, or within a part's content.
    Content,
    /// Right behind a delimiter.
    Delimiter,
    /// Behind the closing one.
    Closed,
}

impl<'a> Multipart<'a> {
    pub(super) fn new(body: &'a mut RequestBody, boundary: &str, limits: MultipartLimits) -> Self {
        let delimiter = format!("\r\n--{boundary}");
        Self {
            body,
            // So that the first delimiter, which may stand at the very beginning, looks like the others.
            buffer: Bytes::from_static(b"\r\n"),
            delimiter: memmem::Finder::new(&delimiter).into_owned(),
            limits,
            parts: 0,
            stage: Stage::Content,
        }
    }

    /// The next part; what is left of the one before is skipped. `None` behind the last.
    pub(super) async fn next_part(&mut self) -> Result<Option<Part>, FormError> {
        if self.parts == 0 {
            self.skip_preamble().await?;
        }
        while self.chunk().await?.is_some() {}
        if self.stage == Stage::Closed || self.closes().await? {
            self.stage = Stage::Closed;
            return Ok(None);
        }
        self.parts += 1;
        if self.parts > self.limits.max_parts {
            return Err(FormError::TooManyParts(self.limits.max_parts));
        }
        let head = self.head().await?;
        self.stage = Stage::Content;
        parse_head(&head).map(Some)
    }

    /// The next bytes of the part's content, never empty; `None` at its end.
    pub(super) async fn chunk(&mut self) -> Result<Option<Bytes>, FormError> {
        if self.stage != Stage::Content {
            return Ok(None);
        }
        loop {
            match self.delimiter.find(&self.buffer) {
                Some(0) => {
                    self.buffer.advance(self.delimiter.needle().len());
                    self.stage = Stage::Delimiter;
                    return Ok(None);
                }
                Some(at) => return Ok(Some(self.buffer.split_to(at))),
                None => {
                    let sure = self.content_length();
                    if sure > 0 {
                        return Ok(Some(self.buffer.split_to(sure)));
                    }
                    self.fill().await?;
                }
            }
        }
    }

    /// How much of the buffer, which holds no delimiter, is surely not the beginning of one either.
    fn content_length(&self) -> usize {
        let delimiter = self.delimiter.needle();
        let tail = self.buffer.len().saturating_sub(delimiter.len() - 1);
        let starts = memchr::memchr_iter(b'\r', &self.buffer[tail..]);
        let start = starts
            .map(|at| tail + at)
            .find(|&at| delimiter.starts_with(&self.buffer[at..]));
        start.unwrap_or(self.buffer.len())
    }

    /// What stands before the first delimiter is thrown away; a body that is no form at all is noticed soon.
    async fn skip_preamble(&mut self) -> Result<(), FormError> {
        let mut skipped = 0;
        while let Some(bytes) = self.chunk().await? {
            skipped += bytes.len();
            if skipped > self.limits.max_header_bytes {
                return Err(FormError::Malformed("the body does not begin with its boundary"));
            }
        }
        Ok(())
    }

    /// Whether the delimiter just read is the closing one.
    async fn closes(&mut self) -> Result<bool, FormError> {
        while self.buffer.len() < 2 {
            self.fill().await?;
        }
        Ok(self.buffer.starts_with(b"--"))
    }

    /// The header lines of a part, from behind the delimiter up to the empty line.
    async fn head(&mut self) -> Result<Bytes, FormError> {
        let limit = self.limits.max_header_bytes;
        loop {
            match memmem::find(&self.buffer, b"\r\n\r\n") {
                Some(end) if end <= limit => {
                    let head = self.buffer.split_to(end);
                    self.buffer.advance(4);
                    return Ok(head);
                }
                None if self.buffer.len() <= limit + 4 => self.fill().await?,
                _ => return Err(FormError::HeadersTooLong(limit)),
            }
        }
    }

    async fn fill(&mut self) -> Result<(), FormError> {
        let more = self.body.next().await?.ok_or(FormError::Truncated)?;
        self.buffer = if self.buffer.is_empty() {
            more
        } else {
            [&self.buffer[..], &more].concat().into()
        };
        Ok(())
    }
}

/// Reads the lines behind a delimiter: the first may hold padding only, the others are headers.
fn parse_head(head: &[u8]) -> Result<Part, FormError> {
    let head = String::from_utf8_lossy(head);
    let mut lines = head.split("\r\n");
    if !lines
        .next()
        .unwrap_or_default()
        .trim_matches([' ', '\t'])
        .is_empty()
    {
        return Err(FormError::Malformed(
            "a boundary is followed by something else than a line's end",
        ));
    }
    let (mut disposed, mut content_type) = (Disposed::default(), None);
    for line in lines {
        let (name, value) = line
            .split_once(':')
            .ok_or(FormError::Malformed("a part's header has no colon"))?;
        match name.to_ascii_lowercase().as_str() {
            "content-disposition" => disposed = Disposed::parse(value),
            "content-type" => content_type = Some(value.trim().to_owned()),
            _ => {}
        }
    }
    match disposed {
        Disposed {
            word,
            name: Some(name),
            file_name,
        } if word == "form-data" => Ok(Part {
            name,
            file_name: file_name.map(|name| unescape(&name)),
            content_type,
        }),
        _ => Err(FormError::Malformed(
            "a part has no Content-Disposition of form-data with a name",
        )),
    }
}

/// What browsers escape in file names (HTML, 4.10.21.8), and nothing else.
fn unescape(name: &str) -> String {
    name.replace("%22", "\"")
        .replace("%0D", "\r")
        .replace("%0A", "\n")
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use futures_util::stream;

    use super::*;

    const FORM: &[u8] = b"preamble\r\n--b\r\nContent-Disposition: form-data; name=\"kind\"\r\n\r\nimage\r\n--b \t\r\n\
        content-disposition: form-data; name=\"file\"; filename=\"a%22\0.txt\"\r\nContent-Type: text/plain\r\n\r\n\
        one\r\n--\r\n--c\r\r\n-\r\n--b\r\nContent-Disposition: form-data; name=e\r\n\r\n\r\n--b--\r\nepilogue";

    fn body(bytes: &[u8], chunk: usize) -> RequestBody {
        let chunks: Vec<_> = bytes
            .chunks(chunk)
            .map(|chunk| Ok::<_, std::io::Error>(Bytes::copy_from_slice(chunk)))
            .collect();
        RequestBody::new(Body::from_stream(stream::iter(chunks)), u64::MAX)
    }

    async fn read(
        bytes: &[u8],
        chunk: usize,
        limits: MultipartLimits,
    ) -> Result<Vec<(Part, Vec<u8>)>, FormError> {
        let mut body = body(bytes, chunk);
        let mut form = Multipart::new(&mut body, "b", limits);
        let mut parts = Vec::new();
        while let Some(part) = form.next_part().await? {
            let mut content = Vec::new();
            while let Some(chunk) = form.chunk().await? {
                content.extend(chunk);
            }
            parts.push((part, content));
        }
        Ok(parts)
    }

    #[tokio::test]
    async fn a_form_is_the_same_however_it_is_cut() {
        for chunk in 1..=FORM.len() {
            let parts = read(FORM, chunk, MultipartLimits::default()).await.unwrap();
            let contents: Vec<_> = parts
                .iter()
                .map(|(part, content)| (part.name.as_str(), &content[..]))
                .collect();
            let file: &[u8] = b"one\r\n--\r\n--c\r\r\n-";
            assert_eq!(
                contents,
                [("kind", &b"image"[..]), ("file", file), ("e", b"")],
                "chunks of {chunk}"
            );
            assert_eq!(parts[1].0.file_name.as_deref(), Some("a\"\0.txt"));
            assert_eq!(parts[1].0.content_type.as_deref(), Some("text/plain"));
        }
    }

    #[tokio::test]
    async fn every_truncation_is_noticed() {
        let closing = memmem::find(FORM, b"\r\n--b--").unwrap();
        for length in 0..closing + 7 {
            let answer = read(&FORM[..length], 7, MultipartLimits::default()).await;
            assert!(
                matches!(answer, Err(FormError::Truncated)),
                "{length}: {answer:?}"
            );
        }
    }

    #[tokio::test]
    async fn parts_left_unread_are_skipped() {
        let mut body = body(FORM, 3);
        let mut form = Multipart::new(&mut body, "b", MultipartLimits::default());
        let mut names = Vec::new();
        while let Some(part) = form.next_part().await.unwrap() {
            names.push(part.name);
        }
        assert_eq!(names, ["kind", "file", "e"]);
        assert!(form.next_part().await.unwrap().is_none());
    }

    #[tokio::test]
    async fn parts_and_their_headers_are_bounded_exactly() {
        let limits = MultipartLimits {
            max_parts: 3,
            max_header_bytes: 70,
        };
        assert!(
            read(
                FORM,
                5,
                MultipartLimits {
                    max_header_bytes: 8192,
                    ..limits
                }
            )
            .await
            .is_ok()
        );
        let two = MultipartLimits {
            max_parts: 2,
            max_header_bytes: 8192,
        };
        assert!(matches!(
            read(FORM, 5, two).await,
            Err(FormError::TooManyParts(2))
        ));
        let form = |padding: usize| {
            format!(
                "--b\r\nContent-Disposition: form-data; name=a\r\nX: {}\r\n\r\n\r\n--b--",
                "x".repeat(padding)
            )
        };
        let head = "\r\nContent-Disposition: form-data; name=a\r\nX: ".len();
        for chunk in [1, 1000] {
            assert!(read(form(70 - head).as_bytes(), chunk, limits).await.is_ok());
            let over = read(form(71 - head).as_bytes(), chunk, limits).await;
            assert!(matches!(over, Err(FormError::HeadersTooLong(70))), "{over:?}");
        }
    }

    #[tokio::test]
    async fn garbage_is_malformed() {
        let long = [b'x'; 10_000];
        for bytes in [
            &long[..],
            b"--bb\r\nContent-Disposition: form-data; name=a\r\n\r\n\r\n--b--",
            b"--b\r\nno colon\r\n\r\n\r\n--b--",
            b"--b\r\nContent-Disposition: attachment; name=a\r\n\r\n\r\n--b--",
            b"--b\r\nContent-Disposition: form-data\r\n\r\n\r\n--b--",
            b"--b\r\n\r\n\r\n--b--",
        ] {
            let answer = read(bytes, 100, MultipartLimits::default()).await;
            assert!(matches!(answer, Err(FormError::Malformed(_))), "{answer:?}");
        }
    }
}
