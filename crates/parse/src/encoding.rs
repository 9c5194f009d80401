//! Text encodings: UTF-8 with or without a byte order mark, and UTF-16 read incrementally.

/// How the content's bytes are to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encoding {
    Utf8,
    Utf16 { little: bool },
}

/// The encoding by the first bytes, and how many of them are the mark. UTF-16 without a mark shows
/// by the zero byte beside its opening brace.
pub(crate) fn detect(head: &[u8]) -> (Encoding, usize) {
    match head {
        [0xef, 0xbb, 0xbf, ..] => (Encoding::Utf8, 3),
        [0xff, 0xfe, ..] => (Encoding::Utf16 { little: true }, 2),
        [0xfe, 0xff, ..] => (Encoding::Utf16 { little: false }, 2),
        [b'{' | b'[' | b'\r' | b'\n' | b' ', 0, ..] => (Encoding::Utf16 { little: true }, 0),
        [0, b'{' | b'[' | b'\r' | b'\n' | b' ', ..] => (Encoding::Utf16 { little: false }, 0),
        _ => (Encoding::Utf8, 0),
    }
}

/// Appends UTF-16 `bytes` to `text`; returns how many bytes were taken and whether any were invalid.
/// Unless `last`, a unit or pair that is cut off is left.
pub(crate) fn transcode(
    bytes: &[u8],
    little: bool,
    last: bool,
    text: &mut String,
) -> (usize, bool) {
    let unit = |at: usize| -> Option<u16> {
        let pair: [u8; 2] = bytes.get(at..at + 2)?.try_into().ok()?;
        Some(if little { u16::from_le_bytes(pair) } else { u16::from_be_bytes(pair) })
    };
    text.reserve(bytes.len() / 2);
    let mut at = 0;
    let mut invalid = false;
    while let Some(first) = unit(at) {
        let (character, used) = match first {
            0xD800..0xDC00 => match unit(at + 2) {
                Some(second @ 0xDC00..0xE000) => {
                    let code = 0x1_0000
                        + ((u32::from(first) - 0xD800) << 10)
                        + (u32::from(second) - 0xDC00);
                    (char::from_u32(code), 4)
                }
                None if !last => break,
                _ => (None, 2),
            },
            _ => (char::from_u32(u32::from(first)), 2),
        };
        invalid |= character.is_none();
        text.push(character.unwrap_or(char::REPLACEMENT_CHARACTER));
        at += used;
    }
    if last && at < bytes.len() {
        invalid = true;
        at = bytes.len();
    }
    (at, invalid)
}

/// Bytes of UTF-16 that `text` came from.
pub(crate) fn utf16_bytes(text: &str) -> u64 {
    text.chars().map(|character| character.len_utf16() as u64 * 2).sum()
}

/// `bytes` with every byte that is not part of valid UTF-8 replaced by `?`, so that offsets stay,
/// and where those bytes are. An incomplete character at the end is cut off unless `last`.
pub(crate) fn mask_invalid(bytes: &[u8], last: bool) -> (String, Vec<usize>) {
    let mut text = String::with_capacity(bytes.len());
    let mut bad = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        match std::str::from_utf8(&bytes[at..]) {
            Ok(rest) => {
                text.push_str(rest);
                break;
            }
            Err(error) => {
                let valid = at + error.valid_up_to();
                text.push_str(std::str::from_utf8(&bytes[at..valid]).unwrap_or_default());
                let length = match error.error_len() {
                    Some(length) => length,
                    None if last => bytes.len() - valid,
                    None => break,
                };
                for position in valid..valid + length {
                    text.push('?');
                    bad.push(position);
                }
                at = valid + length;
            }
        }
    }
    (text, bad)
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn reads_utf16_in_any_pieces(text in "\\PC{0,20}", cut in 0usize..40, little: bool) {
            let bytes: Vec<u8> = text
                .encode_utf16()
                .flat_map(|unit| if little { unit.to_le_bytes() } else { unit.to_be_bytes() })
                .collect();
            let cut = cut.min(bytes.len());
            let mut read = String::new();
            let (taken, _) = transcode(&bytes[..cut], little, false, &mut read);
            let (rest, invalid) = transcode(&bytes[taken..], little, true, &mut read);
            proptest::prop_assert_eq!(taken + rest, bytes.len());
            proptest::prop_assert!(!invalid);
            proptest::prop_assert_eq!(utf16_bytes(&read), bytes.len() as u64);
            proptest::prop_assert_eq!(read, text);
        }

        #[test]
        fn masks_exactly_the_invalid_bytes(bytes: Vec<u8>) {
            let (text, bad) = mask_invalid(&bytes, true);
            proptest::prop_assert_eq!(text.len(), bytes.len());
            for (at, (masked, byte)) in text.bytes().zip(&bytes).enumerate() {
                proptest::prop_assert!(masked == *byte || bad.contains(&at));
            }
        }
    }
}
