//! The proxy of the repository, with other servers behind it.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;

use crate::process::{Home, Running, text};
use crate::{binaries, port};

/// The port that the configuration listens at.
const LISTEN: &str = "listen 3000;";
/// What makes a name be looked up while nginx runs.
const RESOLVE: &str = " resolve";

/// A running nginx with a configuration of the repository, at a free port. It is stopped when this is dropped.
#[derive(Debug)]
pub struct Nginx {
    // Before the home: it must have ended when that goes.
    _running: Running,
    home: Home,
    address: SocketAddr,
}

impl Nginx {
    /// Runs a configuration as it is, but for the port at which it listens and the servers behind it: each name with its port,
    /// as in `api-1:3000`, becomes an address. Gives `None` where nginx is missing, after a line that says so.
    ///
    /// # Panics
    /// Where it is missing and `CI` is set, where it does not start, and if the configuration lacks one of the names.
    pub fn start(configuration: &Path, servers: &[(&str, SocketAddr)]) -> Option<Self> {
        let program = binaries::or_skip(binaries::nginx())?;
        let text = fs::read_to_string(configuration);
        let text = text.unwrap_or_else(|error| panic!("{}: {error}", configuration.display()));
        let address = port::local(port::free());
        let home = Home::new("nginx", "TERM");
        let configuration = home.write("nginx.conf", &placed(&text, address, servers));
        let prefix = home.join("");
        let arguments = [
            "-p",
            &prefix.display().to_string(),
            "-c",
            &configuration.display().to_string(),
        ]
        .map(str::to_owned);
        let foreground = ["-g".to_owned(), "daemon off;".to_owned()];
        let arguments = [&arguments[..], &foreground].concat();
        let mut running = home.start(&program, &arguments, &home.join("log"));
        running.until(|_| port::is_open(address.port()));
        Some(Self {
            _running: running,
            home,
            address,
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What it has logged.
    pub fn log(&self) -> String {
        text(&self.home.join("log"))
    }
}

/// The configuration for this place.
fn placed(text: &str, address: SocketAddr, servers: &[(&str, SocketAddr)]) -> String {
    let listen = (LISTEN.to_owned(), format!("listen {address};"));
    let servers = servers
        .iter()
        .map(|(name, at)| (format!("server {name}{RESOLVE}"), format!("server {at}")));
    let mut text = text.to_owned();
    for (there, here) in std::iter::once(listen).chain(servers) {
        let times = text.matches(&there).count();
        assert_eq!(times, 1, "the configuration says `{there}` {times} times");
        text = text.replace(&there, &here);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_port_and_the_servers_are_replaced() {
        let text = "upstream api { server api-1:3000 resolve max_fails=1; }\nlisten 3000;\n";
        let placed = placed(text, port::local(1), &[("api-1:3000", port::local(2))]);
        assert_eq!(
            placed,
            "upstream api { server 127.0.0.1:2 max_fails=1; }\nlisten 127.0.0.1:1;\n"
        );
    }

    #[test]
    #[should_panic(expected = "the configuration says `server api-2:3000 resolve` 0 times")]
    fn a_server_that_the_configuration_lacks_is_an_error() {
        let _ = placed(
            "listen 3000;\n",
            port::local(1),
            &[("api-2:3000", port::local(2))],
        );
    }
}
