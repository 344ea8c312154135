//! The verbs of the store: each file is one row of the table in the contract, and says what it does in the statements of
//! the same name under `sql/`.

mod tx;

mod beat;
mod checkpoint;
mod claim;
mod finish;
mod get;
mod insert;
mod list;
mod operate;
mod ping;
mod prune;
mod rescue;
mod stats;
mod workers;

#[cfg(test)]
mod tests;

pub(crate) use beat::Beaten;
pub(crate) use checkpoint::Keep;
pub(crate) use claim::Claiming;
pub(crate) use finish::Finishes;
pub(crate) use get::{ChangedSince, Get};
pub(crate) use insert::{Insert, insert};
pub(crate) use list::List;
pub(crate) use operate::{Cancel, Delete, Requeue};
pub(crate) use ping::Ping;
pub(crate) use prune::Prune;
pub(crate) use rescue::Free;
pub(crate) use stats::Count;
pub(crate) use tx::{Tx, Verb};
pub(crate) use workers::Workers;
