//! Ports for servers.

use std::collections::BTreeSet;
use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::{Mutex, PoisonError};

/// Below what systems hand out to clients (from 32,768 on): a server that is stopped for a while finds its port free again.
const FIRST: u16 = 16_384;
const LAST: u16 = 32_767;

/// The address of this machine that no other machine reaches.
pub(crate) fn local(port: u16) -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, port))
}

/// A port that is free, and that no other server of this process was given, for one that has to find it again after it was
/// away. They are drawn, so that processes that do this at the same time hardly ever meet.
pub fn free() -> u16 {
    static GIVEN: Mutex<BTreeSet<u16>> = Mutex::new(BTreeSet::new());
    let mut given = GIVEN.lock().unwrap_or_else(PoisonError::into_inner);
    let span = u64::from(LAST - FIRST) + 1;
    let draw = |_| FIRST + (RandomState::new().build_hasher().finish() % span) as u16;
    let port = (0..1000)
        .map(draw)
        .find(|port| !given.contains(port) && TcpListener::bind(local(*port)).is_ok())
        .expect("of so many ports some are free");
    given.insert(port);
    port
}

/// Whether someone takes connections there.
pub(crate) fn is_open(port: u16) -> bool {
    TcpStream::connect(local(port)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_port_is_given_twice() {
        let ports: BTreeSet<u16> = (0..100).map(|_| free()).collect();
        assert_eq!(ports.len(), 100);
        assert!(ports.iter().all(|port| (FIRST..=LAST).contains(port)));
    }
}
