//! Choices drawn from the input, so that a fuzzer's small change of the bytes is a small change of what is made of them.

/// What is left of the input.
pub(crate) struct Source<'a>(&'a [u8]);

impl<'a> Source<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// The next byte; 0 behind the end.
    pub(crate) fn byte(&mut self) -> u8 {
        self.take(1).first().copied().unwrap_or(0)
    }

    /// A number below `bound`, which is at least 1.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        let number = u16::from_be_bytes([self.byte(), self.byte()]);
        usize::from(number) % bound
    }

    pub(crate) fn flag(&mut self) -> bool {
        self.byte() & 1 == 1
    }

    pub(crate) fn number(&mut self) -> u64 {
        let length = self.below(9);
        self.take(length)
            .iter()
            .fold(0, |number, &byte| number << 8 | u64::from(byte))
    }

    /// As many of the next bytes as there are.
    pub(crate) fn take(&mut self, most: usize) -> &'a [u8] {
        let (taken, left) = self.0.split_at(most.min(self.0.len()));
        self.0 = left;
        taken
    }

    /// A text of at most `most` bytes of input.
    pub(crate) fn text(&mut self, most: usize) -> String {
        let length = self.below(most + 1);
        String::from_utf8_lossy(self.take(length)).into_owned()
    }

    /// A text, or none.
    pub(crate) fn maybe_text(&mut self, most: usize) -> Option<String> {
        self.flag().then(|| self.text(most))
    }

    pub(crate) fn rest(&mut self) -> &'a [u8] {
        self.take(usize::MAX)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
