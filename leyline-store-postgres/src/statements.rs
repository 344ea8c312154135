//! The statements, with the schema's name in them.
//!
//! Every name is qualified, because a pooler gives no session to set a search path in. The files say `leyline.`, which is also
//! the default; another schema replaces it. A name in braces stands for a fragment that several statements share.

use std::sync::Arc;

use leyline_core::Status;
use sqlx::AssertSqlSafe;
use sqlx::postgres::{PgArguments, Postgres};
use sqlx::query::Query;

use crate::options::Schema;

macro_rules! statements {
    ($($name:ident)*) => {
        /// One text for each statement of `sql/`.
        pub(crate) struct Statements {
            $(pub(crate) $name: Arc<str>,)*
            /// A list of one status, by its code.
            pub(crate) list_by_status: [Arc<str>; 5],
            /// The two halves of a rescue, by what it does about locks.
            pub(crate) rescue_bury: [Arc<str>; 2],
            pub(crate) rescue: [Arc<str>; 2],
            /// Whether statements stay prepared on their connection.
            persistent: bool,
        }

        impl Statements {
            pub(crate) fn new(schema: &Schema, persistent: bool) -> Self {
                Self {
                    $($name: text(include_str!(concat!("sql/", stringify!($name), ".sql")), schema),)*
                    list_by_status: Status::ALL.map(|status| list_of(status, schema)),
                    rescue_bury: Locked::ALL.map(|locked| locked.of(include_str!("sql/rescue_bury.sql"), schema)),
                    rescue: Locked::ALL.map(|locked| locked.of(include_str!("sql/rescue.sql"), schema)),
                    persistent,
                }
            }
        }
    };
}

statements! {
    beat beat_held beat_progress cancel changed_since checkpoint claim claim_kind claim_named delete finish get insert insert_there
    list_all list_kind list_kind_walk list_owner list_owner_walk notify ping prune requeue stats workers
}

impl Statements {
    /// A query of this text, to be given its values.
    pub(crate) fn query<'q>(&self, text: &Arc<str>) -> Query<'q, Postgres, PgArguments> {
        // Safe: the text is a file of this crate, with a name in it that `Schema` has checked.
        sqlx::query(AssertSqlSafe(Arc::clone(text))).persistent(self.persistent)
    }
}

/// What a rescue does about rows that others hold locked.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Locked {
    /// It waits for them.
    Wait,
    /// It leaves them to the next look.
    Pass,
}

impl Locked {
    const ALL: [Self; 2] = [Self::Wait, Self::Pass];

    fn of(self, file: &str, schema: &Schema) -> Arc<str> {
        let words = match self {
            Self::Wait => "",
            Self::Pass => " SKIP LOCKED",
        };
        text(&file.replace("{locked}", words), schema)
    }
}

/// Fragments that stand in several statements, those that hold others first.
const FRAGMENTS: [(&str, &str); 7] = [
    ("{patience}", include_str!("sql/patience.sql")),
    ("{claim_take}", include_str!("sql/claim_take.sql")),
    ("{list_passing}", include_str!("sql/list_passing.sql")),
    ("{task}", include_str!("sql/task.sql")),
    ("{detail}", include_str!("sql/detail.sql")),
    ("{row}", include_str!("sql/row.sql")),
    ("{history}", include_str!("sql/history.sql")),
];

fn list_of(status: Status, schema: &Schema) -> Arc<str> {
    let code = status.code().to_string();
    text(
        &include_str!("sql/list_status.sql").replace("{status}", &code),
        schema,
    )
}

/// The text of a file for this schema.
pub(crate) fn text(file: &str, schema: &Schema) -> Arc<str> {
    let mut text = file.to_owned();
    for (name, fragment) in FRAGMENTS {
        text = text.replace(name, fragment.trim_end());
    }
    schema.qualify(&text).into()
}
