//! An error as a log needs it: with everything that it came from.

use std::error::Error;
use std::fmt;

/// Prints an error and its causes in one line. The text of an error says only what the caller may act on; why it is so stands
/// in its causes.
pub(crate) struct Causes<'a>(pub(crate) &'a (dyn Error + 'static));

impl fmt::Display for Causes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        let mut cause = self.0.source();
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store;

    #[test]
    fn every_cause_is_told_once() {
        let refused = std::io::Error::from(std::io::ErrorKind::ConnectionRefused);
        let error = crate::Error::Store(store::Error::unavailable(refused));
        assert_eq!(
            Causes(&error).to_string(),
            "the store is not available: connection refused"
        );
        let bare = store::Error::unknown("it fell silent");
        assert_eq!(
            Causes(&bare).to_string(),
            "the outcome in the store is unknown: it fell silent"
        );
    }
}
