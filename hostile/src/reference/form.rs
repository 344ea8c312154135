//! Forms (RFC 7578), read all at once, and written.

/// A part of a form to write.
pub(crate) struct Field<'a> {
    /// Its headers, each with its line end.
    pub(crate) headers: String,
    pub(crate) content: &'a [u8],
}

/// The boundary of all forms here.
pub(crate) const BOUNDARY: &str = "b";
const DELIMITER: &[u8] = b"\r\n--b";

/// Writes a form.
pub(crate) fn write(fields: &[Field<'_>]) -> Vec<u8> {
    let mut form = Vec::new();
    for field in fields {
        form.extend_from_slice(b"--b\r\n");
        form.extend_from_slice(field.headers.as_bytes());
        form.extend_from_slice(b"\r\n");
        form.extend_from_slice(field.content);
        form.extend_from_slice(b"\r\n");
    }
    form.extend_from_slice(b"--b--\r\n");
    form
}

/// The contents of all parts, without a look at their headers; `None` where the closing delimiter is missing.
pub(crate) fn contents(form: &[u8]) -> Option<Vec<&[u8]>> {
    let mut contents = Vec::new();
    let mut rest = match form.strip_prefix(&DELIMITER[2..]) {
        Some(rest) => rest,
        None => &form[find(form, DELIMITER)? + DELIMITER.len()..],
    };
    while !rest.starts_with(b"--") {
        rest = &rest[find(rest, b"\r\n\r\n")? + 4..];
        let end = find(rest, DELIMITER)?;
        contents.push(&rest[..end]);
        rest = &rest[end + DELIMITER.len()..];
    }
    Some(contents)
}

/// Where a needle stands first.
pub(crate) fn find(hay: &[u8], needle: &[u8]) -> Option<usize> {
    hay.windows(needle.len()).position(|window| window == needle)
}

/// Whether this content would end before its end.
pub(crate) fn holds_delimiter(content: &[u8]) -> bool {
    let whole = [content, DELIMITER].concat();
    find(&whole, DELIMITER) != Some(content.len())
}
