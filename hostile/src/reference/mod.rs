//! What the standards say, written down slowly and plainly, to be compared with.

pub(crate) mod events;
pub(crate) mod form;
pub(crate) mod frames;
pub(crate) mod json;
pub(crate) mod label;
pub(crate) mod range;
pub(crate) mod responses;
pub(crate) mod tags;
