//! A suite that catches nothing proves nothing: stores with one bug each, and the case that has to catch it.

mod bug;
mod caught;
mod store;
