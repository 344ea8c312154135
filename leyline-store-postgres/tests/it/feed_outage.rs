//! The feed's connection is lost in every way that a connection can be.

use std::time::Duration;

use leyline_core::{CancellationToken, Status, Watch};
use leyline_store_postgres::PostgresOptions;

use crate::given;
use crate::node::{NEVER, Node, holds, soon, until};
use crate::relay::{Fate, Relay};

/// Cancels a task while the watcher's node may be deaf, and expects the watcher to learn of it.
async fn tells(acts: &Node, watch: &mut Watch) {
    acts.cancel(watch.id()).await;
    soon(until(watch, Status::Cancelled)).await;
}

/// Ends the feeds of this schema as an administrator would.
async fn terminate_feeds(options: &PostgresOptions) {
    given::execute(&format!(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE application_name = 'leyline-feed' AND query LIKE '%\"{}_events\"%'",
        options.schema
    ))
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_its_backend_is_terminated_the_feed_listens_again_and_reads_what_it_missed() {
    let options = given::options();
    let acts = Node::gateway(&options, NEVER).await;
    let watches = Node::gateway(&options, NEVER).await.feed();
    for _ in 0..3 {
        let mut watch = watches.watch(acts.insert().await).await;
        terminate_feeds(&options).await;
        tells(&acts, &mut watch).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_is_cut_or_swallows_everything_is_replaced() {
    let relay = Relay::start(&given::url()).await;
    let options = given::options().listen_url(&relay.url()).unwrap();
    let acts = Node::gateway(&options, NEVER).await;
    let watches = Node::gateway(&options, NEVER).await;
    let feed = watches.store.feed(watches.leyline.hub().clone());
    let stop = CancellationToken::new();
    let running = tokio::spawn(feed.silence(Duration::from_secs(1)).run(stop.clone()));
    let mut connections = 0;
    for fate in [Fate::Cut, Fate::Swallowed] {
        soon(holds(async || relay.connections() > connections)).await;
        let mut watch = watches.watch(acts.insert().await).await;
        tells(&acts, &mut watch).await;
        let mut watch = watches.watch(acts.insert().await).await;
        connections = relay.connections();
        relay.break_all(fate).await;
        tells(&acts, &mut watch).await;
        assert!(relay.connections() > connections, "it has made another");
    }
    stop.cancel();
    soon(running).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_that_fails_or_is_not_answered_is_made_again() {
    let relay = Relay::start(&given::url()).await;
    let direct = given::options();
    let mut options = PostgresOptions::url(&relay.url())
        .unwrap()
        .listen_url(&given::url())
        .unwrap();
    options.schema.clone_from(&direct.schema);
    options.allow_lossy = true;
    let acts = Node::gateway(&direct, NEVER).await;
    let watches = Node::gateway(&options, NEVER).await.feed();
    let mut watch = watches.watch(acts.insert().await).await;
    tells(&acts, &mut watch).await;
    for fate in [Fate::Cut, Fate::Swallowed] {
        let mut watch = watches.watch(acts.insert().await).await;
        relay.break_all(fate).await;
        tells(&acts, &mut watch).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_connection_that_answers_is_kept() {
    let relay = Relay::start(&given::url()).await;
    let options = given::options().listen_url(&relay.url()).unwrap();
    let acts = Node::gateway(&options, NEVER).await;
    let watches = Node::gateway(&options, NEVER).await;
    let feed = watches.store.feed(watches.leyline.hub().clone());
    let stop = CancellationToken::new();
    tokio::spawn(feed.silence(Duration::from_millis(500)).run(stop.clone()));
    let mut watch = watches.watch(acts.insert().await).await;
    tells(&acts, &mut watch).await;
    // Three pings of five bytes.
    let sent = relay.bytes_sent();
    soon(holds(async || relay.bytes_sent() >= sent + 15)).await;
    let mut watch = watches.watch(acts.insert().await).await;
    tells(&acts, &mut watch).await;
    assert_eq!(relay.connections(), 1);
    stop.cancel();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_feed_that_finds_no_server_goes_on_and_ends_when_it_is_told_to() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = free.local_addr().unwrap();
    drop(free);
    let url = format!("postgres://postgres@{address}/postgres");
    let options = given::options().listen_url(&url).unwrap();
    let node = Node::gateway(&options, NEVER).await;
    let stop = CancellationToken::new();
    let feed = tokio::spawn(node.store.feed(node.leyline.hub().clone()).run(stop.clone()));
    assert!(
        tokio::time::timeout(Duration::from_millis(500), async {
            while !feed.is_finished() {
                tokio::task::yield_now().await;
            }
        })
        .await
        .is_err()
    );
    stop.cancel();
    soon(feed).await.unwrap();
}
