//! LeyLine on PostgreSQL: one task store for any number of processes.
