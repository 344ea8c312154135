//! in memory
/// x
pub struct MemoryStore;
