//! Every change of a task, as the server saw it: who made it, and what it was. Written by triggers, so that nothing gets past.

use std::fmt;

use leyline_core::TaskId;
use leyline_store_postgres::sqlx::Row as _;

use crate::given::{self, Store};

/// One update of a row that a task has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Change {
    /// The role of whoever made it.
    pub(crate) by: String,
    pub(crate) what: What,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum What {
    /// A status change, with the revision that it led to.
    Status { revision: i64, status: i16 },
    /// Progress within a revision.
    Progress { revision: i64, message: String },
    /// A checkpoint within a revision.
    Checkpoint { revision: i64, value: String },
    /// A change of anything else.
    Other { revision: i64 },
}

impl What {
    /// The revision that the row had afterwards.
    pub(crate) fn revision(&self) -> i64 {
        let (Self::Status { revision, .. }
        | Self::Progress { revision, .. }
        | Self::Checkpoint { revision, .. }
        | Self::Other { revision }) = self;
        *revision
    }
}

/// From now on every update of a task is noted.
pub(crate) async fn begin(store: &Store) {
    let schema = &store.schema;
    given::execute(&format!(
        "CREATE TABLE {schema}.audit (
            nth bigserial PRIMARY KEY, by text NOT NULL, id uuid NOT NULL, revision bigint NOT NULL, what text NOT NULL,
            status smallint, text text
        );
        CREATE FUNCTION {schema}.audit_task() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            INSERT INTO {schema}.audit (by, id, revision, what, status, text) VALUES (
                session_user, NEW.id, NEW.revision,
                CASE
                    WHEN (NEW.revision, NEW.status) <> (OLD.revision, OLD.status) THEN 'status'
                    WHEN NEW.tick > OLD.tick THEN 'progress'
                    ELSE 'other'
                END,
                NEW.status, coalesce(NEW.message, '')
            );
            RETURN NULL;
        END $$;
        CREATE FUNCTION {schema}.audit_detail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            IF NEW.checkpoint IS DISTINCT FROM OLD.checkpoint THEN
                INSERT INTO {schema}.audit (by, id, revision, what, text)
                SELECT session_user, NEW.id, revision, 'checkpoint', coalesce(NEW.checkpoint, '')
                FROM {schema}.task WHERE id = NEW.id;
            END IF;
            RETURN NULL;
        END $$;
        CREATE TRIGGER audit AFTER UPDATE ON {schema}.task FOR EACH ROW EXECUTE FUNCTION {schema}.audit_task();
        CREATE TRIGGER audit AFTER UPDATE ON {schema}.detail FOR EACH ROW EXECUTE FUNCTION {schema}.audit_detail();"
    ))
    .await;
}

/// What was noted of a task, in order.
pub(crate) async fn of(store: &Store, id: TaskId) -> Vec<Change> {
    let schema = &store.schema;
    let text =
        format!("SELECT by, revision, what, status, text FROM {schema}.audit WHERE id = '{id}' ORDER BY nth");
    let rows = given::rows(&text).await;
    rows.iter()
        .map(|row| {
            let revision: i64 = row.get("revision");
            let text: String = row.get("text");
            Change {
                by: row.get("by"),
                what: match row.get("what") {
                    "status" => What::Status {
                        revision,
                        status: row.get("status"),
                    },
                    "progress" => What::Progress {
                        revision,
                        message: text,
                    },
                    "checkpoint" => What::Checkpoint {
                        revision,
                        value: text,
                    },
                    _ => What::Other { revision },
                },
            }
        })
        .collect()
}

/// The status changes among them: who made them, and what they led to.
pub(crate) fn statuses(changes: &[Change]) -> Vec<(&str, i64, i16)> {
    let statuses = changes.iter().filter_map(|change| match change.what {
        What::Status { revision, status } => Some((change.by.as_str(), revision, status)),
        _ => None,
    });
    statuses.collect()
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {:?}", self.by, self.what)
    }
}
