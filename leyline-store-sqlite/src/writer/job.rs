//! A verb with someone who waits for its answer.

use leyline_core::store::{Error, Result};
use rusqlite::Connection;
use tokio::sync::oneshot;

use crate::verb::{Tx, Verb};

/// A call in a group, whatever its verb.
pub(crate) trait Job: Send {
    /// The verb's name.
    fn name(&self) -> &'static str;

    /// Roughly what it carries.
    fn bytes(&self) -> usize;

    /// Whether nobody waits for it any more.
    fn is_abandoned(&self) -> bool;

    /// Runs the verb and keeps its answer for after the commit.
    fn run(&mut self, tx: &Tx<'_>) -> rusqlite::Result<()>;

    /// Gives the caller the answer that was kept: its transaction is committed.
    fn committed(self: Box<Self>);

    /// Gives the caller an error.
    fn failed(self: Box<Self>, error: Error);
}

/// What is done on the writing connection outside of any transaction.
pub(crate) type Errand = Box<dyn FnOnce(&Connection) + Send>;

struct Call<V: Verb> {
    verb: V,
    answer: Option<V::Answer>,
    reply: oneshot::Sender<Result<V::Answer>>,
}

/// A job, and where its answer will come.
pub(crate) fn call<V: Verb>(verb: V) -> (Box<dyn Job>, oneshot::Receiver<Result<V::Answer>>) {
    let (reply, answered) = oneshot::channel();
    let call = Call {
        verb,
        answer: None,
        reply,
    };
    (Box::new(call), answered)
}

impl<V: Verb> Job for Call<V> {
    fn name(&self) -> &'static str {
        V::NAME
    }

    fn bytes(&self) -> usize {
        self.verb.bytes()
    }

    fn is_abandoned(&self) -> bool {
        self.reply.is_closed()
    }

    fn run(&mut self, tx: &Tx<'_>) -> rusqlite::Result<()> {
        self.answer = Some(self.verb.run(tx)?);
        Ok(())
    }

    fn committed(self: Box<Self>) {
        let answer = self.answer.expect("a job is run before its group is committed");
        // Nobody may be there any more; the change stands all the same.
        let _ = self.reply.send(Ok(answer));
    }

    fn failed(self: Box<Self>, error: Error) {
        let _ = self.reply.send(Err(error));
    }
}
