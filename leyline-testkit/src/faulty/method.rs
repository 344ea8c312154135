//! The methods of a store, by name.

/// A method of [`TaskStore`](leyline_core::TaskStore) that can fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Method {
    /// `insert`.
    Insert,
    /// `claim`.
    Claim,
    /// `finish`.
    Finish,
    /// `beat`.
    Beat,
    /// `rescue`.
    Rescue,
    /// `checkpoint`.
    Checkpoint,
    /// `cancel`.
    Cancel,
    /// `requeue`.
    Requeue,
    /// `delete`.
    Delete,
    /// `prune`.
    Prune,
    /// `get`.
    Get,
    /// `list`.
    List,
    /// `changed_since`.
    ChangedSince,
    /// `workers`.
    Workers,
    /// `stats`.
    Stats,
    /// `ping`.
    Ping,
}

impl Method {
    /// Every method, in the order of the trait.
    pub const ALL: [Self; 16] = [
        Self::Insert,
        Self::Claim,
        Self::Finish,
        Self::Beat,
        Self::Rescue,
        Self::Checkpoint,
        Self::Cancel,
        Self::Requeue,
        Self::Delete,
        Self::Prune,
        Self::Get,
        Self::List,
        Self::ChangedSince,
        Self::Workers,
        Self::Stats,
        Self::Ping,
    ];
}
