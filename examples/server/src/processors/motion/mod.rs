//! `motion`: a film of a few seconds from one photograph, in which a camera pans or zooms. It is made frame by frame, so its
//! progress is real, and its result is what an image-to-video model would return.

mod camera;
mod film;
mod process;

pub(super) use process::motion;
