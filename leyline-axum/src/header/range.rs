//! One range of bytes (RFC 9110, 14.1.2). Several at once are not served: the whole is, as the RFC allows.

use std::ops::Range;

use axum::http::{HeaderMap, HeaderValue, header};

/// What a request asks for of `size` bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Part {
    /// All of it: no range, one in another unit, several, or a malformed one.
    Whole,
    /// These bytes, at least one.
    Bytes(Range<u64>),
    /// A well-formed range with no byte in it.
    Unsatisfiable,
}

pub(crate) fn parse(headers: &HeaderMap, size: u64) -> Part {
    let mut values = headers.get_all(header::RANGE).iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        return Part::Whole;
    };
    let spec = value.to_str().ok().and_then(|value| value.split_once('='));
    match spec {
        Some((unit, spec)) if unit.eq_ignore_ascii_case("bytes") => {
            resolve(spec.trim(), size).unwrap_or(Part::Whole)
        }
        _ => Part::Whole,
    }
}

/// The text is not one range.
struct Malformed;

fn resolve(spec: &str, size: u64) -> Result<Part, Malformed> {
    let (first, last) = spec.split_once('-').ok_or(Malformed)?;
    let range = match (number(first)?, number(last)?) {
        (None, Some(suffix)) => size.saturating_sub(suffix)..size,
        (Some(first), None) => first..size,
        (Some(first), Some(last)) if first <= last => first..size.min(last.saturating_add(1)),
        _ => return Err(Malformed),
    };
    Ok(if range.is_empty() {
        Part::Unsatisfiable
    } else {
        Part::Bytes(range)
    })
}

/// A number or nothing. What does not fit is as good as the greatest.
fn number(text: &str) -> Result<Option<u64>, Malformed> {
    match text {
        "" => Ok(None),
        digits if digits.bytes().all(|b| b.is_ascii_digit()) => Ok(Some(digits.parse().unwrap_or(u64::MAX))),
        _ => Err(Malformed),
    }
}

/// `Content-Range` of a part.
pub(crate) fn content_range(range: &Range<u64>, size: u64) -> HeaderValue {
    ascii(&format!(
        "bytes {}-{}/{size}",
        range.start,
        range.end.saturating_sub(1)
    ))
}

/// `Content-Range` that tells the size to who asked beyond it.
pub(crate) fn unsatisfied(size: u64) -> HeaderValue {
    ascii(&format!("bytes */{size}"))
}

fn ascii(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).expect("digits and punctuation are visible ASCII")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(value: &str, size: u64, part: &Part) {
        let headers = HeaderMap::from_iter([(header::RANGE, HeaderValue::from_str(value).unwrap())]);
        assert_eq!(parse(&headers, size), *part, "{value} of {size}");
    }

    #[test]
    fn one_range_is_resolved_against_the_size() {
        check("bytes=0-0", 10, &Part::Bytes(0..1));
        check("bytes=2-5", 10, &Part::Bytes(2..6));
        check("bytes=7-", 10, &Part::Bytes(7..10));
        check("bytes=-3", 10, &Part::Bytes(7..10));
        check("bytes=-30", 10, &Part::Bytes(0..10));
        check("bytes=5-99999999999999999999999", 10, &Part::Bytes(5..10));
        check("Bytes=0-18446744073709551615", 10, &Part::Bytes(0..10));
    }

    #[test]
    fn a_range_without_a_byte_is_unsatisfiable() {
        check("bytes=10-", 10, &Part::Unsatisfiable);
        check("bytes=-0", 10, &Part::Unsatisfiable);
        check("bytes=0-", 0, &Part::Unsatisfiable);
    }

    #[test]
    fn what_is_not_one_range_asks_for_the_whole() {
        for value in [
            "bytes=0-1,3-4",
            "lines=0-1",
            "bytes=5-2",
            "bytes=-",
            "bytes=a-b",
            "bytes=+1-2",
            "bytes",
        ] {
            check(value, 10, &Part::Whole);
        }
        assert_eq!(parse(&HeaderMap::new(), 10), Part::Whole);
    }
}
