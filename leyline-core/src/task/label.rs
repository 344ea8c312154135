//! Labels: text from outside that is shown to people and never used as a path, a key or a statement.

use std::borrow::Cow;

/// Longest file name kept, in bytes.
pub const MAX_NAME_BYTES: usize = 255;

/// Longest message kept, in bytes.
pub const MAX_MESSAGE_BYTES: usize = 512;

/// Cleans `text` for display: control characters (NUL among them), what else ends a line, and the bidirectional controls of
/// Unicode are taken out, and what is over `max_bytes` is cut at a character's boundary.
pub fn clean(text: &str, max_bytes: usize) -> String {
    let mut label = String::with_capacity(text.len().min(max_bytes));
    for c in text.chars().filter(|c| !is_hidden(*c)) {
        if label.len() + c.len_utf8() > max_bytes {
            break;
        }
        label.push(c);
    }
    label
}

/// Cleans a client's file name: the part behind the last slash or backslash, cleaned and at most [`MAX_NAME_BYTES`]
/// long with its extension kept. A name of which nothing is left becomes `file`. A cleaned name stays as it is.
pub fn clean_file_name(name: &str) -> String {
    let base = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let base = clean(base, base.len());
    let label = shorten(base.trim());
    // The cut may have bared a space, or left nothing but dots.
    match label.trim_end() {
        dots if dots.chars().all(|c| c == '.') => "file".to_owned(),
        label => label.to_owned(),
    }
}

/// The beginning of a name that is too long, and its extension.
fn shorten(name: &str) -> Cow<'_, str> {
    if name.len() <= MAX_NAME_BYTES {
        return Cow::Borrowed(name);
    }
    Cow::Owned(match name.rsplit_once('.') {
        Some((stem, extension)) if (1..=16).contains(&extension.len()) => {
            let stem = clean(stem, MAX_NAME_BYTES - 1 - extension.len());
            format!("{stem}.{extension}")
        }
        _ => clean(name, MAX_NAME_BYTES),
    })
}

/// Characters that change how a text is read without being seen: controls, the separators of lines and paragraphs, what
/// Unicode calls `Bidi_Control`, and the mark of byte order.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(name: &str, label: &str) {
        assert_eq!(clean_file_name(name), label);
    }

    #[test]
    fn a_file_name_is_only_its_last_part() {
        check("../../etc/passwd", "passwd");
        check(r"C:\fakepath\cat.jpg", "cat.jpg");
        check("a/b/", "file");
        check("..", "file");
        check("", "file");
    }

    #[test]
    fn hidden_characters_are_taken_out() {
        check("ca\0t\u{202e}gpj.exe\n", "catgpj.exe");
        check("a\u{61c}b\u{2028}c\u{2029}d.txt", "abcd.txt");
        check("写真 é.png", "写真 é.png");
    }

    #[test]
    fn a_cleaned_name_stays_as_it_is() {
        let bared = clean_file_name(&format!("{} and so on", "a".repeat(254)));
        assert_eq!(bared, "a".repeat(254));
        assert_eq!(clean_file_name(&bared), bared);
        check(
            &format!("{}x", ".".repeat(300)),
            &format!("{}.x", ".".repeat(253)),
        );
        check(&format!("{}a-long-extension-is-none", ".".repeat(300)), "file");
    }

    #[test]
    fn a_long_name_is_cut_at_a_character_and_keeps_its_extension() {
        let label = clean_file_name(&format!("{}.jpeg", "é".repeat(2048)));
        assert!(
            label.len() <= MAX_NAME_BYTES && label.ends_with("é.jpeg"),
            "{label}"
        );
    }
}
