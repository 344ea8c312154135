//! Media types (RFC 9110, 8.3.1), told by the first bytes, or else taken from who sent them.

use crate::task::label;

/// As many first bytes as are looked at.
pub const SNIFF_BYTES: usize = 8192;

/// What is known of nothing.
const UNKNOWN: &str = "application/octet-stream";

/// Longest media type kept, in bytes.
const MAX_BYTES: usize = 255;

/// The media type of a file with these first bytes. What they show wins over what is `declared`; a declared type counts
/// where they show nothing, unless it is malformed.
///
/// ```
/// use leyline_core::blob::content_type;
///
/// assert_eq!(content_type(b"\x89PNG\r\n\x1a\n", Some("text/html")), "image/png");
/// assert_eq!(content_type(b"a,b\n1,2\n", Some("text/csv")), "text/csv");
/// assert_eq!(content_type(b"???", None), "application/octet-stream");
/// ```
pub fn content_type(head: &[u8], declared: Option<&str>) -> String {
    if let Some(kind) = infer::get(head) {
        return kind.mime_type().to_owned();
    }
    declared
        .and_then(well_formed)
        .unwrap_or_else(|| UNKNOWN.to_owned())
}

/// A type, a slash and a subtype of token characters, then perhaps parameters of printable ASCII.
fn well_formed(declared: &str) -> Option<String> {
    let declared = declared.trim();
    let essence = declared.split(';').next().unwrap_or_default().trim_end();
    let (kind, subtype) = essence.split_once('/')?;
    let token = |text: &str| {
        let allowed = |b: u8| b.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&b);
        !text.is_empty() && text.bytes().all(allowed)
    };
    let printable = declared.len() <= MAX_BYTES && declared.bytes().all(|b| (b' '..=b'~').contains(&b));
    (printable && token(kind) && token(subtype)).then(|| label::clean(declared, MAX_BYTES))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_malformed_declaration_is_worth_nothing() {
        for declared in [
            "",
            "text",
            "text/",
            "/html",
            "text/ht ml",
            "text/html\r\nX: y",
            "a/b; c=\u{fc}",
        ] {
            assert_eq!(content_type(b"", Some(declared)), UNKNOWN, "{declared:?}");
        }
        assert_eq!(
            content_type(b"", Some("text/plain; charset=utf-8")),
            "text/plain; charset=utf-8"
        );
    }
}
