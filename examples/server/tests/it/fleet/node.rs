//! One process of a fleet, which comes back at the address that it had.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitStatus;

use tokio::process::Command;

use crate::server::{Server, program};

/// A process, and how it is started again.
pub(crate) struct Node {
    folder: PathBuf,
    store: String,
    arguments: Vec<String>,
    variables: Vec<(String, String)>,
    pub(crate) address: SocketAddr,
    server: Option<Server>,
}

impl Node {
    /// A process that does not run yet. The URL of the store has a password in it, so it goes by the environment.
    pub(super) fn new(folder: PathBuf, store: String, arguments: &[&str]) -> Self {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, test_servers::free_port()));
        let mut arguments: Vec<String> = arguments.iter().map(ToString::to_string).collect();
        arguments.extend(["--listen".to_owned(), address.to_string()]);
        Self {
            folder,
            store,
            arguments,
            variables: Vec::new(),
            address,
            server: None,
        }
    }

    /// Sets a variable for it.
    pub(crate) fn environment(&mut self, name: &str, value: &str) {
        self.variables.push((name.to_owned(), value.to_owned()));
    }

    fn command(&self) -> Command {
        let mut command = program(&self.folder);
        let variables = self.variables.iter().map(|(name, value)| (name, value));
        command
            .env("LEYLINE_STORE", &self.store)
            .envs(variables)
            .args(&self.arguments);
        command
    }

    /// Starts it and waits until it listens.
    pub(crate) async fn start(&mut self) {
        assert!(self.server.is_none(), "it runs already");
        self.server = Some(Server::run(self.command()).await);
    }

    pub(crate) fn server(&mut self) -> &mut Server {
        self.server.as_mut().expect("it runs")
    }

    /// Panics with its log if the process has ended.
    pub(crate) fn check_running(&mut self) {
        let server = self.server();
        if let Some(status) = server.has_ended() {
            panic!("a process ended with {status}:\n{}", server.log());
        }
    }

    /// Kills it as the kernel would.
    pub(crate) async fn kill(&mut self) {
        self.server.take().expect("it runs").kill().await;
    }

    /// An orderly end.
    pub(crate) async fn terminate(&mut self) -> ExitStatus {
        self.server.take().expect("it runs").terminate().await
    }
}
