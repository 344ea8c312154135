//! `cargo xtask setup`: what the tests need and a Rust toolchain does not bring.

mod debian;
mod page;
mod servers;

pub(crate) use page::{browser, node, packages};
pub(crate) use servers::servers;

/// Sets everything up.
pub(crate) fn run() -> Result<(), String> {
    node()?;
    packages()?;
    browser()?;
    servers()?;
    println!("Everything that the tests need is there.");
    Ok(())
}
