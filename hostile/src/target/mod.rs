//! The targets, one file each.

mod header;

mod conditions;
mod disposition;
mod events;
mod key;
mod media;
mod multipart;
mod name;
mod params;
mod range;
mod resume;
mod snapshot;
mod socket;
mod wire;

use std::fmt;

/// A function that panics if something does not hold of the input.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct Target {
    /// What it attacks; also the name of its corpus and of its fuzzer.
    pub name: &'static str,
    /// The attack.
    pub run: fn(&[u8]),
    /// What inputs are made of, for whoever makes them at random.
    pub words: &'static [&'static str],
    /// How many inputs the tests make; fewer for those that go over a connection.
    pub tries: usize,
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Target")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// All of them.
pub const TARGETS: &[Target] = &[
    name::TARGET,
    disposition::TARGET,
    range::TARGET,
    conditions::TARGET,
    key::TARGET,
    resume::TARGET,
    params::TARGET,
    multipart::TARGET,
    snapshot::TARGET,
    events::TARGET,
    socket::TARGET,
    wire::TARGET,
    media::TARGET,
];

/// Runs the target of this name.
pub fn run(name: &str, data: &[u8]) {
    let target = TARGETS.iter().find(|target| target.name == name);
    (target.expect("a fuzzer bears the name of its target").run)(data);
}
