//! Entity tags (RFC 9110, 8.8.3) and lists of them (5.6.1).

/// What `If-Match` or `If-None-Match` says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Tags {
    Any,
    Listed(Vec<Tag>),
    Malformed,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Tag {
    pub(crate) weak: bool,
    pub(crate) opaque: Vec<u8>,
}

/// Reads the values of the header, which together are one list.
pub(crate) fn read(values: &[&[u8]]) -> Tags {
    if let [value] = values
        && value.trim_ascii() == b"*"
    {
        return Tags::Any;
    }
    let whole = values.join(&b", "[..]);
    match list(&whole) {
        Some(tags) => Tags::Listed(tags),
        None => Tags::Malformed,
    }
}

/// Elements between commas; empty ones are to be ignored.
fn list(mut rest: &[u8]) -> Option<Vec<Tag>> {
    let mut tags = Vec::new();
    loop {
        rest = rest.trim_ascii_start();
        if rest.is_empty() {
            return Some(tags);
        }
        if rest[0] != b',' {
            let (tag, behind) = tag(rest)?;
            tags.push(tag);
            rest = behind.trim_ascii_start();
        }
        match rest {
            [b',', behind @ ..] => rest = behind,
            [] => return Some(tags),
            _ => return None,
        }
    }
}

fn tag(text: &[u8]) -> Option<(Tag, &[u8])> {
    let (weak, rest) = match text.strip_prefix(b"W/") {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let rest = rest.strip_prefix(b"\"")?;
    let end = rest.iter().position(|&b| b == b'"')?;
    let (opaque, behind) = rest.split_at(end);
    let allowed = |b: &u8| *b == 0x21 || (0x23..=0x7e).contains(b) || *b >= 0x80;
    let tag = Tag {
        weak,
        opaque: opaque.to_vec(),
    };
    opaque.iter().all(allowed).then_some((tag, &behind[1..]))
}
