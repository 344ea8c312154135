//! What tests are told by variables, and what they tell: past the capture of the test harness, because how much was survived is
//! to be seen where the test passes, too.

use std::io::{Write as _, stderr};
use std::str::FromStr;

macro_rules! say {
    ($($line:tt)*) => { crate::say::tell(&format!($($line)*)) };
}

pub(crate) use say;

pub(crate) fn tell(line: &str) {
    stderr().write_all(format!("{line}\n").as_bytes()).unwrap();
}

/// The value of a variable of the environment, if it is set.
pub(crate) fn variable<T: FromStr>(name: &str) -> Option<T> {
    let text = std::env::var(name).ok()?;
    let value = text.parse().ok();
    Some(value.unwrap_or_else(|| panic!("{name}={text}")))
}
