//! Entity tags and the conditions on them (RFC 9110, 8.8.3 and 13.1).

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use leyline_core::task::Digest;

use crate::problem::{Problem, ProblemType};

/// The tag of a snapshot: `"revision.tick"`.
pub(crate) fn of_snapshot((revision, tick): (u64, u64)) -> HeaderValue {
    tag(&format!("{revision}.{tick}"))
}

/// The tag of bytes: their digest.
pub(crate) fn of_digest(digest: &Digest) -> HeaderValue {
    tag(&digest.to_string())
}

fn tag(opaque: &str) -> HeaderValue {
    HeaderValue::from_str(&format!("\"{opaque}\"")).expect("digits and dots are visible ASCII")
}

/// `revision.tick`, as `Last-Event-ID` and tags carry it. Only as it was given: `01.0` and `+1.0` are others.
pub(crate) fn parse_version(text: &str) -> Option<(u64, u64)> {
    let (revision, tick) = text.split_once('.')?;
    let (revision, tick) = (revision.parse().ok()?, tick.parse().ok()?);
    (format!("{revision}.{tick}") == text).then_some((revision, tick))
}

/// A list of tags, or any.
enum Tags<'a> {
    Any,
    Listed(Vec<Tag<'a>>),
}

struct Tag<'a> {
    opaque: &'a [u8],
    weak: bool,
}

/// Reads the header; `None` where it is absent.
fn tags<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<Tags<'a>>, Problem> {
    let values = headers.get_all(name).iter();
    let values: Vec<&[u8]> = values.map(|value| value.as_bytes().trim_ascii()).collect();
    match values[..] {
        [] => return Ok(None),
        [value] if value == b"*" => return Ok(Some(Tags::Any)),
        _ => {}
    }
    let mut listed = Vec::new();
    for value in values {
        list(value, &mut listed).ok_or_else(|| {
            Problem::because(
                ProblemType::InvalidHeader,
                format!("{name} is not a list of entity tags"),
            )
        })?;
    }
    Ok(Some(Tags::Listed(listed)))
}

/// Tags hold no quotes but may hold commas, so the list is read from quote to quote.
fn list<'a>(mut rest: &'a [u8], listed: &mut Vec<Tag<'a>>) -> Option<()> {
    loop {
        match rest.trim_ascii_start() {
            [] => return Some(()),
            [b',', behind @ ..] => rest = behind,
            begin => {
                let (tag, behind) = first_tag(begin)?;
                listed.push(tag);
                rest = behind.trim_ascii_start();
                if !matches!(rest, [] | [b',', ..]) {
                    return None;
                }
            }
        }
    }
}

/// The tag at the beginning of the text, and what is behind it.
fn first_tag(text: &[u8]) -> Option<(Tag<'_>, &[u8])> {
    let behind_mark = text.strip_prefix(b"W/");
    let rest = behind_mark.unwrap_or(text).strip_prefix(b"\"")?;
    let (opaque, rest) = rest.split_at(memchr::memchr(b'"', rest)?);
    let tag = Tag {
        opaque,
        weak: behind_mark.is_some(),
    };
    let visible = |&b: &u8| b > b' ' && b != 0x7f;
    opaque.iter().all(visible).then_some((tag, &rest[1..]))
}

fn opaque(tag: &HeaderValue) -> &[u8] {
    let tag = tag.as_bytes();
    tag.strip_prefix(b"\"")
        .and_then(|tag| tag.strip_suffix(b"\""))
        .unwrap_or(tag)
}

/// Whether `If-None-Match` names this representation, so that 304 says it all. A malformed header is as good as none.
pub(crate) fn none_match_fails(headers: &HeaderMap, current: &HeaderValue) -> bool {
    match tags(headers, &header::IF_NONE_MATCH) {
        Ok(Some(Tags::Any)) => true,
        Ok(Some(Tags::Listed(tags))) => tags.iter().any(|tag| tag.opaque == opaque(current)),
        _ => false,
    }
}

/// Whether `If-Range` allows a part of this representation: absent, or its strong tag. Dates never match: none is given.
pub(crate) fn if_range_holds(headers: &HeaderMap, current: &HeaderValue) -> bool {
    headers.get(header::IF_RANGE).is_none_or(|tag| tag == current)
}

/// The revision that `If-Match` demands, if it does. Of several the current one is taken; ticks don't matter, since
/// progress is no reason to refuse a verb.
pub(crate) fn expected_revision(headers: &HeaderMap, current: u64) -> Result<Option<u64>, Problem> {
    let Some(Tags::Listed(tags)) = tags(headers, &header::IF_MATCH)? else {
        return Ok(None);
    };
    // A weak tag, and one that was never given, can't match; no task has revision 0.
    let revision = |tag: &Tag<'_>| {
        let version = std::str::from_utf8(tag.opaque).ok().and_then(parse_version);
        let version = version.filter(|_| !tag.weak);
        version.map_or(0, |(revision, _)| revision)
    };
    let mut revisions = tags.iter().map(revision);
    if revisions.clone().any(|revision| revision == current) {
        return Ok(Some(current));
    }
    Ok(Some(revisions.next().unwrap_or(0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: HeaderName, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_str(value).unwrap())])
    }

    #[test]
    fn if_match_speaks_of_revisions() {
        let expected = |value| expected_revision(&headers(header::IF_MATCH, value), 5).unwrap();
        assert_eq!(expected_revision(&HeaderMap::new(), 5).unwrap(), None);
        assert_eq!(expected("*"), None);
        assert_eq!(expected("\"5.17\""), Some(5));
        assert_eq!(expected("\"4.0\", \"5.0\""), Some(5));
        assert_eq!(expected("\"4.0\""), Some(4));
        assert_eq!(expected("W/\"5.0\""), Some(0));
        assert_eq!(expected("\"a,b\", ,"), Some(0));
        assert_eq!(expected("\"+5.0\""), Some(0));
        assert_eq!(expected("\"05.0\""), Some(0));
    }

    #[test]
    fn a_list_that_is_none_is_refused_where_it_guards_a_change() {
        for value in [
            "5.0",
            "\"5.0",
            "\"5.0\" x",
            "\"4.0\"\"5.0\"",
            "W/W/\"5.0\"",
            "\"5.0\", *",
            "\"5 0\"",
        ] {
            assert!(
                expected_revision(&headers(header::IF_MATCH, value), 5).is_err(),
                "{value}"
            );
        }
    }

    #[test]
    fn any_beside_a_tag_is_no_way_around_the_tag() {
        let values = ["\"4.0\"", "*"].map(|value| (header::IF_MATCH, HeaderValue::from_static(value)));
        let mut headers = HeaderMap::new();
        for (name, value) in values {
            headers.append(name, value);
        }
        assert!(expected_revision(&headers, 5).is_err());
    }

    #[test]
    fn if_none_match_compares_weakly() {
        let fails = |value| none_match_fails(&headers(header::IF_NONE_MATCH, value), &of_snapshot((5, 2)));
        assert!(fails("\"5.2\"") && fails("W/\"5.2\"") && fails("\"1.0\", \"5.2\"") && fails("*"));
        assert!(!fails("\"5.1\"") && !fails("garbage"));
    }
}
