//! Forms: what is accepted is what was sent, however the network cuts it, and of what is refused nothing is left.

use axum::body::Body;
use axum::http::Request;
use bytes::Bytes;
use futures_util::{TryStreamExt as _, stream};
use leyline_core::Task;
use leyline_core::task::Digest;
use leyline_core::task::label::clean_file_name;

use super::Target;
use super::name::check_name;
use crate::reference::form::{self, BOUNDARY, Field};
use crate::reference::label::quoted;
use crate::service::{Answer, KIND, Service, with};
use crate::source::Source;

pub(super) const TARGET: Target = Target {
    name: "multipart",
    run,
    words: &[
        "--b",
        "\r\n",
        "--b\r\n",
        "\r\n--b",
        "--b--",
        "--",
        "\r",
        "\n",
        "\r\n\r\n",
        "Content-Disposition: form-data; name=",
        "\"file\"",
        "file",
        "kind",
        "\r\n\r\nk\r\n",
        "params",
        "{}",
        "; filename=\"a.txt\"",
        "Content-Type: text/plain",
        ": ",
        "x",
        "%22",
        " \t",
        "\0",
    ],
    tries: 500,
};

fn run(data: &[u8]) {
    let mut source = Source::new(data);
    let (built, cut) = (source.flag(), source.byte());
    if built {
        let sent = Sent::draw(&mut source);
        let seen = with(async |service| send(service, &sent.form(), cut).await);
        sent.check(seen);
        return;
    }
    let form = source.rest();
    let (whole, cut) = with(async |service| (send(service, form, 0).await, send(service, form, cut).await));
    assert_eq!(whole, cut, "cut otherwise, it is the same form");
    if let Ok(kept) = whole {
        let contents = form::contents(form).expect("what is accepted has an end");
        let file = contents.last().expect("and a file");
        assert_eq!((kept.size, kept.sha256), (file.len() as u64, Digest::of(file)));
        check_name(&kept.name);
    }
}

/// What is kept of a form.
#[derive(Debug, PartialEq, Eq)]
struct Kept {
    params: String,
    name: String,
    content_type: String,
    size: u64,
    sha256: Digest,
}

impl From<Task> for Kept {
    fn from(task: Task) -> Self {
        let input = task.input.expect("a form brings a file");
        Self {
            params: task.params.as_str().to_owned(),
            name: input.name,
            content_type: input.content_type,
            size: input.size,
            sha256: input.sha256,
        }
    }
}

/// Sends a form in pieces of this length, or whole for 0. Gives what is kept of it, or why it is refused.
async fn send(service: &Service, form: &[u8], cut: u8) -> Result<Kept, String> {
    let length = if cut == 0 {
        form.len().max(1)
    } else {
        usize::from(cut)
    };
    let pieces: Vec<_> = form
        .chunks(length)
        .map(|piece| Ok::<_, std::io::Error>(Bytes::copy_from_slice(piece)))
        .collect();
    let content_type = format!("multipart/form-data; boundary={BOUNDARY}");
    let request = Request::post("/api/upload").header("content-type", content_type);
    let body = Body::from_stream(stream::iter(pieces));
    let answer = service
        .call(request.body(body).expect("its parts are valid"))
        .await;
    let kept = kept(service, answer).await;
    let blobs = service.leyline.blobs().expect("there are blobs");
    let left: Vec<_> = blobs
        .object_store()
        .list(None)
        .try_collect()
        .await
        .expect("memory can be read");
    assert!(left.is_empty(), "{left:?} is left of {kept:?}");
    kept
}

async fn kept(service: &Service, answer: Answer) -> Result<Kept, String> {
    if answer.status != 202 {
        answer.check_problem(&[400, 413, 422]);
        return Err(String::from_utf8_lossy(&answer.body).into_owned());
    }
    let task = service
        .leyline
        .get(answer.id())
        .await
        .expect("memory can be read");
    service.forget(answer.id()).await;
    Ok(task.expect("it was accepted").into())
}

/// A form that is written as browsers do it.
struct Sent<'a> {
    before: Vec<(String, &'a [u8])>,
    params: Option<String>,
    name: String,
    file: &'a [u8],
}

impl<'a> Sent<'a> {
    fn draw(source: &mut Source<'a>) -> Self {
        let fields = source.below(4);
        Self {
            before: (0..fields).map(|_| field(source)).collect(),
            params: source.flag().then(|| format!("[{}]", source.number())),
            name: source.text(300).replace(['\r', '\n'], ""),
            file: source.rest(),
        }
    }

    fn form(&self) -> Vec<u8> {
        let disposed = |name: &str| format!("Content-Disposition: form-data; name={}\r\n", quoted(name));
        let mut fields: Vec<Field<'_>> = Vec::new();
        for (name, content) in &self.before {
            // These have a meaning of their own.
            let headers = disposed(&format!("x{name}"));
            fields.push(Field { headers, content });
        }
        let headers = disposed("kind");
        let content = KIND.as_bytes();
        fields.push(Field { headers, content });
        if let Some(params) = &self.params {
            let (headers, content) = (disposed("params"), params.as_bytes());
            fields.push(Field { headers, content });
        }
        // As browsers escape a name (HTML, 4.10.21.8).
        let name = self.name.replace('"', "%22");
        let headers = format!("content-disposition:form-data;name=file;filename=\"{name}\"\r\nX-Y: z\r\n");
        let content = self.file;
        fields.push(Field { headers, content });
        form::write(&fields)
    }

    fn check(&self, seen: Result<Kept, String>) {
        let cuts_itself = |content: &[u8]| form::holds_delimiter(content);
        let text = |content: &[u8]| std::str::from_utf8(content).is_ok();
        let before = self.before.iter().map(|(_, content)| *content);
        if cuts_itself(self.file)
            || before
                .clone()
                .any(|content| cuts_itself(content) || !text(content))
        {
            return;
        }
        let kept = seen.unwrap_or_else(|problem| panic!("a well-formed form is refused: {problem}"));
        assert_eq!(kept.params, self.params.as_deref().unwrap_or("{}"));
        assert_eq!(
            (kept.size, kept.sha256),
            (self.file.len() as u64, Digest::of(self.file))
        );
        check_name(&kept.name);
        // Two readings of a backslash are about: a browser's, and that of RFC 9110.
        if !self.name.contains(['\\', '%']) {
            assert_eq!(kept.name, clean_file_name(&self.name));
        }
    }
}

/// A field that nobody asked for.
fn field<'a>(source: &mut Source<'a>) -> (String, &'a [u8]) {
    let name = source.text(40).replace(['\r', '\n'], "");
    let length = source.below(300);
    (name, source.take(length))
}
