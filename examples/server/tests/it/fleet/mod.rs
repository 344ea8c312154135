//! Many processes over one PostgreSQL, and bad days of theirs. How often something is done to them is said by variables of
//! the environment; each test names its own. One fleet runs at a time.

mod audit;
mod ground;
mod node;

mod files;
mod page;

mod killed;
mod password;
mod reconnect;
mod refused;
mod restarts;
mod restored;
mod rolling;
mod terminated;
mod unnotified;

pub(crate) use ground::Fleet;
pub(crate) use node::Node;
