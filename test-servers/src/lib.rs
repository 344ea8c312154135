//! Throw-away servers for tests: PostgreSQL, PgBouncer, nginx.
