//! Whether a decoder wanted more than there was. Each says so in its own way, or not at all; a reader sees it of all.

use std::cell::Cell;
use std::io::{self, BufRead, Read, Seek, SeekFrom};
use std::rc::Rc;

/// A file that remembers whether somebody read past its end.
pub(super) struct Ending<R> {
    file: R,
    reached: Rc<Cell<bool>>,
}

impl<R> Ending<R> {
    /// The file, and where it will be remembered.
    pub(super) fn of(file: R) -> (Self, Rc<Cell<bool>>) {
        let reached = Rc::new(Cell::new(false));
        let ending = Self {
            file,
            reached: Rc::clone(&reached),
        };
        (ending, reached)
    }
}

impl<R: Read> Read for Ending<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(into)?;
        if read == 0 && !into.is_empty() {
            self.reached.set(true);
        }
        Ok(read)
    }
}

impl<R: BufRead> BufRead for Ending<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        let filled = self.file.fill_buf()?;
        if filled.is_empty() {
            self.reached.set(true);
        }
        Ok(filled)
    }

    fn consume(&mut self, amount: usize) {
        self.file.consume(amount);
    }
}

impl<R: Seek> Seek for Ending<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.file.seek(to)
    }
}
