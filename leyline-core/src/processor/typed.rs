//! Processors from async functions.

use std::any::Any;
use std::marker::PhantomData;

use async_trait::async_trait;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{ProcessError, Processor};
use crate::context::TaskContext;
use crate::task::Output;

/// Makes a [`Processor`] from an async function, as axum does for handlers: the task's params are read as `P`, and what the
/// function returns becomes the output's value.
///
/// Params that are not a `P` fail the task permanently with `invalid-params` and the JSON path of the fault. A function may
/// also return an [`Output`] itself. Artifacts written through the context are added in either case.
///
/// ```
/// use leyline_core::{ProcessError, TaskContext, typed};
///
/// #[derive(serde::Deserialize)]
/// struct Params { name: String }
///
/// let hello = typed(async |_cx: TaskContext, params: Params| {
///     Ok::<_, ProcessError>(format!("Hello, {}!", params.name))
/// });
/// # let _: &dyn leyline_core::Processor = &hello;
/// ```
pub fn typed<P, O, E, F, Fut>(function: F) -> impl Processor
where
    F: Fn(TaskContext, P) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<O, E>> + Send,
    P: DeserializeOwned + Send + 'static,
    O: Serialize + Send + 'static,
    E: Into<ProcessError> + 'static,
{
    Typed {
        function,
        signature: PhantomData::<fn(P) -> Result<O, E>>,
    }
}

struct Typed<F, S> {
    function: F,
    signature: PhantomData<S>,
}

#[async_trait]
impl<P, O, E, F, Fut> Processor for Typed<F, fn(P) -> Result<O, E>>
where
    F: Fn(TaskContext, P) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<O, E>> + Send,
    P: DeserializeOwned + Send + 'static,
    O: Serialize + Send + 'static,
    E: Into<ProcessError> + 'static,
{
    async fn process(&self, cx: &TaskContext) -> Result<Output, ProcessError> {
        let params = cx.params()?;
        let work = (self.function)(cx.clone(), params);
        let value = match work.await {
            Ok(value) => value,
            Err(error) => return Err(error.into()),
        };
        into_output(value)
    }
}

fn into_output<O: Serialize + 'static>(value: O) -> Result<Output, ProcessError> {
    let mut value = Some(value);
    if let Some(output) = (&mut value as &mut dyn Any).downcast_mut::<Option<Output>>() {
        return Ok(output.take().unwrap_or_default());
    }
    Output::new(&value).map_err(|error| {
        ProcessError::permanent("invalid-output", format!("the output can't be kept: {error}")).because(error)
    })
}
