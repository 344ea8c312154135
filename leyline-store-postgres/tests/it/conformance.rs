//! Every sentence of the contract.

use leyline_testkit::Subject;

use crate::given;

mod direct {
    use super::*;

    async fn make() -> impl Subject {
        given::on_manual_clock(|_| {}).await
    }

    leyline_testkit::conformance!(make);
}

/// Through a real PgBouncer in transaction mode.
mod pooled {
    use super::*;

    async fn make() -> impl Subject {
        given::on_manual_clock(|options| {
            *options = given::through_pgbouncer(options);
        })
        .await
    }

    leyline_testkit::conformance!(make);
}
