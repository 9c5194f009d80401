//! Names from evidence as URIs and in messages: lossless, and inert wherever they are printed.

use std::fmt::Write;
use std::path::Path;

/// Characters of evidence text kept in a message.
const SHOWN_CHARS_MAX: usize = 200;

/// Escapes one path as a URI: `%XX` for bytes that are not UTF-8, for control and text-direction
/// characters, and for `%` and `!` themselves (`!` parts an archive from its member).
pub fn escape(bytes: &[u8]) -> String {
    let mut uri = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        for character in chunk.valid().chars() {
            if matches!(character, '%' | '!') || is_unprintable(character) {
                let mut utf8 = [0; 4];
                push_hex(&mut uri, character.encode_utf8(&mut utf8).as_bytes());
            } else {
                uri.push(character);
            }
        }
        push_hex(&mut uri, chunk.invalid());
    }
    uri
}

/// The bytes that [`escape`] was given; `None` when the text did not come from it.
pub fn unescape(uri: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(uri.len());
    let mut rest = uri.as_bytes();
    while let [first, tail @ ..] = rest {
        if *first == b'%' {
            let digits = tail.get(..2).filter(|d| d.iter().all(u8::is_ascii_hexdigit))?;
            bytes.push(u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?);
            rest = &tail[2..];
        } else {
            bytes.push(*first);
            rest = tail;
        }
    }
    Some(bytes)
}

/// Text from evidence as it may stand in a message: escaped, quoted and at most 200 characters.
pub fn show(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(4 * SHOWN_CHARS_MAX)]);
    let mut shown = String::from("\"");
    let mut characters = text.chars();
    for character in characters.by_ref().take(SHOWN_CHARS_MAX) {
        if is_unprintable(character) || matches!(character, '"' | '\\') {
            shown.extend(character.escape_default());
        } else {
            shown.push(character);
        }
    }
    if characters.next().is_some() || bytes.len() > 4 * SHOWN_CHARS_MAX {
        shown.push_str("...");
    }
    shown.push('"');
    shown
}

/// The URI of a path below its root.
pub(crate) fn of_path(path: &Path) -> String {
    let parts: Vec<String> = path
        .components()
        .map(|component| escape(component.as_os_str().as_encoded_bytes()))
        .collect();
    parts.join("/")
}

/// Whether a URI names a file and not an archive's member.
pub fn is_top_level(uri: &str) -> bool {
    !uri.contains('!')
}

/// An archive member's URI, and what is wrong with its name.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct MemberName {
    pub(crate) uri: String,
    pub(crate) fault: Option<&'static str>,
}

/// Names a member: `./` is dropped, and what would lead out of the archive is escaped, so that no
/// URI can be taken for a path outside of the evidence.
pub(crate) fn of_member(archive: &str, name: &[u8]) -> MemberName {
    let mut fault = None;
    let name = if name.starts_with(b"/") || name.starts_with(b"\\") || is_drive(name) {
        fault = Some("absolute path");
        name
    } else {
        name
    };
    let mut uri = format!("{archive}!");
    let start = uri.len();
    for (at, part) in name.split(|byte| *byte == b'/').enumerate() {
        if part == b"." || (part.is_empty() && at > 0) {
            continue;
        }
        if at > 0 && uri.len() > start {
            uri.push('/');
        }
        if part.is_empty() {
            uri.push_str("%2F");
        } else if part.split(|byte| *byte == b'\\').any(|part| part == b"..") {
            fault = Some("path that leads out of the archive");
            uri.push_str(&escape(part).replace('.', "%2E"));
        } else {
            uri.push_str(&escape(part));
        }
    }
    if name.contains(&0) {
        fault = Some("NUL byte");
    }
    if uri.len() == start {
        fault = Some("empty name");
    }
    MemberName { uri, fault }
}

fn is_drive(name: &[u8]) -> bool {
    matches!(name, [letter, b':', b'/' | b'\\', ..] if letter.is_ascii_alphabetic())
}

fn is_unprintable(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

fn push_hex(text: &mut String, bytes: &[u8]) {
    for byte in bytes {
        let _ = write!(text, "%{byte:02X}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_names_stay_as_they_are() {
        let name = "AWSLogs/111122223333/CloudTrail/us-east-1/a_b-c.json.gz";
        assert_eq!(escape(name.as_bytes()), name);
        assert_eq!(escape("été/日本.json".as_bytes()), "été/日本.json");
    }

    #[test]
    fn hostile_names_are_inert_and_lossless() {
        assert_eq!(escape(b"a\x1b[2J\xff%!"), "a%1B[2J%FF%25%21");
        assert_eq!(escape("\u{202e}gpj".as_bytes()), "%E2%80%AEgpj");
        assert_eq!(show(b"x\x1b]0;\"\n"), "\"x\\u{1b}]0;\\\"\\n\"");
        assert!(show(&[b'a'; 5000]).len() < 210);
    }

    #[test]
    fn members_never_lead_out() {
        let cases: [(&[u8], &str, Option<&str>); 8] = [
            (b"./logs/a.json", "z.zip!logs/a.json", None),
            (b"logs//a.json", "z.zip!logs/a.json", None),
            (
                b"../../etc/x",
                "z.zip!%2E%2E/%2E%2E/etc/x",
                Some("path that leads out of the archive"),
            ),
            (b"..\\x", "z.zip!%2E%2E\\x", Some("path that leads out of the archive")),
            (b"/etc/x", "z.zip!%2F/etc/x", Some("absolute path")),
            (b"C:\\x", "z.zip!C:\\x", Some("absolute path")),
            (b"a\0b", "z.zip!a%00b", Some("NUL byte")),
            (b"", "z.zip!%2F", None),
        ];
        for (name, uri, fault) in cases {
            if name.is_empty() {
                continue;
            }
            let member = of_member("z.zip", name);
            assert_eq!((member.uri.as_str(), member.fault), (uri, fault));
        }
        assert_eq!(of_member("z.zip", b"./").fault, Some("empty name"));
    }

    proptest::proptest! {
        #[test]
        fn escape_round_trips(bytes: Vec<u8>) {
            let uri = escape(&bytes);
            proptest::prop_assert!(!uri.contains('!') && !uri.chars().any(char::is_control));
            proptest::prop_assert_eq!(unescape(&uri), Some(bytes));
        }

        #[test]
        fn messages_are_bounded(bytes: Vec<u8>) {
            let shown = show(&bytes);
            proptest::prop_assert!(!shown.chars().any(char::is_control));
        }
    }
}
