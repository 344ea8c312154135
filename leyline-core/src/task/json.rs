//! JSON as the stores keep it: checked once at the door, then carried as text.

use std::fmt;
use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

/// Longest text of one JSON column, in bytes: 64 KiB.
pub const MAX_JSON_BYTES: usize = 64 * 1024;

/// Deepest nesting of arrays and objects in one JSON column.
pub const MAX_JSON_DEPTH: usize = 32;

/// A JSON text within bounds: at most [`MAX_JSON_BYTES`] long, nested at most [`MAX_JSON_DEPTH`] deep, and without a NUL
/// in any string (PostgreSQL can't keep one).
///
/// Clones share the text. Two values are equal when their texts are.
#[derive(Clone)]
pub struct Json(Arc<RawValue>);

/// Why a text or value can't become a [`Json`].
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JsonError {
    /// The text is not JSON, or the value can't be written as JSON.
    #[error("not valid JSON: {0}")]
    Syntax(#[from] serde_json::Error),
    /// The text is longer than [`MAX_JSON_BYTES`].
    #[error("JSON of {bytes} bytes is over the limit of {MAX_JSON_BYTES}")]
    TooLarge {
        /// How long it is, in bytes.
        bytes: usize,
    },
    /// Arrays and objects are nested deeper than [`MAX_JSON_DEPTH`].
    #[error("JSON is nested deeper than {MAX_JSON_DEPTH} levels")]
    TooDeep,
    /// A string holds the character U+0000.
    #[error("JSON strings may not hold NUL")]
    Nul,
}

impl Json {
    /// Checks and takes a JSON text.
    ///
    /// # Errors
    /// [`JsonError`] names the bound that the text breaks.
    pub fn parse(text: &str) -> Result<Self, JsonError> {
        check_bounds(text)?;
        let raw: Box<RawValue> = serde_json::from_str(text)?;
        Ok(Self(raw.into()))
    }

    /// Writes `value` as JSON and checks it.
    ///
    /// # Errors
    /// [`JsonError`] names the bound that the value breaks.
    pub fn new<T: Serialize + ?Sized>(value: &T) -> Result<Self, JsonError> {
        let raw = serde_json::value::to_raw_value(value)?;
        check_bounds(raw.get())?;
        Ok(Self(raw.into()))
    }

    /// `{}`.
    pub fn empty_object() -> Self {
        Self::constant("{}")
    }

    /// `null`.
    pub fn null() -> Self {
        Self::constant("null")
    }

    fn constant(text: &str) -> Self {
        let raw = RawValue::from_string(text.to_owned()).expect("the constant is JSON");
        Self(raw.into())
    }

    /// Whether this is `null`.
    pub fn is_null(&self) -> bool {
        self.as_str() == "null"
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        self.0.get()
    }

    /// Reads the text as a `T`.
    ///
    /// # Errors
    /// The text does not have the shape of `T`.
    pub fn to<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        serde_json::from_str(self.as_str())
    }
}

/// One pass over the text. It may be malformed: the parser that follows says so; this one only bounds it.
fn check_bounds(text: &str) -> Result<(), JsonError> {
    if text.len() > MAX_JSON_BYTES {
        return Err(JsonError::TooLarge { bytes: text.len() });
    }
    let mut depth = 0usize;
    let mut bytes = text.as_bytes().iter();
    let mut in_string = false;
    while let Some(&byte) = bytes.next() {
        match (in_string, byte) {
            (_, b'"') => in_string = !in_string,
            (true, b'\\') => {
                let escape = bytes.next();
                if escape == Some(&b'u') && bytes.as_slice().starts_with(b"0000") {
                    return Err(JsonError::Nul);
                }
            }
            (false, b'[' | b'{') => {
                depth += 1;
                if depth > MAX_JSON_DEPTH {
                    return Err(JsonError::TooDeep);
                }
            }
            (false, b']' | b'}') => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    Ok(())
}

impl PartialEq for Json {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for Json {}

impl Default for Json {
    fn default() -> Self {
        Self::null()
    }
}

impl fmt::Debug for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Json {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        check_bounds(raw.get()).map_err(serde::de::Error::custom)?;
        Ok(Self(raw.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nul_is_refused_in_keys_and_values_but_an_escaped_backslash_is_not_a_nul() {
        assert!(matches!(Json::parse(r#"{"a":"x\u0000"}"#), Err(JsonError::Nul)));
        assert!(matches!(Json::parse(r#"{"\u0000":1}"#), Err(JsonError::Nul)));
        assert!(matches!(Json::new("a\0b"), Err(JsonError::Nul)));
        assert!(Json::parse(r#"{"a":"\\u0000"}"#).is_ok());
    }

    #[test]
    fn depth_and_size_are_bounded_exactly() {
        let nested = |n: usize| format!("{}{}", "[".repeat(n), "]".repeat(n));
        assert!(Json::parse(&nested(MAX_JSON_DEPTH)).is_ok());
        assert!(matches!(
            Json::parse(&nested(MAX_JSON_DEPTH + 1)),
            Err(JsonError::TooDeep)
        ));
        assert!(Json::parse(r#""[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[""#).is_ok());
        let text = |n: usize| format!("\"{}\"", "x".repeat(n - 2));
        assert!(Json::parse(&text(MAX_JSON_BYTES)).is_ok());
        assert!(matches!(
            Json::parse(&text(MAX_JSON_BYTES + 1)),
            Err(JsonError::TooLarge { .. })
        ));
    }

    #[test]
    fn malformed_text_is_a_syntax_error() {
        for text in ["", "{", "]", "{\"a\":}", "\"\\", "nul"] {
            assert!(matches!(Json::parse(text), Err(JsonError::Syntax(_))), "{text}");
        }
    }
}
