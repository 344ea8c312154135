//! Histories: what clients, code, watchers and the store saw, in one order, as JSON lines.
//!
//! The simulation writes one, and so does whoever torments real processes; the [checker](crate::checker) judges both. An
//! entry says when (milliseconds since the history began), who, and what:
//!
//! ```
//! use leyline_testkit::history::{Entry, Event};
//!
//! let line = r#"{"at":12,"who":"client-1","event":"refused","request":"r-7","bytes":0,"typed":true}"#;
//! let entry: Entry = serde_json::from_str(line).unwrap();
//! assert!(matches!(entry.event, Event::Refused { bytes: 0, typed: true, .. }));
//! assert_eq!(serde_json::to_string(&entry).unwrap(), line);
//! ```

mod entry;
mod event;
mod lines;
mod row;

pub use entry::Entry;
pub(crate) use event::task_of;
pub use event::{Accounts, Answer, Bytes, Close, Event};
pub use lines::{ReadError, read, write};
pub use row::{Row, Version};
