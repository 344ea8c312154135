//! Params within bounds: what is out of them fails the task with the JSON path of the fault.

use std::time::Duration;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

/// A whole number from `MIN` to `MAX`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Whole<const MIN: u32, const MAX: u32>(pub(super) u32);

impl<'de, const MIN: u32, const MAX: u32> Deserialize<'de> for Whole<MIN, MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = f64::deserialize(deserializer)?;
        let within = f64::from(MIN) <= value && value <= f64::from(MAX);
        if within && value.fract() == 0.0 {
            return Ok(Self(value as u32));
        }
        Err(D::Error::custom(format_args!(
            "{value} is not a whole number from {MIN} to {MAX}"
        )))
    }
}

/// A time of 0 to `MAX` seconds; fractions are allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Seconds<const MAX: u32>(pub(super) Duration);

impl<'de, const MAX: u32> Deserialize<'de> for Seconds<MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = f64::deserialize(deserializer)?;
        if (0.0..=f64::from(MAX)).contains(&value) {
            return Ok(Self(Duration::from_secs_f64(value)));
        }
        Err(D::Error::custom(format_args!(
            "{value} is not a time of 0 to {MAX} seconds"
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_out_of_bounds_are_refused() {
        let read = serde_json::from_str::<Whole<1, 9>>;
        assert_eq!(read("9").unwrap(), Whole(9));
        assert_eq!(read("2.0").unwrap(), Whole(2));
        for text in ["0", "10", "2.5", "-1", "1e99", "\"2\"", "null"] {
            assert!(read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn times_may_have_fractions() {
        let read = serde_json::from_str::<Seconds<60>>;
        assert_eq!(read("0.25").unwrap(), Seconds(Duration::from_millis(250)));
        for text in ["-0.1", "60.1", "1e300", "\"1\""] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
