//! Text from evidence, made safe to stand in a sentence.

use std::fmt::Write;

/// Characters of one piece of evidence text in a sentence.
const PIECE_CHARS_MAX: usize = 200;

/// Escapes control and invisible formatting characters and bounds the length.
pub(crate) fn inert(text: &str) -> String {
    let mut safe = String::with_capacity(text.len().min(PIECE_CHARS_MAX));
    for (n_chars, character) in text.chars().enumerate() {
        if n_chars == PIECE_CHARS_MAX {
            safe.push('…');
            break;
        }
        if character.is_control() || is_invisible(character) {
            let _ = write!(safe, "\\u{{{:x}}}", u32::from(character));
        } else {
            safe.push(character);
        }
    }
    safe
}

/// Characters that reorder or hide text: bidirectional controls, zero-width, tags, line separators.
fn is_invisible(character: char) -> bool {
    matches!(character,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn evidence_text_is_inert_and_short() {
        assert_eq!(inert("a\u{1b}[31m\nb\u{202e}c"), "a\\u{1b}[31m\\u{a}b\\u{202e}c");
        assert_eq!(inert(&"x".repeat(500)).chars().count(), PIECE_CHARS_MAX + 1);
        assert_eq!(inert("arn:aws:iam::1:user/Zoë"), "arn:aws:iam::1:user/Zoë");
    }
}
