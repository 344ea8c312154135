//! What the tests of many processes need: PostgreSQL, PgBouncer, nginx.

use super::debian::install_idle;

/// The servers, as programs: the tests start them, on ports of their own.
pub(crate) fn servers() -> Result<(), String> {
    let missing = test_servers::missing_packages();
    if !missing.is_empty() {
        install_idle(&missing)?;
    }
    match test_servers::missing_packages()[..] {
        [] => Ok(()),
        ref missing => Err(format!("installed, but not found: {}", missing.join(", "))),
    }
}
