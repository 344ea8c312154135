//! A network that fails on demand does so.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use test_servers::Proxy;

/// A server that says what it hears, and the network before it.
fn echo() -> Proxy {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || std::io::copy(&mut &stream, &mut &stream));
        }
    });
    Proxy::start(port)
}

fn ask(mut stream: &TcpStream, word: &str) -> std::io::Result<String> {
    stream.write_all(word.as_bytes())?;
    hear(stream, word.len())
}

fn hear(mut stream: &TcpStream, length: usize) -> std::io::Result<String> {
    let mut heard = vec![0; length];
    stream.read_exact(&mut heard)?;
    Ok(String::from_utf8_lossy(&heard).into_owned())
}

#[track_caller]
fn ask_in_vain(stream: &TcpStream, word: &str) {
    stream.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
    let nothing = ask(stream, word).unwrap_err();
    assert!(
        matches!(nothing.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut),
        "{nothing}"
    );
    stream.set_read_timeout(None).unwrap();
}

#[test]
fn a_cut_network_ends_connections_and_refuses_new_ones_until_it_is_healed() {
    let proxy = echo();
    let stream = TcpStream::connect(proxy.address()).unwrap();
    assert_eq!(ask(&stream, "one").unwrap(), "one");
    assert_eq!(proxy.connections(), 1);
    for _ in 0..20 {
        proxy.cut();
        assert_eq!(proxy.connections(), 0);
        let refused = TcpStream::connect(proxy.address()).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
        proxy.heal();
        let stream = TcpStream::connect(proxy.address()).unwrap();
        assert_eq!(ask(&stream, "two").unwrap(), "two");
    }
    assert!(ask(&stream, "three").is_err());
}

#[test]
fn a_black_hole_swallows_everything_and_gives_it_back_late() {
    let proxy = echo();
    let old = TcpStream::connect(proxy.address()).unwrap();
    assert_eq!(ask(&old, "one").unwrap(), "one");
    proxy.black_hole();
    let new = TcpStream::connect(proxy.address()).unwrap();
    for stream in [&old, &new] {
        ask_in_vain(stream, "two");
    }
    proxy.heal();
    for stream in [&old, &new] {
        assert_eq!(hear(stream, 3).unwrap(), "two");
    }
}

#[test]
fn stranded_connections_swallow_everything_while_new_ones_work() {
    let proxy = echo();
    let old = TcpStream::connect(proxy.address()).unwrap();
    assert_eq!(ask(&old, "one").unwrap(), "one");
    proxy.strand();
    ask_in_vain(&old, "two");
    let new = TcpStream::connect(proxy.address()).unwrap();
    assert_eq!(ask(&new, "three").unwrap(), "three");
    proxy.heal();
    assert_eq!(hear(&old, 3).unwrap(), "two");
    assert_eq!(ask(&new, "four").unwrap(), "four");
    // A network that is cut ends those that were lost, too.
    proxy.strand();
    ask_in_vain(&old, "five");
    proxy.cut();
    assert!(ask(&old, "six").is_err());
}

#[test]
fn the_end_of_what_one_side_says_is_carried_to_the_other() {
    let proxy = echo();
    let mut stream = TcpStream::connect(proxy.address()).unwrap();
    stream.write_all(b"word").unwrap();
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    let mut heard = String::new();
    stream.read_to_string(&mut heard).unwrap();
    assert_eq!(heard, "word");
    let address = proxy.address();
    drop(proxy);
    assert!(TcpStream::connect(address).is_err());
}
