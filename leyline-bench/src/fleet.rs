//! `idle-fleet`: what six processes that have nothing to do ask of the server: two api, two worker, two gateway nodes, each with
//! its feed and the default options.

use std::time::Duration;

use crate::Result;
use crate::node::Node;
use crate::place::Place;
use crate::postgres::Server;
use crate::report::{figure, title};
use crate::tasks::{Countdown, KIND};

const SCHEMA: &str = "bench_fleet";
/// What they do when they start is over by then.
const SETTLED: Duration = Duration::from_secs(15);

pub(crate) async fn run(place: &Place, seconds: u64) -> Result {
    title(
        "idle-fleet",
        "statements of two api, two worker and two gateway nodes with nothing to do",
    );
    let server = place.server()?;
    // Before anything is set: a server of somebody else's is left as it is.
    server.log()?;
    server.store(SCHEMA).await?;
    server
        .execute("ALTER SYSTEM SET log_statement = 'all'; SELECT pg_reload_conf()")
        .await?;
    let mut nodes = Vec::new();
    for role in ["api", "api", "worker", "worker", "gateway", "gateway"] {
        let mut node = Node::start(&server, SCHEMA, |builder| {
            builder.processor(KIND, Countdown::new(0).0)
        })
        .await?;
        if role == "worker" {
            node.run_worker();
        }
        nodes.push(node);
    }
    tokio::time::sleep(SETTLED).await;
    let before = statements(&server)?;
    tokio::time::sleep(Duration::from_secs(seconds)).await;
    let count = statements(&server)? - before;
    for node in nodes {
        node.end().await?;
    }
    figure(
        "statements, all nodes together",
        count as f64 / seconds as f64,
        "per s",
        "under 10",
    );
    Ok(())
}

/// How many statements the server has logged: BEGIN and COMMIT count too.
fn statements(server: &Server) -> Result<usize> {
    let log = server.log()?;
    let is_statement = |line: &&str| line.contains("LOG:  statement: ") || line.contains("LOG:  execute ");
    Ok(log.lines().filter(is_statement).count())
}
