//! WebSocket frames (RFC 6455, 5.2): a client's written, and a server's read.

/// What a server said in one frame.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Frame {
    Text(String),
    Pong(Vec<u8>),
    /// With its code, if it names one.
    Close(Option<u16>),
}

pub(crate) const CONTINUATION: u8 = 0;
pub(crate) const TEXT: u8 = 1;
pub(crate) const PING: u8 = 9;

/// A frame of a client, masked as it must be.
pub(crate) fn write(opcode: u8, last: bool, payload: &[u8]) -> Vec<u8> {
    let mask = [0x21, 0x43, 0x65, 0x87];
    let mut frame = vec![opcode | u8::from(last) << 7];
    match payload.len() {
        length @ ..126 => frame.push(0x80 | length as u8),
        length @ 126..0x1_0000 => {
            frame.push(0xfe);
            frame.extend((length as u16).to_be_bytes());
        }
        length => {
            frame.push(0xff);
            frame.extend((length as u64).to_be_bytes());
        }
    }
    frame.extend(mask);
    frame.extend(
        payload
            .iter()
            .zip(mask.iter().cycle())
            .map(|(byte, mask)| byte ^ mask),
    );
    frame
}

/// All frames of a server. It sends each message in one frame, unmasked, and says nothing behind a close.
pub(crate) fn read(mut bytes: &[u8]) -> Vec<Frame> {
    let mut frames = Vec::new();
    while let [first, second, rest @ ..] = bytes {
        assert!(
            !matches!(frames.last(), Some(Frame::Close(_))),
            "a frame behind the close"
        );
        let (length, rest) = length(*second, rest);
        assert!(rest.len() >= length, "a frame that is cut off");
        let (payload, rest) = rest.split_at(length);
        frames.push(frame(*first, payload));
        bytes = rest;
    }
    assert!(bytes.is_empty(), "half a frame");
    frames
}

fn length(second: u8, rest: &[u8]) -> (usize, &[u8]) {
    match second {
        0..126 => (usize::from(second), rest),
        126 => (usize::from(u16::from_be_bytes([rest[0], rest[1]])), &rest[2..]),
        127 => {
            let (length, rest) = rest.split_at(8);
            let length = u64::from_be_bytes(length.try_into().expect("these are eight"));
            (length as usize, rest)
        }
        _ => panic!("a server does not mask"),
    }
}

fn frame(first: u8, payload: &[u8]) -> Frame {
    match first {
        0x81 => Frame::Text(String::from_utf8(payload.to_vec()).expect("a text is UTF-8")),
        0x8a => Frame::Pong(payload.to_vec()),
        0x88 => Frame::Close(payload.first_chunk().map(|code| u16::from_be_bytes(*code))),
        other => panic!("a frame that begins with {other:#04x}"),
    }
}
