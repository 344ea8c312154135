//! `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header).

use axum::http::{HeaderMap, HeaderName};
use leyline_core::task::MAX_IDEMPOTENCY_KEY_BYTES;

use crate::problem::{Problem, ProblemType};

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// The key, if one is given. The draft wants a quoted string (RFC 9651, 3.3.3); the bare text that many clients send is
/// taken for the same key.
pub(crate) fn key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let mut values = headers.get_all(IDEMPOTENCY_KEY).iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    let text = value.to_str().ok().filter(|text| !text.contains('\t'));
    let key = text.map(str::trim).and_then(unquote);
    match key {
        Some(key) if values.next().is_none() && (1..=MAX_IDEMPOTENCY_KEY_BYTES).contains(&key.len()) => {
            Ok(Some(key))
        }
        _ => Err(Problem::because(
            ProblemType::InvalidHeader,
            format!(
                "Idempotency-Key is one text of 1 to {MAX_IDEMPOTENCY_KEY_BYTES} visible ASCII characters"
            ),
        )),
    }
}

fn unquote(text: &str) -> Option<String> {
    let Some(quoted) = text.strip_prefix('"') else {
        return Some(text.to_owned());
    };
    let mut key = String::with_capacity(quoted.len());
    let mut chars = quoted.chars();
    while let Some(c) = chars.next() {
        match c {
            '"' => return chars.as_str().trim().is_empty().then_some(key),
            '\\' => key.push(chars.next().filter(|c| matches!(c, '"' | '\\'))?),
            c => key.push(c),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn parse(value: &str) -> Option<String> {
        key(&HeaderMap::from_iter([(
            IDEMPOTENCY_KEY,
            HeaderValue::from_str(value).unwrap(),
        )]))
        .ok()
        .flatten()
    }

    #[test]
    fn quoted_and_bare_keys_are_the_same() {
        assert_eq!(parse("8e03978e-40d5").as_deref(), Some("8e03978e-40d5"));
        assert_eq!(parse("\"8e03978e-40d5\"").as_deref(), Some("8e03978e-40d5"));
        assert_eq!(parse(r#""a\"b\\c""#).as_deref(), Some(r#"a"b\c"#));
    }

    #[test]
    fn what_is_not_a_key_is_refused() {
        for value in ["", "\"", "\"\"", "\"a\"b", r#""a\x""#, "a\tb", &"k".repeat(256)] {
            assert_eq!(parse(value), None, "{value}");
        }
        assert!(parse(&"k".repeat(255)).is_some());
    }

    #[test]
    fn two_keys_are_none() {
        let mut headers = HeaderMap::new();
        headers.append(IDEMPOTENCY_KEY, HeaderValue::from_static("a"));
        headers.append(IDEMPOTENCY_KEY, HeaderValue::from_static("b"));
        assert!(key(&headers).is_err());
    }
}
