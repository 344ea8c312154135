//! Why a WebSocket closes, as its peer is told.

/// The codes that the server closes WebSockets with (RFC 6455, 7.4). They are stable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CloseCode {
    /// All is said: the frame before was the terminal snapshot, or told that the task is gone. Don't come back.
    Normal,
    /// The server shuts down. Come back, after a random moment.
    GoingAway,
    /// A frame breaks the protocol.
    ProtocolError,
    /// A message is not understood, or not asked for.
    NotUnderstood,
    /// A text is not UTF-8.
    NotUtf8,
    /// A message is too long.
    TooLong,
    /// The principal's permission has ended. Come back with a new one.
    Expired,
}

impl CloseCode {
    /// Every code.
    pub const ALL: &[Self] = &[
        Self::Normal,
        Self::GoingAway,
        Self::ProtocolError,
        Self::NotUnderstood,
        Self::NotUtf8,
        Self::TooLong,
        Self::Expired,
    ];

    /// The number on the wire.
    pub const fn code(self) -> u16 {
        match self {
            Self::Normal => 1000,
            Self::GoingAway => 1001,
            Self::ProtocolError => 1002,
            Self::NotUnderstood => 1003,
            Self::NotUtf8 => 1007,
            Self::TooLong => 1009,
            Self::Expired => 4401,
        }
    }

    /// The text beside it, for people.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Normal => "",
            Self::GoingAway => "the server shuts down",
            Self::ProtocolError => "a frame breaks the protocol",
            Self::NotUnderstood => "the message is not understood",
            Self::NotUtf8 => "the text is not UTF-8",
            Self::TooLong => "the message is too long",
            Self::Expired => "the permission has expired",
        }
    }
}
