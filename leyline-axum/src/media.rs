//! Media types, and patterns of them.

use std::fmt;
use std::str::FromStr;

/// A pattern of media types: `image/png`, `image/*` or `*/*` (RFC 9110, 12.5.1, without parameters).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct MediaRange(String);

/// A text is not a [`MediaRange`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ParseMediaRangeError;

impl fmt::Display for ParseMediaRangeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a media range looks like image/png, image/* or */*")
    }
}

impl std::error::Error for ParseMediaRangeError {}

impl MediaRange {
    /// Whether this media type is one of the pattern's; its parameters and the case don't matter.
    pub fn matches(&self, media_type: &str) -> bool {
        let essence = essence(media_type);
        match self.0.strip_suffix('*') {
            Some("*/") => true,
            Some(prefix) => essence
                .get(..prefix.len())
                .is_some_and(|start| start.eq_ignore_ascii_case(prefix)),
            None => essence.eq_ignore_ascii_case(&self.0),
        }
    }
}

impl FromStr for MediaRange {
    type Err = ParseMediaRangeError;

    fn from_str(s: &str) -> Result<Self, Self::Err> {
        let (kind, subtype) = s.split_once('/').ok_or(ParseMediaRangeError)?;
        let whole = |part: &str| !part.is_empty() && part.bytes().all(is_token);
        let wild = subtype == "*" && (kind == "*" || (whole(kind) && !kind.contains('*')));
        if wild || (whole(kind) && whole(subtype) && !s.contains('*')) {
            Ok(Self(s.to_ascii_lowercase()))
        } else {
            Err(ParseMediaRangeError)
        }
    }
}

impl fmt::Display for MediaRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A media type without its parameters.
pub(crate) fn essence(media_type: &str) -> &str {
    media_type.split(';').next().unwrap_or_default().trim()
}

/// Characters of a token (RFC 9110, 5.6.2).
pub(crate) fn is_token(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(range: &str, media_type: &str, matches: bool) {
        let range: MediaRange = range.parse().unwrap();
        assert_eq!(range.matches(media_type), matches, "{range} {media_type}");
    }

    #[test]
    fn a_range_matches_its_types_only() {
        check("image/*", "image/png", true);
        check("Image/PNG", "image/png; q=1", true);
        check("image/*", "imagery/png", false);
        check("image/png", "image/pngx", false);
        check("*/*", "anything/at-all", true);
    }

    #[test]
    fn what_is_not_a_range_is_refused() {
        for text in [
            "", "image", "*/png", "image/", "/png", "im*/png", "image/p*", "a b/c",
        ] {
            assert_eq!(text.parse::<MediaRange>(), Err(ParseMediaRangeError), "{text}");
        }
    }
}
