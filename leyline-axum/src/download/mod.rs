//! Files of a task: its input, its result, its artifacts.

mod file;
mod routes;

pub(crate) use routes::{
    __path_get_artifact, __path_get_input, __path_get_result, get_artifact, get_input, get_result,
};
