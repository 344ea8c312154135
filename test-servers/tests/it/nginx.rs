//! The proxy's configuration, with bare nodes behind it.

use std::collections::BTreeSet;
use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr};
use std::path::Path;
use std::sync::{Arc, Mutex};

use test_servers::Nginx;

use crate::node::{Node, Request, ask, head, header, hear, nobody, send};

/// The proxy in front of these nodes.
fn proxy(api: &[SocketAddr], gateway: &[SocketAddr]) -> Option<Nginx> {
    let configuration = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/nginx.conf");
    Nginx::start(&configuration, &[("api:3000", api), ("gateway:3000", gateway)])
}

/// The proxy in front of one api node and one gateway.
fn over(api: &Node, gateway: &Node) -> Option<Nginx> {
    proxy(&[api.address], &[gateway.address])
}

#[test]
fn sockets_and_event_streams_go_to_gateways_and_all_else_to_the_api() {
    let Some(nginx) = over(&Node::named("api"), &Node::named("gateway")) else {
        return;
    };
    for path in [
        "/",
        "/app.js",
        "/api/upload",
        "/api/tasks?limit=2",
        "/api/tasks/x",
        "/api/stats",
        "/readyz",
        "/wsx",
        "/api/tasks/x/artifacts/events",
    ] {
        assert_eq!(
            ask(nginx.address(), "GET", path),
            (200, "api".to_owned()),
            "{path}"
        );
    }
    for path in [
        "/ws",
        "/ws?x=y",
        "/ws/x",
        "/api/tasks/x/events",
        "/api/tasks/x/events?y",
    ] {
        assert_eq!(
            ask(nginx.address(), "GET", path),
            (200, "gateway".to_owned()),
            "{path}"
        );
    }
    assert!(
        !nginx.log().contains("[emerg]") && !nginx.log().contains("[warn]"),
        "{}",
        nginx.log()
    );
}

#[test]
fn a_node_learns_what_the_client_asked_for_and_who_it_is() {
    let (api, gateway) = (Node::named("api"), Node::named("gateway"));
    let Some(nginx) = over(&api, &gateway) else { return };
    let request = "GET /api//tasks/%C3%BC?a=%20b HTTP/1.1\r\nHost: leyline.example:3000\r\nX-Forwarded-For: 9.9.9.9\r\n\
                   Origin: http://leyline.example:3000\r\nUpgrade: h2c\r\nConnection: Upgrade\r\nIdempotency-Key: k\r\n\r\n";
    head(&mut send(nginx.address(), request));
    let seen = api.seen().pop().expect("a request");
    assert!(
        seen.starts_with("GET /api//tasks/%C3%BC?a=%20b HTTP/1.1\r\n"),
        "{seen}"
    );
    for (name, value) in [
        ("Host", Some("leyline.example:3000")),
        ("Origin", Some("http://leyline.example:3000")),
        ("X-Forwarded-For", Some("127.0.0.1")),
        ("X-Forwarded-Host", Some("leyline.example:3000")),
        ("X-Forwarded-Proto", Some("http")),
        ("Idempotency-Key", Some("k")),
        ("Upgrade", None),
        ("Connection", None),
    ] {
        assert_eq!(header(&seen, name), value, "{name}: {seen}");
    }
}

#[test]
fn a_socket_is_a_tunnel_for_both_sides() {
    let gateway = Node::that(|request: &mut Request| {
        assert_eq!(request.header("Connection"), Some("upgrade"));
        assert_eq!(request.header("Upgrade"), Some("websocket"));
        request.say("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n");
        let heard = request.body(4);
        request.say(&format!("{heard} pong"));
        // Until the client closes.
        let mut rest = Vec::new();
        let _ = request.stream.read_to_end(&mut rest);
    });
    let Some(nginx) = over(&Node::named("api"), &gateway) else {
        return;
    };
    let request =
        "GET /ws/x HTTP/1.1\r\nHost: h\r\nUpgrade: WebSocket\r\nConnection: keep-alive, Upgrade\r\n\r\n";
    let mut stream = send(nginx.address(), request);
    assert!(head(&mut stream).starts_with("HTTP/1.1 101 "));
    stream.get_mut().write_all(b"ping").unwrap();
    assert_eq!(hear(&mut stream, 9), "ping pong");
}

#[test]
fn a_body_goes_through_while_it_comes() {
    let api = Node::that(|request: &mut Request| {
        let first = request.body(5);
        request.say(&format!("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{first}"));
        let second = request.body(5);
        request.say(&second);
    });
    let Some(nginx) = over(&api, &Node::named("gateway")) else {
        return;
    };
    let mut stream = send(
        nginx.address(),
        "POST /api/upload HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nfirst",
    );
    assert!(head(&mut stream).starts_with("HTTP/1.1 200 "));
    assert_eq!(hear(&mut stream, 5), "first");
    stream.get_mut().write_all(b"other").unwrap();
    assert_eq!(hear(&mut stream, 5), "other");
}

#[test]
fn a_refusal_comes_through_before_the_body_is_sent() {
    let api = Node::that(|request: &mut Request| {
        request.say("HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\nX-Said-By: node\r\n\r\n");
    });
    let Some(nginx) = over(&api, &Node::named("gateway")) else {
        return;
    };
    let upload = "POST /api/upload HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999999\r\n\r\nbegin";
    let refusal = head(&mut send(nginx.address(), upload));
    assert!(refusal.starts_with("HTTP/1.1 413 "), "{refusal}");
    assert_eq!(header(&refusal, "X-Said-By"), Some("node"));
}

#[test]
fn a_node_that_is_not_there_is_passed_over() {
    let (api, gateway) = (Node::named("api"), Node::named("gateway"));
    let Some(nginx) = proxy(&[nobody(), api.address], &[gateway.address, nobody()]) else {
        return;
    };
    for _ in 0..20 {
        assert_eq!(
            ask(nginx.address(), "POST", "/api/tasks"),
            (200, "api".to_owned())
        );
        assert_eq!(ask(nginx.address(), "GET", "/ws"), (200, "gateway".to_owned()));
    }
}

/// Nodes that take a request and die over it, and how many requests both of them got of one.
fn taken(method: &str, path: &str) -> Option<(u16, usize)> {
    let dies = |request: &mut Request| {
        let _ = request.stream.get_ref().shutdown(Shutdown::Both);
    };
    let nodes = [Node::that(dies), Node::that(dies)];
    let gateway = Node::named("gateway");
    let nginx = proxy(&[nodes[0].address, nodes[1].address], &[gateway.address])?;
    let (status, _) = ask(nginx.address(), method, path);
    Some((status, nodes.iter().map(|node| node.seen().len()).sum()))
}

#[test]
fn what_may_have_arrived_is_sent_again_only_if_that_changes_nothing() {
    let Some(post) = taken("POST", "/api/tasks/x/requeue") else {
        return;
    };
    assert_eq!(post, (502, 1));
    assert_eq!(taken("GET", "/api/tasks/x"), Some((502, 2)));
}

#[test]
fn connections_to_nodes_are_kept() {
    let ports = Arc::new(Mutex::new(BTreeSet::new()));
    let seen = Arc::clone(&ports);
    let api = Node::that(move |request: &mut Request| {
        seen.lock()
            .unwrap()
            .insert(request.stream.get_ref().peer_addr().unwrap().port());
        request.say("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    });
    let Some(nginx) = over(&api, &Node::named("gateway")) else {
        return;
    };
    for _ in 0..50 {
        assert_eq!(ask(nginx.address(), "GET", "/api/tasks").0, 200);
    }
    assert_eq!(api.seen().len(), 50);
    let ports = ports.lock().unwrap().len();
    assert!(ports < 25, "{ports} connections for 50 requests");
}
