//! Values on their way to the database and back: the types that sqlx knows only with features that drag in more.

use std::time::Duration;

use leyline_core::Timestamp;
use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::postgres::types::{Oid, PgInterval};
use sqlx::postgres::{PgArgumentBuffer, PgHasArrayType, PgTypeInfo, PgValueRef};
use sqlx::{Decode, Encode, Postgres, Type};

/// The time scale of the database begins at 2000-01-01, in microseconds since 1970.
const EPOCH: i64 = 946_684_800_000_000;

/// Longest span that is sent. It leads past the last time that a task can have, and the database still adds it to any time
/// without an error.
const MAX_SPAN: Duration = Duration::from_hours(10_000 * 365 * 24);

/// Longest span that is looked back: before any task, and not before the first time that the database knows.
const MAX_BACK: Duration = Duration::from_hours(6_000 * 365 * 24);

/// A `uuid`: the 16 bytes of a task's or a worker's id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Uuid(pub(crate) [u8; 16]);

impl Type<Postgres> for Uuid {
    fn type_info() -> PgTypeInfo {
        PgTypeInfo::with_oid(Oid(2950))
    }
}

impl PgHasArrayType for Uuid {
    fn array_type_info() -> PgTypeInfo {
        PgTypeInfo::with_oid(Oid(2951))
    }
}

impl Encode<'_, Postgres> for Uuid {
    fn encode_by_ref(&self, buf: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        buf.extend_from_slice(&self.0);
        Ok(IsNull::No)
    }
}

impl Decode<'_, Postgres> for Uuid {
    fn decode(value: PgValueRef<'_>) -> Result<Self, BoxDynError> {
        Ok(Self(value.as_bytes()?.try_into()?))
    }
}

/// A `timestamptz`: whole microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Time(pub(crate) Timestamp);

impl Type<Postgres> for Time {
    fn type_info() -> PgTypeInfo {
        PgTypeInfo::with_oid(Oid(1184))
    }
}

impl Decode<'_, Postgres> for Time {
    fn decode(value: PgValueRef<'_>) -> Result<Self, BoxDynError> {
        let micros = i64::from_be_bytes(value.as_bytes()?.try_into()?);
        let micros = micros.checked_add(EPOCH).ok_or("a time is out of range")?;
        Ok(Self(Timestamp::from_microsecond(micros)?))
    }
}

/// A duration as an `interval` of microseconds only, so that no calendar has a say in it.
pub(crate) fn interval(span: Duration) -> PgInterval {
    PgInterval {
        months: 0,
        days: 0,
        microseconds: i64::try_from(span.min(MAX_SPAN).as_micros()).unwrap_or(i64::MAX),
    }
}

/// A duration that is to be taken off the time that it is.
pub(crate) fn back(span: Duration) -> PgInterval {
    interval(span.min(MAX_BACK))
}

/// A duration from an `interval` that [`interval`] made.
pub(crate) fn span(interval: &PgInterval) -> Duration {
    Duration::from_micros(interval.microseconds.unsigned_abs())
}

/// A number that is compared in the database: over its range it is the largest there is. No store gave out such a
/// revision, counter or tick.
pub(crate) fn ordered(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// A number that is only kept: it comes back as it was, whatever it is.
pub(crate) fn kept(number: Option<u64>) -> Option<i64> {
    number.map(u64::cast_signed)
}

/// A count, as the database counts: over its range it is the largest there is.
pub(crate) fn count(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}
