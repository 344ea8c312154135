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

/// `revision.tick`, as `Last-Event-ID` and tags carry it.
pub(crate) fn parse_version(text: &str) -> Option<(u64, u64)> {
    let (revision, tick) = text.split_once('.')?;
    Some((revision.parse().ok()?, tick.parse().ok()?))
}

/// A list of tags, or any.
enum Tags<'a> {
    Any,
    Listed(Vec<Tag<'a>>),
}

struct Tag<'a> {
    opaque: &'a str,
    weak: bool,
}

/// Reads the header; `None` where it is absent.
fn tags<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<Tags<'a>>, Problem> {
    let malformed = || {
        Problem::because(
            ProblemType::InvalidHeader,
            format!("{name} is not a list of entity tags"),
        )
    };
    let mut listed = Vec::new();
    let mut present = false;
    for value in headers.get_all(name) {
        present = true;
        let value = value.to_str().map_err(|_| malformed())?.trim();
        if value == "*" {
            return Ok(Some(Tags::Any));
        }
        list(value, &mut listed).ok_or_else(malformed)?;
    }
    Ok(present.then_some(Tags::Listed(listed)))
}

/// Tags hold no quotes but may hold commas, so the list is read from quote to quote.
fn list<'a>(mut rest: &'a str, listed: &mut Vec<Tag<'a>>) -> Option<()> {
    loop {
        rest = rest.trim_start_matches([' ', '\t', ',']);
        if rest.is_empty() {
            return Some(());
        }
        let weak = rest.starts_with("W/");
        let (opaque, behind) = rest.trim_start_matches("W/").strip_prefix('"')?.split_once('"')?;
        listed.push(Tag { opaque, weak });
        rest = behind;
    }
}

fn opaque(tag: &HeaderValue) -> &str {
    tag.to_str().unwrap_or_default().trim_matches('"')
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
        let version = parse_version(tag.opaque).filter(|_| !tag.weak);
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
        assert_eq!(expected("\"a,b\""), Some(0));
    }

    #[test]
    fn a_list_that_is_none_is_refused_where_it_guards_a_change() {
        for value in ["5.0", "\"5.0", "\"5.0\" x"] {
            assert!(
                expected_revision(&headers(header::IF_MATCH, value), 5).is_err(),
                "{value}"
            );
        }
    }

    #[test]
    fn if_none_match_compares_weakly() {
        let fails = |value| none_match_fails(&headers(header::IF_NONE_MATCH, value), &of_snapshot((5, 2)));
        assert!(fails("\"5.2\"") && fails("W/\"5.2\"") && fails("\"1.0\", \"5.2\"") && fails("*"));
        assert!(!fails("\"5.1\"") && !fails("garbage"));
    }
}
