//! Runs one case.

use std::pin::Pin;
use std::time::Duration;

use crate::subject::Subject;
use crate::trial::Trial;

/// How long a case may take before it counts as hung, by the real clock.
const PATIENCE: Duration = Duration::from_mins(2);

/// Makes a subject and runs one case on it, on a runtime of its own. [`conformance!`](crate::conformance) calls it; to run a
/// single case by hand, call it with a function of [`cases`](crate::cases).
///
/// # Panics
/// The case failed, or did not end within two minutes.
pub fn run<S, Made, Ran>(make: impl FnOnce() -> Made, case: impl FnOnce(Trial) -> Ran)
where
    S: Subject,
    Made: Future<Output = S>,
    Ran: Future<Output = ()>,
{
    let trial = Box::pin(async { Trial::new(make().await) });
    drive(trial, Box::new(|trial| Box::pin(case(trial))));
}

type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

/// All that is the same for every case and subject. Boxes, because hundreds of cases for each subject would else have a copy
/// of tokio's runtime each, and take minutes to compile.
fn drive<'a>(trial: Boxed<'a, Trial>, case: Box<dyn FnOnce(Trial) -> Boxed<'a, ()> + 'a>) {
    // Four threads, so that there is contention on a small machine too.
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(4)
        .enable_all()
        .build()
        .expect("a runtime can be built");
    runtime.block_on(async {
        let trial = trial.await;
        let ended = tokio::time::timeout(PATIENCE, case(trial)).await;
        assert!(ended.is_ok(), "the case did not end within {PATIENCE:?}");
    });
}
