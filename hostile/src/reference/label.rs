//! Header values of strangers, and the header that a download is named by (RFC 6266, RFC 8187).

use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// A name as `filename*` carries it.
pub(crate) fn extended(name: &str) -> String {
    format!("UTF-8''{}", utf8_percent_encode(name, NON_ALPHANUMERIC))
}

/// A text as a quoted string (RFC 9110, 5.6.4).
pub(crate) fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// The word and the name of a header that is written strictly: `word; filename="ascii"`, and then `filename*` or nothing.
pub(crate) fn disposition(value: &str) -> Option<(&str, String)> {
    let (word, rest) = value.split_once("; filename=\"")?;
    let (plain, rest) = rest.split_once('"')?;
    if !plain.bytes().all(|b| (b' '..=b'~').contains(&b) && b != b'\\') {
        return None;
    }
    if rest.is_empty() {
        return Some((word, plain.to_owned()));
    }
    let encoded = rest.strip_prefix("; filename*=UTF-8''")?;
    let attr = |b: u8| b.is_ascii_alphanumeric() || b"!#$&+-.^_`|~%".contains(&b);
    if !encoded.bytes().all(attr) {
        return None;
    }
    let decoded = percent_decode_str(encoded).decode_utf8().ok()?;
    Some((word, decoded.into_owned()))
}
