//! HTTP/1.1 responses on one connection (RFC 9112), read strictly.

/// A response with all of its body.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Heard {
    pub(crate) status: u16,
    /// With names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Heard {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut found = self.headers.iter().filter(|(header, _)| header == name);
        let value = found.next().map(|(_, value)| value.as_str());
        assert!(found.next().is_none(), "{name} comes twice: {self:?}");
        value
    }
}

/// What was heard. `None` if what a server says last breaks off, as it does when the client is gone.
pub(crate) fn read(mut bytes: &[u8]) -> (Vec<Heard>, Option<&[u8]>) {
    let mut heard: Vec<Heard> = Vec::new();
    while !bytes.is_empty() {
        let closed = heard.last().and_then(|last| last.header("connection"));
        assert_ne!(
            closed,
            Some("close"),
            "something behind the last answer: {heard:?}"
        );
        match response(bytes) {
            Some((response, rest)) => {
                heard.push(response);
                bytes = rest;
            }
            None => return (heard, Some(bytes)),
        }
    }
    (heard, None)
}

fn response(bytes: &[u8]) -> Option<(Heard, &[u8])> {
    let end = super::form::find(bytes, b"\r\n\r\n")?;
    let lines = std::str::from_utf8(&bytes[..end]).expect("a head is ASCII");
    let mut rest = &bytes[end + 4..];
    let mut lines = lines.split("\r\n");
    let status = lines.next().and_then(|line| line.strip_prefix("HTTP/1.1 "));
    let status = status
        .and_then(|line| line.get(..3))
        .and_then(|code| code.parse().ok());
    let mut heard = Heard {
        status: status.unwrap_or_else(|| panic!("no status line: {bytes:?}")),
        headers: lines.map(header).collect(),
        body: Vec::new(),
    };
    if heard.header("transfer-encoding") == Some("chunked") {
        heard.body = chunks(&mut rest)?;
    } else if !matches!(heard.status, 101 | 204 | 304) {
        let length = heard.header("content-length").expect("a body has a length");
        let (body, behind) = rest.split_at_checked(length.parse().expect("which is a number"))?;
        heard.body = body.to_vec();
        rest = behind;
    }
    Some((heard, rest))
}

fn header(line: &str) -> (String, String) {
    let (name, value) = line
        .split_once(": ")
        .unwrap_or_else(|| panic!("no header: {line:?}"));
    (name.to_ascii_lowercase(), value.to_owned())
}

fn chunks(rest: &mut &[u8]) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let end = super::form::find(rest, b"\r\n")?;
        let size = std::str::from_utf8(&rest[..end]).expect("a size is ASCII");
        let size = usize::from_str_radix(size, 16).expect("in hexadecimal");
        let (chunk, behind) = rest[end + 2..].split_at_checked(size)?;
        body.extend_from_slice(chunk);
        *rest = behind
            .strip_prefix(b"\r\n")
            .or_else(|| behind.is_empty().then_some(behind))?;
        if size == 0 {
            return Some(body);
        }
    }
}
