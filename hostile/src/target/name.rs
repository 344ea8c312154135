//! File names: whatever a client calls its file, what is kept is a harmless label.

use leyline_core::task::label::{MAX_NAME_BYTES, clean, clean_file_name};

use super::Target;

pub(super) const TARGET: Target = Target {
    name: "name",
    run,
    words: &[
        "a",
        "é",
        "写",
        "😀",
        "/",
        "\\",
        "..",
        ".",
        ".jpeg",
        ".tar.gz",
        " ",
        "\0",
        "\u{202e}",
        "\u{61c}",
        "\u{2028}",
        "\u{200d}",
        "\u{a0}",
        "CON",
        "x-very-long-piece-of-a-name-that-adds-up-soon",
    ],
    tries: 5000,
};

fn run(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let name = clean_file_name(&text);
    check_name(&name);
    let base = text.rsplit(['/', '\\']).next().unwrap_or_default();
    if !base.contains(is_hidden) && base.trim() == base && base.len() <= MAX_NAME_BYTES && !is_dots(base) {
        assert_eq!(name, base, "a harmless name stays as it is");
    }
    let extension = name.rsplit_once('.').map(|(_, extension)| extension);
    if let (Some((_, had)), Some(has)) = (base.rsplit_once('.'), extension)
        && !had.contains(is_hidden)
        && !had.contains(char::is_whitespace)
        && (1..=16).contains(&had.len())
    {
        assert_eq!(has, had, "the extension is kept");
    }
    let bound = data.first().map_or(0, |byte| usize::from(*byte));
    check_label(&text, bound);
}

/// What must hold of every name that is kept.
pub(super) fn check_name(name: &str) {
    assert!(!name.is_empty() && name.len() <= MAX_NAME_BYTES, "{name:?}");
    assert!(!name.contains(['/', '\\']), "{name:?} is a path");
    assert!(!name.contains(is_hidden), "{name:?} hides something");
    assert!(!is_dots(name), "{name:?} is a folder");
    assert_eq!(clean_file_name(name), name, "cleaned once is cleaned for good");
}

fn check_label(text: &str, bound: usize) {
    let label = clean(text, bound);
    assert!(label.len() <= bound && !label.contains(is_hidden), "{label:?}");
    assert_eq!(clean(&label, bound), label, "cleaned once is cleaned for good");
    let seen: String = text.chars().filter(|c| !is_hidden(*c)).collect();
    assert!(seen.starts_with(&label), "{label:?} is no beginning of {seen:?}");
    assert!(
        label.len() + 4 > bound || label == seen,
        "{label:?} is cut too soon"
    );
}

fn is_dots(name: &str) -> bool {
    name.chars().all(|c| c == '.')
}

/// Controls of C0, C1 and DEL, what ends a line, the characters with the property `Bidi_Control` of Unicode, and the mark of
/// byte order.
fn is_hidden(c: char) -> bool {
    let c = u32::from(c);
    let controls = c < 0x20 || (0x7f..0xa0).contains(&c) || c == 0x2028 || c == 0x2029;
    let bidi = [0x61c, 0x200e, 0x200f].contains(&c)
        || (0x202a..=0x202e).contains(&c)
        || (0x2066..=0x2069).contains(&c);
    controls || bidi || c == 0xfeff
}
