//! Histories as JSON lines.

use std::io::{self, BufRead, Write};

use super::Entry;

/// A history can't be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// The reader failed.
    #[error("the history can't be read")]
    Io(#[from] io::Error),
    /// A line is not an entry.
    #[error("line {line} is not an entry of a history")]
    Line {
        /// Which, from 1.
        line: usize,
        /// Why.
        source: serde_json::Error,
    },
}

/// Reads a history line by line; empty lines are passed over.
///
/// # Errors
/// Each item may be a [`ReadError`].
pub fn read(reader: impl BufRead) -> impl Iterator<Item = Result<Entry, ReadError>> {
    let numbered = reader.lines().enumerate();
    let full = numbered.filter(|(_, line)| !line.as_ref().is_ok_and(|line| line.trim().is_empty()));
    full.map(|(at, line)| {
        serde_json::from_str(&line?).map_err(|source| ReadError::Line { line: at + 1, source })
    })
}

/// Writes a history.
///
/// # Errors
/// The writer failed.
pub fn write<'a>(mut writer: impl Write, history: impl IntoIterator<Item = &'a Entry>) -> io::Result<()> {
    for entry in history {
        serde_json::to_writer(&mut writer, entry)?;
        writer.write_all(b"\n")?;
    }
    writer.flush()
}
