//! Text from evidence made inert for terminals, one-line messages and SQL.

use std::borrow::Cow;
use std::fmt::Write;

/// Characters that move the cursor, change direction or hide what is there.
pub fn is_unsafe(c: char) -> bool {
    matches!(c,
        '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}'
        | '\u{ad}' | '\u{61c}' | '\u{180e}'
        | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e007f}')
}

/// The text with every unsafe character written as an escape: `\n`, `\t`, `\u{202e}`.
pub fn safe(text: &str) -> Cow<'_, str> {
    if !text.contains(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if is_unsafe(c) => {
                let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    Cow::Owned(out)
}

/// Safe text of at most `chars_max` characters; what was cut is shown by `…`.
pub fn one_line(text: &str, chars_max: usize) -> String {
    let text = safe(text);
    match text.char_indices().nth(chars_max) {
        None => text.into_owned(),
        Some(_) => {
            let end = text.char_indices().nth(chars_max.saturating_sub(1)).map_or(0, |(at, _)| at);
            format!("{}…", &text[..end])
        }
    }
}

/// A SQL string literal, quotes and all.
pub fn sql_literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unsafe_characters_are_shown_not_sent() {
        assert_eq!(safe("plain é 日本 🙂"), "plain é 日本 🙂");
        assert_eq!(
            safe("a\u{1b}[31mred\nb\u{202e}c\u{9b}\u{e0041}"),
            "a\\u{1b}[31mred\\nb\\u{202e}c\\u{9b}\\u{e0041}"
        );
    }

    #[test]
    fn long_text_is_cut_by_characters() {
        assert_eq!(one_line("日本語です", 3), "日本…");
        assert_eq!(one_line("abc", 3), "abc");
        assert_eq!(one_line("", 0), "");
    }

    proptest::proptest! {
        #[test]
        fn nothing_unsafe_is_left(text in "\\PC{0,20}[\u{0}-\u{a0}\u{2000}-\u{2100}]{0,20}", max in 0usize..40) {
            proptest::prop_assert!(!safe(&text).contains(is_unsafe));
            let line = one_line(&text, max);
            proptest::prop_assert!(!line.contains(is_unsafe));
            proptest::prop_assert!(line.chars().count() <= max.max(1));
        }
    }
}
