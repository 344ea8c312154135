//! What tests do with the network.

use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use super::link::{Link, Weather};

/// A forwarder of TCP connections between clients and a server, which can behave as a bad network does. It ends, with its
/// connections, when it is dropped.
#[derive(Debug)]
pub struct Proxy {
    link: Arc<Link>,
    listener: Option<JoinHandle<()>>,
}

impl Proxy {
    /// A proxy for a server at this port of 127.0.0.1, at a free port itself.
    pub fn start(port: u16) -> Self {
        let link = Arc::new(Link::to(port));
        let listening = Arc::clone(&link);
        let listener = thread::spawn(move || listening.listen());
        link.set(Weather::Fine);
        Self {
            link,
            listener: Some(listener),
        }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.link.here
    }

    /// A URL of the server, by way of this proxy.
    ///
    /// # Panics
    /// If the text is not a URL.
    pub fn url(&self, url: &str) -> String {
        let (scheme, rest) = url.split_once("://").expect("a URL has a scheme");
        let (authority, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
        let user = authority
            .rsplit_once('@')
            .map_or(String::new(), |(user, _)| format!("{user}@"));
        format!("{scheme}://{user}{}{path}", self.link.here)
    }

    /// Closes all connections and refuses new ones, until [`heal`](Self::heal).
    pub fn cut(&self) {
        self.link.set(Weather::Cut);
    }

    /// Keeps all connections, takes new ones, and lets nothing through, not even their ends, until [`heal`](Self::heal): what
    /// was sent meanwhile then comes late.
    pub fn black_hole(&self) {
        self.link.set(Weather::BlackHole);
    }

    /// Lets nothing through on the connections there are, not even their ends, until [`heal`](Self::heal); new ones work. So
    /// does a router that has forgotten what it was told.
    pub fn strand(&self) {
        self.link.strand();
    }

    /// Lets everything through again.
    pub fn heal(&self) {
        self.link.find();
        self.link.set(Weather::Fine);
    }

    /// How many connections reach through to the server, or did before the black hole.
    pub fn connections(&self) -> usize {
        self.link.state().connections.len()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.link.set(Weather::Over);
        if let Some(listener) = self.listener.take() {
            let _ = listener.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_server_of_a_url_changes() {
        let proxy = Proxy::start(1);
        let here = proxy.address();
        let check = |url: &str, expected: String| assert_eq!(proxy.url(url), expected);
        check(
            "postgres://a:b@h:1/db?x=y",
            format!("postgres://a:b@{here}/db?x=y"),
        );
        check("http://h", format!("http://{here}"));
    }
}
