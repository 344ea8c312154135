//! Media types and origins: what is taken for one is one.

use leyline_axum::{MediaRange, Origin};
use leyline_core::blob::content_type;

use super::Target;
use crate::source::Source;

pub(super) const TARGET: Target = Target {
    name: "media",
    run,
    words: &[
        "image/png",
        "image/*",
        "*/*",
        "*",
        "/",
        "text/plain",
        "; charset=utf-8",
        ";",
        " ",
        "\r\n",
        "é",
        "http://",
        "https://",
        "a.example",
        ":3000",
        "[::1]",
        "u@",
        "\0",
        "\u{89}PNG\r\n\u{1a}\n",
        "null",
        "İ",
        "K",
    ],
    tries: 4000,
};

fn run(data: &[u8]) {
    let mut source = Source::new(data);
    let head = source.below(12);
    let head = source.take(head);
    let text = String::from_utf8_lossy(source.rest());
    check_type(head, &text);
    check_range(&text, &content_type(head, Some(&text)));
    check_origin(&text);
}

/// What is kept as a media type can stand in a header, and what was told by the bytes was not told by the client.
fn check_type(head: &[u8], declared: &str) {
    let kept = content_type(head, Some(declared));
    assert!(!kept.is_empty() && kept.len() <= 255, "{kept:?}");
    assert!(kept.bytes().all(|b| (b' '..=b'~').contains(&b)), "{kept:?}");
    let (essence, _) = kept.split_once(';').unwrap_or((&kept, ""));
    let (kind, subtype) = essence.trim_end().split_once('/').expect("there is a slash");
    let token = |text: &str| {
        text.bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&b))
    };
    assert!(
        !kind.is_empty() && !subtype.is_empty() && token(kind) && token(subtype),
        "{kept:?}"
    );
    let told = content_type(head, None);
    let shown = told != "application/octet-stream";
    assert!(!shown || kept == told, "{kept:?}, and the bytes say {told:?}");
    assert_eq!(
        content_type(head, Some(&kept)),
        kept,
        "what is kept is well-formed"
    );
}

fn check_range(text: &str, media_type: &str) {
    let Ok(range) = text.parse::<MediaRange>() else {
        return;
    };
    let shown = range.to_string();
    assert_eq!(shown, text.to_ascii_lowercase());
    assert_eq!(shown.parse(), Ok(range.clone()));
    let essence = media_type
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    let (kind, _) = essence.split_once('/').expect("there is a slash");
    let matches = shown == "*/*" || shown == format!("{kind}/*") || shown == essence;
    assert_eq!(range.matches(media_type), matches, "{shown} of {media_type}");
}

fn check_origin(text: &str) {
    let Ok(origin) = text.parse::<Origin>() else {
        return;
    };
    let shown = origin.to_string();
    assert_eq!(shown, text.to_ascii_lowercase());
    assert_eq!(shown.parse(), Ok(origin));
    let authority = shown.split_once("://").map(|(_, authority)| authority);
    let authority = authority.expect("an origin has a scheme");
    assert!(
        !authority.is_empty() && !authority.contains(['/', '?', '#', '@', ' ', '*']),
        "{shown}"
    );
}
