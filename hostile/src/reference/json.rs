//! JSON (RFC 8259), and the bounds that a text has to keep.

use leyline_core::task::{MAX_JSON_BYTES, MAX_JSON_DEPTH};

/// Whether the text is JSON within the bounds.
pub(crate) fn is_kept(text: &str) -> bool {
    let mut reader = Reader {
        rest: text.as_bytes(),
    };
    text.len() <= MAX_JSON_BYTES && reader.value(0).is_some() && reader.next_token().is_none()
}

/// What is not read yet. `None` of its methods is a fault.
struct Reader<'a> {
    rest: &'a [u8],
}

impl Reader<'_> {
    /// The byte behind white space.
    fn next_token(&mut self) -> Option<u8> {
        while let [b' ' | b'\t' | b'\n' | b'\r', rest @ ..] = self.rest {
            self.rest = rest;
        }
        self.rest.first().copied()
    }

    fn word(&mut self, word: &str) -> Option<()> {
        self.rest = self.rest.strip_prefix(word.as_bytes())?;
        Some(())
    }

    fn value(&mut self, depth: usize) -> Option<()> {
        match self.next_token()? {
            b'{' => self.members(depth + 1, b'}'),
            b'[' => self.members(depth + 1, b']'),
            b'"' => self.string(),
            b't' => self.word("true"),
            b'f' => self.word("false"),
            b'n' => self.word("null"),
            _ => self.number(),
        }
    }

    fn members(&mut self, depth: usize, end: u8) -> Option<()> {
        self.rest = &self.rest[1..];
        if depth > MAX_JSON_DEPTH {
            return None;
        }
        if self.next_token()? != end {
            loop {
                if end == b'}' {
                    self.next_token()?;
                    self.string()?;
                    self.next_token()?;
                    self.word(":")?;
                }
                self.value(depth)?;
                match self.next_token()? {
                    b',' => self.rest = &self.rest[1..],
                    _ => break,
                }
            }
        }
        (self.next_token()? == end).then(|| self.rest = &self.rest[1..])
    }

    fn string(&mut self) -> Option<()> {
        self.word("\"")?;
        loop {
            let (&byte, rest) = self.rest.split_first()?;
            self.rest = rest;
            match byte {
                b'"' => return Some(()),
                b'\\' => self.escape()?,
                0..0x20 => return None,
                _ => {}
            }
        }
    }

    fn escape(&mut self) -> Option<()> {
        let (&byte, rest) = self.rest.split_first()?;
        self.rest = rest;
        match byte {
            b'u' => {
                let (digits, rest) = self.rest.split_at_checked(4)?;
                self.rest = rest;
                (digits.iter().all(u8::is_ascii_hexdigit) && digits != b"0000").then_some(())
            }
            _ => br#""\/bfnrt"#.contains(&byte).then_some(()),
        }
    }

    fn number(&mut self) -> Option<()> {
        let _ = self.word("-");
        match self.digits() {
            [] | [b'0', _, ..] => return None,
            _ => {}
        }
        if self.word(".").is_some() && self.digits().is_empty() {
            return None;
        }
        if self.word("e").or_else(|| self.word("E")).is_some() {
            let _ = self.word("+").or_else(|| self.word("-"));
            if self.digits().is_empty() {
                return None;
            }
        }
        Some(())
    }

    fn digits(&mut self) -> &[u8] {
        let end = self.rest.iter().position(|b| !b.is_ascii_digit());
        let (digits, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        self.rest = rest;
        digits
    }
}
