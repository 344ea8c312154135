//! `Content-Disposition` (RFC 6266, RFC 8187): the file name of a raw upload, and how a download is saved.

use axum::http::{HeaderMap, HeaderValue, header};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// `attr-char` (RFC 8187, 3.2.1).
const ATTR_CHAR: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'!')
    .remove(b'#')
    .remove(b'$')
    .remove(b'&')
    .remove(b'+')
    .remove(b'-')
    .remove(b'.')
    .remove(b'^')
    .remove(b'_')
    .remove(b'`')
    .remove(b'|')
    .remove(b'~');

/// The client's name for the file in the header of a raw upload.
pub(crate) fn file_name(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::CONTENT_DISPOSITION)?;
    // Many clients send UTF-8 as it is.
    let value = String::from_utf8_lossy(value.as_bytes());
    Disposed::parse(&value).file_name
}

/// What the header says.
#[derive(Debug, Default)]
pub(crate) struct Disposed {
    /// The word before the parameters, in lower case.
    pub(crate) word: String,
    /// `name`: which field of a form it is.
    pub(crate) name: Option<String>,
    /// `filename*` before `filename`. A label at best: it is cleaned before it is kept. Empty is none.
    pub(crate) file_name: Option<String>,
}

impl Disposed {
    pub(crate) fn parse(value: &str) -> Self {
        let (word, rest) = value.split_once(';').unwrap_or((value, ""));
        let mut disposed = Self {
            word: word.trim().to_ascii_lowercase(),
            ..Self::default()
        };
        let (mut plain, mut extended) = (None, None);
        for (name, value) in parameters(rest) {
            match name.as_str() {
                "name" => disposed.name = disposed.name.or(Some(value)),
                "filename" => plain = plain.or(Some(value)),
                "filename*" => extended = extended.or_else(|| decode(&value)),
                _ => {}
            }
        }
        disposed.file_name = extended.or(plain).filter(|name| !name.is_empty());
        disposed
    }
}

/// `; name=value; name="value"`, as far as it is well-formed, with the names in lower case.
pub(crate) fn parameters(mut rest: &str) -> Vec<(String, String)> {
    let mut parameters = Vec::new();
    while let Some((name, value, behind)) = parameter(rest) {
        parameters.push((name.to_ascii_lowercase(), value));
        rest = behind;
    }
    parameters
}

/// The next `name=value`, with what comes behind it.
fn parameter(text: &str) -> Option<(&str, String, &str)> {
    let (name, rest) = text.trim_start_matches([' ', '\t', ';']).split_once('=')?;
    let rest = rest.trim_start();
    let Some(quoted) = rest.strip_prefix('"') else {
        let end = rest.find(';').unwrap_or(rest.len());
        return Some((name.trim(), rest[..end].trim().to_owned(), &rest[end..]));
    };
    let mut value = String::new();
    let mut chars = quoted.chars();
    loop {
        match chars.next()? {
            '"' => return Some((name.trim(), value, chars.as_str())),
            // Browsers send a backslash of a name as it is, so it only escapes what needs it.
            '\\' if chars.as_str().starts_with(['"', '\\']) => value.push(chars.next()?),
            c => value.push(c),
        }
    }
}

/// `UTF-8''na%C3%AFve.txt`. Other charsets are not decoded.
fn decode(value: &str) -> Option<String> {
    let (charset, rest) = value.split_once('\'')?;
    let (_language, encoded) = rest.split_once('\'')?;
    if !charset.eq_ignore_ascii_case("utf-8") {
        return None;
    }
    percent_decode_str(encoded)
        .decode_utf8()
        .ok()
        .map(std::borrow::Cow::into_owned)
}

/// How a browser is to treat a download.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Disposition {
    /// Save it.
    Attachment,
    /// Show it.
    Inline,
}

/// The header for a download under this label, in ASCII for old clients and in full for the others.
pub(crate) fn write(disposition: Disposition, name: &str) -> HeaderValue {
    let word = match disposition {
        Disposition::Attachment => "attachment",
        Disposition::Inline => "inline",
    };
    let safe = |c: char| c.is_ascii_graphic() && !matches!(c, '"' | '\\' | '%') || c == ' ';
    let ascii: String = name.chars().map(|c| if safe(c) { c } else { '_' }).collect();
    let mut value = format!("{word}; filename=\"{ascii}\"");
    if ascii != name {
        value.push_str("; filename*=UTF-8''");
        value.extend(utf8_percent_encode(name, ATTR_CHAR));
    }
    HeaderValue::from_str(&value).expect("both names are visible ASCII")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(value: &[u8], name: Option<&str>) {
        let value = HeaderValue::from_bytes(value).unwrap();
        let headers = HeaderMap::from_iter([(header::CONTENT_DISPOSITION, value)]);
        assert_eq!(file_name(&headers).as_deref(), name);
    }

    #[test]
    fn a_name_is_read_in_all_its_forms() {
        check(b"attachment; filename=\"cat photo.jpg\"", Some("cat photo.jpg"));
        check(b"attachment; FileName = cat.jpg ; size=3", Some("cat.jpg"));
        check(br#"attachment; filename="a\"b;c""#, Some("a\"b;c"));
        check(
            b"attachment; filename=\"_.txt\"; filename*=UTF-8''na%C3%AFve.txt",
            Some("naïve.txt"),
        );
        check(
            b"attachment; filename*=utf-8'de'%e2%82%ac.txt; filename=e.txt",
            Some("€.txt"),
        );
        check("attachment; filename=\"naïve.txt\"".as_bytes(), Some("naïve.txt"));
        check(b"attachment; filename*=latin1''%E4; filename=a", Some("a"));
        check(
            br#"attachment; filename="C:\fakepath\cat.jpg""#,
            Some(r"C:\fakepath\cat.jpg"),
        );
    }

    #[test]
    fn what_holds_no_name_gives_none() {
        for value in [
            "attachment",
            "inline;",
            "attachment; filename=\"open",
            "a; filename=\"\"",
            "a; b",
        ] {
            check(value.as_bytes(), None);
        }
    }

    #[test]
    fn a_written_name_is_ascii_with_the_full_one_beside_it() {
        assert_eq!(
            write(Disposition::Attachment, "a b.txt"),
            "attachment; filename=\"a b.txt\""
        );
        assert_eq!(
            write(Disposition::Inline, "na\"ï%ve.txt"),
            "inline; filename=\"na___ve.txt\"; filename*=UTF-8''na%22%C3%AF%25ve.txt"
        );
    }
}
