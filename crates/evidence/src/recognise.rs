//! Recognition of containers by their first bytes, never by their names.

/// Bytes from the start that are enough to recognise anything.
pub(crate) const PREFIX: usize = 4 << 10;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Plain,
    Gzip,
    Zstd,
    Zip,
    Tar,
    /// An archive or compression that is not opened.
    Foreign(&'static str),
}

/// What content that starts with `prefix` is.
pub(crate) fn recognise(prefix: &[u8]) -> Form {
    match prefix {
        // Method 8 is the only one; a file cut inside its header is still a gzip.
        [0x1f, 0x8b] | [0x1f, 0x8b, 8, ..] => Form::Gzip,
        [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Form::Zstd,
        [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] | [b'P', b'K', 7, 8, ..] => Form::Zip,
        [b'B', b'Z', b'h', b'1'..=b'9', 0x31, 0x41, 0x59, 0x26, ..] => Form::Foreign("bzip2"),
        [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Form::Foreign("xz"),
        [b'7', b'z', 0xbc, 0xaf, 0x27, 0x1c, ..] => Form::Foreign("7z"),
        [b'R', b'a', b'r', b'!', 0x1a, 7, ..] => Form::Foreign("rar"),
        [0x04, 0x22, 0x4d, 0x18, ..] => Form::Foreign("lz4"),
        _ if is_tar(prefix) => Form::Tar,
        _ => Form::Plain,
    }
}

/// Whether the first block is a tar header: its checksum holds, which no other file does by chance.
fn is_tar(prefix: &[u8]) -> bool {
    let Some(header) = prefix.get(..512) else { return false };
    let stored = header[148..156]
        .iter()
        .skip_while(|byte| **byte == b' ')
        .take_while(|byte| (b'0'..=b'7').contains(byte))
        .fold(0u32, |sum, byte| (sum << 3) | u32::from(byte - b'0'));
    let sum = |sign: fn(u8) -> i32| -> i32 {
        header
            .iter()
            .enumerate()
            .map(|(at, byte)| if (148..156).contains(&at) { 32 } else { sign(*byte) })
            .sum()
    };
    header[0] != 0
        && i32::try_from(stored).is_ok_and(|stored| {
            stored != 0
                && (stored == sum(i32::from) || stored == sum(|byte| i32::from(byte.cast_signed())))
        })
}

/// Whether content is the truth file of a drill: its first JSON object has the key
/// `heptagon_truth` among the first 4 KiB. It tells the answers, so it is never read as evidence.
///
/// Only a key of the outermost object counts: a name that an intruder put deeper into a record
/// must not hide that record.
pub fn is_truth(content: &[u8]) -> bool {
    const KEY: &[u8] = b"\"heptagon_truth\"";
    let start = &content[..content.len().min(PREFIX)];
    let start = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start).trim_ascii_start();
    if start.first() != Some(&b'{') || memchr::memmem::find(start, KEY).is_none() {
        return false;
    }
    let (mut depth, mut at) = (0, 0);
    while let Some(byte) = start.get(at) {
        match byte {
            b'{' | b'[' => depth += 1,
            b'}' | b']' if depth == 1 => return false,
            b'}' | b']' => depth -= 1,
            b'"' => {
                let end = string_end(start, at);
                let is_key =
                    start[end.min(start.len())..].trim_ascii_start().first() == Some(&b':');
                if depth == 1 && is_key && &start[at..end] == KEY {
                    return true;
                }
                at = end;
                continue;
            }
            _ => {}
        }
        at += 1;
    }
    false
}

/// Just past the string that starts at `at`, or the end of the text.
fn string_end(text: &[u8], at: usize) -> usize {
    let mut end = at + 1;
    while let Some(byte) = text.get(end) {
        match byte {
            b'\\' => end += 2,
            b'"' => return end + 1,
            _ => end += 1,
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_containers_by_content() {
        let mut tar = tar::Builder::new(Vec::new());
        let mut header = tar::Header::new_gnu();
        header.set_size(1);
        header.set_cksum();
        tar.append_data(&mut header, "a", &b"x"[..]).unwrap();
        let tar = tar.into_inner().unwrap();
        assert_eq!(recognise(&tar), Form::Tar);
        assert_eq!(recognise(&tar[..511]), Form::Plain);
        assert_eq!(recognise(&[0; 1024]), Form::Plain);
        assert_eq!(recognise(b"PK\x03\x04...."), Form::Zip);
        assert_eq!(recognise(b"\x1f\x8b\x08\0"), Form::Gzip);
        assert_eq!(recognise(b"{\"Records\":[]}"), Form::Plain);
        assert_eq!(recognise(b""), Form::Plain);
        assert_eq!(recognise(b"\xfd7zXZ\0"), Form::Foreign("xz"));
    }

    #[test]
    fn knows_a_truth_file() {
        assert!(is_truth(b"\xef\xbb\xbf {\n \"heptagon_truth\": 1}"));
        assert!(!is_truth(b"{\"Records\":[{\"userAgent\":\"heptagon_truth\\\"\"}]}"));
        assert!(is_truth(br#"{"scenario": "a\"}", "heptagon_truth" : {}"#));
        for decoy in [
            br#"["heptagon_truth"]"#.as_slice(),
            br#"{"userAgent":"heptagon_truth"}"#,
            br#"{"Records":[{"requestParameters":{"heptagon_truth":1}}]}"#,
            br#"{"eventName":"A"}{"heptagon_truth":1}"#,
            br#"{"a":"\"heptagon_truth\":"}"#,
        ] {
            assert!(!is_truth(decoy), "{}", String::from_utf8_lossy(decoy));
        }
    }
}
