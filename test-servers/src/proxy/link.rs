//! The state of the network, and the port at which it begins.

use std::collections::BTreeMap;
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use super::connection::carry;
use crate::port;

/// What the network does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Weather {
    Fine,
    /// Nobody is there: connections are refused.
    Cut,
    /// Nothing comes through, and nobody is told.
    BlackHole,
    /// The proxy is gone.
    Over,
}

impl Weather {
    fn listens(self) -> bool {
        matches!(self, Self::Fine | Self::BlackHole)
    }
}

#[derive(Debug)]
pub(super) struct Link {
    pub(super) here: SocketAddr,
    pub(super) there: SocketAddr,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug)]
pub(super) struct State {
    weather: Weather,
    /// Whether the port takes connections.
    listening: bool,
    /// Both ends of each.
    pub(super) connections: BTreeMap<u64, [TcpStream; 2]>,
    next: u64,
    /// Connections with a lower number are lost: nothing comes through on them.
    stranded: u64,
}

impl Link {
    pub(super) fn to(port: u16) -> Self {
        let state = State {
            weather: Weather::Fine,
            listening: false,
            connections: BTreeMap::new(),
            next: 0,
            stranded: 0,
        };
        Self {
            here: port::local(port::free()),
            there: port::local(port),
            state: Mutex::new(state),
            changed: Condvar::new(),
        }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the weather, and returns when it is so.
    pub(super) fn set(&self, weather: Weather) {
        let mut state = self.state();
        state.weather = weather;
        if !weather.listens() {
            for end in std::mem::take(&mut state.connections).into_values().flatten() {
                let _ = end.shutdown(Shutdown::Both);
            }
        }
        drop(state);
        self.changed.notify_all();
        if !weather.listens() {
            // The listener wakes up by a connection only.
            let _ = TcpStream::connect(self.here);
        }
        drop(self.wait_while(|state| state.listening != state.weather.listens()));
    }

    /// Loses the connections there are, until they are found again.
    pub(super) fn strand(&self) {
        let mut state = self.state();
        state.stranded = state.next;
    }

    /// Finds the lost connections again.
    pub(super) fn find(&self) {
        self.state().stranded = 0;
        self.changed.notify_all();
    }

    /// Waits out a black hole; whether the network is there for a new connection.
    pub(super) fn takes(&self) -> bool {
        let state = self.wait_while(|state| state.weather == Weather::BlackHole);
        state.weather == Weather::Fine
    }

    /// Waits out a black hole, and the loss of this connection; whether the network is there for it.
    pub(super) fn passes(&self, number: u64) -> bool {
        let lost = |state: &State| match state.weather {
            Weather::BlackHole => true,
            Weather::Fine => number < state.stranded,
            Weather::Cut | Weather::Over => false,
        };
        self.wait_while(lost).weather == Weather::Fine
    }

    /// Takes connections until the proxy is gone.
    pub(super) fn listen(self: Arc<Self>) {
        while self.wait_while(|state| state.weather == Weather::Cut).weather != Weather::Over {
            let listener = TcpListener::bind(self.here).expect("the port is ours");
            self.listens(true);
            // Asked before each wait: who changes the weather does so first, and connects then.
            while self.state().weather.listens() {
                if let Ok((client, _)) = listener.accept() {
                    let link = Arc::clone(&self);
                    thread::spawn(move || carry(&link, &client));
                }
            }
            drop(listener);
            self.listens(false);
        }
    }

    fn listens(&self, listening: bool) {
        self.state().listening = listening;
        self.changed.notify_all();
    }

    /// Notes a connection, unless the network is cut.
    pub(super) fn enter(&self, ends: [TcpStream; 2]) -> Option<u64> {
        let mut state = self.state();
        if !state.weather.listens() {
            return None;
        }
        let number = state.next;
        state.next += 1;
        state.connections.insert(number, ends);
        Some(number)
    }

    pub(super) fn leave(&self, number: u64) {
        self.state().connections.remove(&number);
    }

    fn wait_while(&self, condition: impl Fn(&State) -> bool) -> MutexGuard<'_, State> {
        let waited = self.changed.wait_while(self.state(), |state| condition(state));
        waited.unwrap_or_else(PoisonError::into_inner)
    }
}
