//! Problem details (RFC 9457): every answer that is an error.
//!
//! Bodies say what the client did and can do; what went on inside goes to the log alone.

mod answer;
mod catalog;
mod causes;

pub(crate) use answer::Problem;
pub use catalog::ProblemType;
