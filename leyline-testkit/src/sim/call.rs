//! One call of the store: through the gate, with what fate has drawn for it.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures_util::future::BoxFuture;
use leyline_core::TaskStore;
use leyline_core::store::{Error, Result};
use tokio::sync::oneshot;

use super::account::Note;
use super::node::Node;
use super::world::{World, locked};
use crate::Method;
use crate::history::{Answer, Event};

/// Sends a call to the store.
type Sender<T> = Box<dyn FnOnce(Arc<dyn TaskStore>) -> BoxFuture<'static, Result<T>> + Send>;

/// A call that can go on without its caller.
pub(super) struct Call<T> {
    pub(super) method: Method,
    pub(super) note: Note,
    /// Sends it to the store.
    pub(super) send: Sender<T>,
    /// The answers to fenced writes that the answer holds.
    pub(super) answers: fn(&Result<T>) -> Vec<Answer>,
}

/// What becomes of a call.
#[derive(Default)]
struct Fate {
    before: Duration,
    after: Duration,
    fault: Option<Fault>,
}

#[derive(Clone, Copy, PartialEq)]
enum Fault {
    Refused,
    LostCall,
    LostAnswer,
    SilentCall,
    SilentAnswer,
}

const FAULTS: [(Fault, &str); 5] = [
    (Fault::Refused, "store refused"),
    (Fault::LostCall, "store call lost"),
    (Fault::LostAnswer, "store answer lost"),
    (Fault::SilentCall, "store call never answered"),
    (Fault::SilentAnswer, "store answer never came"),
];

/// Tells of a beat or a look that failed, or whose caller gave it up.
struct Missing<'a> {
    node: &'a Node,
    verb: Option<&'static str>,
}

impl Drop for Missing<'_> {
    fn drop(&mut self) {
        if let Some(verb) = self.verb {
            let verb = verb.to_owned();
            self.node.record(Event::Missed { verb });
        }
    }
}

impl Node {
    pub(super) async fn call<T: Send + 'static>(self: &Arc<Self>, call: Call<T>) -> Result<T> {
        let verb = match call.method {
            Method::Beat => Some("beat"),
            Method::Workers => Some("workers"),
            _ => None,
        };
        let mut missing = Missing { node: self, verb };
        self.gate.pass().await;
        let fate = self.world.fate();
        let answer = if fate.before.is_zero() && fate.after.is_zero() && fate.fault.is_none() {
            self.world.effect(self, call).await
        } else {
            // In a task of its own: it is under way, whatever becomes of who sent it.
            let (answer, answered) = oneshot::channel();
            let node = Arc::clone(self);
            tokio::spawn(async move {
                let done = travel(&node, fate, call).await;
                if answer.send(done).is_err() {
                    node.world.count("answer to nobody");
                }
            });
            match answered.await {
                Ok(answer) => answer,
                Err(_) => std::future::pending().await,
            }
        };
        self.gate.pass().await;
        if answer.is_ok() {
            missing.verb = None;
        }
        answer
    }
}

/// The way to the store and back.
async fn travel<T: Send + 'static>(node: &Arc<Node>, fate: Fate, call: Call<T>) -> Result<T> {
    let world = &node.world;
    tokio::time::sleep(fate.before).await;
    let outage = world.outage.load(Ordering::Relaxed);
    match fate.fault {
        Some(Fault::Refused) => return Err(Error::unavailable("a fault: nothing was done")),
        Some(Fault::LostCall) => return Err(Error::unknown("a fault: the call got lost")),
        Some(Fault::SilentCall) => return std::future::pending().await,
        _ => {}
    }
    let answer = world.effect(node, call).await;
    tokio::time::sleep(fate.after).await;
    match fate.fault {
        Some(Fault::LostAnswer) => Err(Error::unknown("a fault: the answer got lost")),
        Some(Fault::SilentAnswer) => std::future::pending().await,
        _ if world.outage.load(Ordering::Relaxed) != outage => {
            Err(Error::unknown("a fault: the store went down before it answered"))
        }
        _ => answer,
    }
}

impl World {
    fn fate(&self) -> Fate {
        let mut fate = Fate::default();
        if self.strikes("store slow", self.plan.slow) {
            let most = if self.plan.calm { 150 } else { 60 };
            fate.before = self.dice.millis(0, most);
            fate.after = self.dice.millis(0, most);
        }
        if self.plan.store_faults > 0.0 && !self.is_quiet() && self.dice.chance(self.plan.store_faults) {
            let kinds = if self.plan.silence { 5 } else { 3 };
            if self.dice.chance(0.1) {
                self.count("store very slow");
                fate.before = self.dice.millis(0, 2_500);
                fate.after = self.dice.millis(0, 2_500);
            } else if let Some((fault, name)) = self.dice.pick(&FAULTS[..kinds]) {
                self.count(name);
                fate.fault = Some(fault);
            }
        }
        fate
    }

    /// The call reaches the store, and the account tells of it.
    async fn effect<T>(&self, node: &Node, call: Call<T>) -> Result<T> {
        let _effects = self.effects.lock().await;
        if self.is_down() {
            return Err(Error::unavailable("the store is down"));
        }
        match &call.note {
            Note::Beat(beat) => {
                locked(&node.workers).insert(beat.worker);
                if self.plan.outages && locked(&self.durable).is_none() {
                    *locked(&self.durable) = self.backing.image();
                }
            }
            Note::Read => {}
            // A commit makes durable what came before it.
            _ => *locked(&self.durable) = None,
        }
        let before = self.workers_before(&call.note).await;
        let answer = (call.send)(Arc::clone(&self.store)).await;
        if !matches!(call.note, Note::Read) {
            self.account(&node.name, &call.note, &(call.answers)(&answer))
                .await;
            self.buried(node, &call.note, &before).await;
        }
        answer
    }
}
