//! Strings with escapes.

/// The text a JSON string's inside means; lone surrogates become U+FFFD.
pub(crate) fn unescape(raw: &str) -> String {
    let mut text = String::with_capacity(raw.len());
    unescape_into(raw, &mut text);
    text
}

/// Appends the text a JSON string's inside means.
pub(crate) fn unescape_into(raw: &str, text: &mut String) {
    let mut rest = raw;
    while let Some(at) = memchr::memchr(b'\\', rest.as_bytes()) {
        text.push_str(&rest[..at]);
        let (plain, used) = match rest.as_bytes().get(at + 1) {
            Some(b'n') => ('\n', 2),
            Some(b't') => ('\t', 2),
            Some(b'r') => ('\r', 2),
            Some(b'b') => ('\u{8}', 2),
            Some(b'f') => ('\u{c}', 2),
            Some(b'u') => code_point(&rest[at..]),
            Some(&byte) if byte.is_ascii() => (char::from(byte), 2),
            _ => (char::REPLACEMENT_CHARACTER, 1),
        };
        text.push(plain);
        rest = &rest[at + used..];
    }
    text.push_str(rest);
}

/// The character of `\uXXXX`, or of a surrogate pair, and how many bytes it takes.
fn code_point(rest: &str) -> (char, usize) {
    let unit = |at: usize| {
        let digits = rest.get(at..at + 6)?.strip_prefix("\\u")?;
        u32::from_str_radix(digits, 16).ok()
    };
    let Some(first) = unit(0) else { return (char::REPLACEMENT_CHARACTER, 2) };
    if (0xD800..0xDC00).contains(&first)
        && let Some(second @ 0xDC00..0xE000) = unit(6)
    {
        let code = 0x1_0000 + ((first - 0xD800) << 10) + (second - 0xDC00);
        return (char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER), 12);
    }
    (char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER), 6)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_escapes() {
        assert_eq!(unescape(r#"a\"b\\c\/d\n\u00e9\ud83d\ude00"#), "a\"b\\c/d\né😀");
        assert_eq!(unescape(r"\ud800x\udc00\ud800"), "\u{fffd}x\u{fffd}\u{fffd}");
        assert_eq!(unescape("\\"), "\u{fffd}");
        assert_eq!(unescape("\\u12"), "\u{fffd}12");
    }

    proptest::proptest! {
        #[test]
        fn undoes_serde_json(text in "\\PC{0,40}|[\\x00-\\x1f\"\\\\]{0,10}") {
            let json = serde_json::to_string(&text).unwrap();
            proptest::prop_assert_eq!(unescape(&json[1..json.len() - 1]), text);
        }

        #[test]
        fn never_panics(text in "\\PC{0,20}|[\\\\u0-9a-fd]{0,30}") {
            let _ = unescape(&text);
        }
    }
}
