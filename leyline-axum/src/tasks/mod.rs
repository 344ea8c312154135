//! Tasks as resources: create, list, read, cancel, requeue, delete.

mod create;
mod list;
mod read;
mod verbs;

pub(crate) use create::{__path_create_task, accepted, create_task, new_task, trace_context};
pub(crate) use list::{__path_list_tasks, list_tasks};
pub(crate) use read::{__path_get_task, get_task};
pub(crate) use verbs::{
    __path_cancel_task, __path_delete_task, __path_requeue_task, cancel_task, delete_task, requeue_task,
};
