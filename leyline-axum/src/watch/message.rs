//! What is said on a socket besides events.

use bytes::Bytes;
use leyline_core::TaskId;
use serde::{Deserialize, Serialize};

use crate::problem::ProblemType;

/// A client's message on `/ws`.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Request {
    /// Begin to watch these; one that is watched begins anew with its current snapshot.
    Watch(Vec<String>),
    /// Stop watching these.
    Unwatch(Vec<String>),
    /// Begin or stop to tell that lists have changed.
    List(bool),
}

/// A server's message that is no event.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(super) enum Notice<'a> {
    /// The task is not there any more.
    Gone {
        /// Which.
        gone: TaskId,
    },
    /// The id can't be watched.
    Error {
        /// The word of a problem.
        error: &'static str,
        /// As the client wrote it.
        id: &'a str,
    },
    /// Lists may look different now.
    ListChanged {
        /// Other than in the frame before.
        list_changed: u64,
    },
}

impl<'a> Notice<'a> {
    pub(super) fn error(kind: ProblemType, id: &'a str) -> Self {
        Self::Error {
            error: kind.word(),
            id,
        }
    }

    pub(super) fn json(&self) -> Bytes {
        serde_json::to_vec(self)
            .expect("texts and numbers are JSON")
            .into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_says_exactly_one_thing() {
        let parse = |text| serde_json::from_str::<Request>(text).ok();
        assert_eq!(
            parse(r#"{"watch":["a"]}"#),
            Some(Request::Watch(vec!["a".to_owned()]))
        );
        assert_eq!(parse(r#"{"unwatch":[]}"#), Some(Request::Unwatch(vec![])));
        assert_eq!(parse(r#"{"list":true}"#), Some(Request::List(true)));
        for text in [
            "",
            "{}",
            "[]",
            r#"{"watch":"a"}"#,
            r#"{"list":true,"watch":[]}"#,
            r#"{"shout":1}"#,
            "null",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
