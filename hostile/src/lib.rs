//! Hostile input: for each parser that strangers reach, one function over bytes that asserts what must hold whatever they are.
//!
//! Each [`Target`] is called in three ways, so that they can't drift apart: by the fuzzer (`fuzz/`, `cargo xtask fuzz`), which
//! looks for inputs that nobody thought of; by a test that replays what the fuzzer has found worth keeping (`fuzz/corpus/`);
//! and by a test with inputs that are [made](inputs) from the corpus and the target's own words.
//!
//! The targets attack the library where strangers do: through its public functions, the router called in process, and
//! the server on a port of its own. So no parser is made public for their sake. The one exception is the codec of PostgreSQL's
//! notifications, which only a database leads to: its target is `leyline_store_postgres::hostile`, there for fuzzers alone.

mod service;
mod source;

mod reference;
mod target;

mod inputs;

pub use inputs::inputs;
pub use target::{TARGETS, Target, run};
