//! Sizes and durations with their units.

use std::str::FromStr;
use std::time::Duration;

/// A number of bytes, at least 1: `1048576`, `64KiB`, `1GiB`, `500MB`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size(pub u64);

/// How long ended tasks are kept: a duration, or `never` to keep them for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention(pub Option<Duration>);

const SIZES: [(&str, u64); 10] = [
    ("", 1),
    ("b", 1),
    ("kb", 1_000),
    ("mb", 1_000_000),
    ("gb", 1_000_000_000),
    ("tb", 1_000_000_000_000),
    ("kib", 1 << 10),
    ("mib", 1 << 20),
    ("gib", 1 << 30),
    ("tib", 1 << 40),
];

const MILLISECONDS: [(&str, u64); 5] = [
    ("ms", 1),
    ("s", 1_000),
    ("m", 60_000),
    ("h", 3_600_000),
    ("d", 86_400_000),
];

impl FromStr for Size {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match quantity(text, &SIZES) {
            Some(bytes) if bytes > 0 => Ok(Self(bytes)),
            _ => Err("a size looks like 64KiB, 500MB or 1GiB, and is more than zero".to_owned()),
        }
    }
}

impl FromStr for Retention {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "never" {
            return Ok(Self(None));
        }
        let kept = parse_duration(text).map_err(|error| format!("{error}; `never` keeps everything"))?;
        Ok(Self(Some(kept)))
    }
}

/// Reads `500ms`, `30s`, `5m`, `2h` or `7d`.
///
/// # Errors
/// A sentence that says how a duration looks.
pub fn parse_duration(text: &str) -> Result<Duration, String> {
    quantity(text, &MILLISECONDS)
        .map(Duration::from_millis)
        .ok_or_else(|| "a duration looks like 500ms, 30s, 5m, 2h or 7d".to_owned())
}

/// A whole number and one of the units, whatever its case.
fn quantity(text: &str, units: &[(&str, u64)]) -> Option<u64> {
    let text = text.trim();
    let end = text
        .bytes()
        .position(|b| !b.is_ascii_digit())
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let unit = unit.trim_start();
    let (_, factor) = units.iter().find(|(name, _)| name.eq_ignore_ascii_case(unit))?;
    number.parse::<u64>().ok()?.checked_mul(*factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_binary_and_decimal_units() {
        for (text, bytes) in [
            ("7", 7),
            ("64KiB", 65_536),
            ("1 gib", 1 << 30),
            ("500MB", 500_000_000),
        ] {
            assert_eq!(text.parse(), Ok(Size(bytes)), "{text}");
        }
    }

    #[test]
    fn a_size_without_sense_is_refused() {
        for text in ["", "0", "GiB", "-1", "1.5GiB", "1 PiB", "99999999TiB"] {
            assert!(text.parse::<Size>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn durations_need_a_unit() {
        assert_eq!(parse_duration("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(parse_duration("7d"), Ok(Duration::from_hours(7 * 24)));
        for text in ["", "7", "d", "7w", "-1s", "1h30m"] {
            assert!(parse_duration(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn retention_may_be_for_ever() {
        assert_eq!("never".parse(), Ok(Retention(None)));
        assert_eq!("90s".parse(), Ok(Retention(Some(Duration::from_secs(90)))));
        assert!("ever".parse::<Retention>().is_err());
    }
}
