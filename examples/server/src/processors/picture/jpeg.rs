//! Whether a JPEG is whole. Its decoder fills what is missing with grey, which is right for a viewer and wrong for a
//! service that should say so.

use std::io::{self, BufRead, Read as _};

/// Begins every marker. In the data of a scan it is followed by 0.
const MARKER: u8 = 0xff;
/// The marker of the end.
const END: u8 = 0xd9;

/// Reads segments and scans (ITU T.81, B.1) up to the end of the image; false where the file ends before it does.
///
/// # Errors
/// The file can't be read.
pub(super) fn is_whole(mut file: impl BufRead) -> io::Result<bool> {
    loop {
        let Some(marker) = next_marker(&mut file)? else {
            return Ok(false);
        };
        match marker {
            END => return Ok(true),
            // They have no length: an escaped 0xff, the start of the image, restarts within a scan.
            0x00 | 0x01 | 0xd0..=0xd8 => {}
            _ if skip_segment(&mut file)? => {}
            _ => return Ok(false),
        }
    }
}

/// The next marker, behind whatever data of a scan there is; `None` at the end of the file.
fn next_marker(file: &mut impl BufRead) -> io::Result<Option<u8>> {
    file.skip_until(MARKER)?;
    for byte in file.bytes() {
        match byte? {
            MARKER => {}
            marker => return Ok(Some(marker)),
        }
    }
    Ok(None)
}

/// Skips a segment by its length; says whether it was all there.
fn skip_segment(file: &mut impl BufRead) -> io::Result<bool> {
    let mut length = [0; 2];
    if let Err(error) = file.read_exact(&mut length) {
        let short = error.kind() == io::ErrorKind::UnexpectedEof;
        return if short { Ok(false) } else { Err(error) };
    }
    let rest = u64::from(u16::from_be_bytes(length)).saturating_sub(2);
    Ok(io::copy(&mut file.take(rest), &mut io::sink())? == rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROCKET: &[u8] = include_bytes!("../../../../../frontend/tests/samples/rocket.jpg");

    #[test]
    fn a_whole_one_may_have_something_behind_it() {
        assert!(is_whole(ROCKET).unwrap());
        assert!(is_whole(&[ROCKET, b"a film of the same moment"].concat()[..]).unwrap());
    }

    #[test]
    fn one_that_breaks_off_anywhere_is_not_whole() {
        for length in [0, 1, 3, 20, 600, ROCKET.len() / 2, ROCKET.len() - 1] {
            assert!(!is_whole(&ROCKET[..length]).unwrap(), "{length}");
        }
    }
}
