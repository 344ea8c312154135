//! One connection by way of the network.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::thread;

use super::link::Link;

/// Bytes at once.
const PIECE: usize = 16 * 1024;

/// Carries a client's connection to the server until both sides are done, or the network is cut.
pub(super) fn carry(link: &Link, client: &TcpStream) {
    if !link.takes() {
        return;
    }
    let Ok(server) = TcpStream::connect(link.there) else {
        return;
    };
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    let (Ok(near), Ok(far)) = (client.try_clone(), server.try_clone()) else {
        return;
    };
    let Some(number) = link.enter([near, far]) else {
        return;
    };
    thread::scope(|scope| {
        scope.spawn(|| pump(link, number, client, &server));
        pump(link, number, &server, client);
    });
    link.leave(number);
}

/// Carries what one side says to the other, and that it has ended.
fn pump(link: &Link, number: u64, mut from: &TcpStream, mut to: &TcpStream) {
    let mut piece = vec![0; PIECE];
    loop {
        let read = from.read(&mut piece);
        if !link.passes(number) {
            return;
        }
        match read {
            Ok(0) => {
                let _ = to.shutdown(Shutdown::Write);
                return;
            }
            Ok(length) if to.write_all(&piece[..length]).is_ok() => {}
            _ => {
                let _ = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
                return;
            }
        }
    }
}
