//! The store against its contract, and the fears of whoever keeps tasks in one file.

mod reopen;
