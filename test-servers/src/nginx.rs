//! The proxy of the repository, with other servers behind it.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;

use crate::process::{Home, Running, text};
use crate::{binaries, port};

/// Where the configuration listens.
const LISTEN: &str = "listen 3000;";

/// A running nginx with a configuration of the repository, at a free port. It is stopped when this is dropped.
#[derive(Debug)]
pub struct Nginx {
    // Before the home: it must have ended when that goes.
    _running: Running,
    home: Home,
    address: SocketAddr,
}

impl Nginx {
    /// Runs a configuration as it is, but for the port at which it listens and the servers behind it: a line
    /// `server NAME resolve ...;` becomes one for each of the addresses that the name has here. Gives `None` where nginx is
    /// missing, after a line that says so.
    ///
    /// # Panics
    /// Where it is missing and `CI` is set, where it does not start, and if the configuration lacks one of the names.
    pub fn start(configuration: &Path, servers: &[(&str, &[SocketAddr])]) -> Option<Self> {
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
fn placed(text: &str, address: SocketAddr, servers: &[(&str, &[SocketAddr])]) -> String {
    let mut text = replaced(text, LISTEN, |_| format!("listen {address};"));
    for (name, addresses) in servers {
        text = replaced(&text, &format!("server {name} resolve"), |options| {
            let servers = addresses
                .iter()
                .map(|address| format!("server {address}{options}"));
            servers.collect::<Vec<_>>().join("\n")
        });
    }
    text
}

/// Replaces the one line that begins so, by what is made of its rest.
fn replaced(text: &str, begin: &str, line: impl Fn(&str) -> String) -> String {
    let mut times = 0;
    let mut replaced = String::new();
    for old in text.lines() {
        let rest = old.trim_start().strip_prefix(begin);
        times += usize::from(rest.is_some());
        replaced += &rest.map_or_else(|| old.to_owned(), &line);
        replaced.push('\n');
    }
    assert_eq!(times, 1, "the configuration says `{begin}` {times} times");
    replaced
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_port_and_the_servers_are_replaced() {
        let text =
            "upstream api {\n  server api:3000 resolve max_fails=1;\n}\n# listen 3000;\n  listen 3000;\n";
        let placed = placed(
            text,
            port::local(1),
            &[("api:3000", &[port::local(2), port::local(3)])],
        );
        let expected = "upstream api {\nserver 127.0.0.1:2 max_fails=1;\nserver 127.0.0.1:3 max_fails=1;\n}\n\
                        # listen 3000;\nlisten 127.0.0.1:1;\n";
        assert_eq!(placed, expected);
    }

    #[test]
    #[should_panic(expected = "the configuration says `server api:3000 resolve` 0 times")]
    fn a_server_that_the_configuration_lacks_is_an_error() {
        let _ = placed(
            "listen 3000;\n",
            port::local(1),
            &[("api:3000", &[port::local(2)])],
        );
    }
}
