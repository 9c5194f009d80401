//! Finding where values end and records begin when the JSON in between cannot be trusted.

/// Skips one value of any length and depth, keeping only a few words of state between windows.
#[derive(Debug, Clone, Default)]
pub(crate) struct Skipper {
    depth: u64,
    in_string: bool,
    escaped: bool,
    started: bool,
}

impl Skipper {
    /// Reads on; returns how many of `bytes` belong to the value when it ends in them. The end of a
    /// scalar is the delimiter after it, which is left.
    pub(crate) fn feed(&mut self, bytes: &[u8]) -> Option<usize> {
        let mut at = 0;
        while at < bytes.len() {
            if self.in_string {
                if self.escaped {
                    self.escaped = false;
                    at += 1;
                    continue;
                }
                let stop = memchr::memchr2(b'"', b'\\', &bytes[at..])?;
                at += stop + 1;
                if bytes[at - 1] == b'\\' {
                    self.escaped = true;
                } else {
                    self.in_string = false;
                    if self.depth == 0 {
                        return Some(at);
                    }
                }
                continue;
            }
            match bytes[at] {
                b'"' => self.in_string = true,
                b'{' | b'[' => self.depth += 1,
                b'}' | b']' if self.depth == 0 => return Some(at),
                b'}' | b']' => {
                    self.depth -= 1;
                    if self.depth == 0 {
                        return Some(at + 1);
                    }
                }
                b',' | b' ' | b'\n' | b'\r' | b'\t' if self.depth == 0 && self.started => {
                    return Some(at);
                }
                _ => {}
            }
            self.started = true;
            at += 1;
        }
        None
    }
}

/// Where reading can go on after a broken record.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Resync<'a> {
    /// The name of the first member of the records read so far.
    pub(crate) first_key: Option<&'a str>,
    /// Whether the broken record is an item of a list.
    pub(crate) in_list: bool,
}

/// Names that commonly begin a record.
const FIRST_KEYS: [&str; 3] = ["eventVersion", "schemaType", "Records"];

impl Resync<'_> {
    /// The next place after `at` where a record may begin or the broken one has ended. The work is
    /// proportional to the distance found, however the text is made.
    pub(crate) fn find(self, text: &[u8], at: usize) -> Option<usize> {
        let mut range = 256;
        loop {
            let limit = text.len().min(at + range);
            let slice = &text[..limit];
            let best = [
                self.record_start(slice, at + 1),
                self.line_start(slice, at),
                self.balanced(text, limit, at),
            ]
            .into_iter()
            .flatten()
            .min();
            if best.is_some() || limit == text.len() {
                return best;
            }
            range *= 4;
        }
    }

    /// An opening brace before a known first name, where a value may begin.
    pub(crate) fn record_start(self, text: &[u8], from: usize) -> Option<usize> {
        self.first_key
            .into_iter()
            .chain(FIRST_KEYS)
            .filter_map(|key| {
                let name = format!("\"{key}\"");
                let finder = memchr::memmem::Finder::new(name.as_bytes());
                finder.find_iter(text.get(from..)?).find_map(|found| {
                    let (brace, _) = back(text, from + found)?;
                    if text[brace] != b'{' || brace < from {
                        return None;
                    }
                    let plausible = match back(text, brace) {
                        None => true,
                        Some((before, newline)) => {
                            newline || matches!(text[before], b',' | b'[' | b'}')
                        }
                    };
                    plausible.then_some(brace)
                })
            })
            .min()
    }

    /// A line that begins with a brace or bracket, between documents.
    fn line_start(self, text: &[u8], at: usize) -> Option<usize> {
        if self.in_list {
            return None;
        }
        memchr::memchr_iter(b'\n', &text[at..]).find_map(|newline| {
            let next = at + newline + 1;
            matches!(text.get(next), Some(b'{' | b'[')).then_some(next)
        })
    }

    /// The end of the broken record by its braces, when what follows fits.
    fn balanced(self, text: &[u8], limit: usize, at: usize) -> Option<usize> {
        if !matches!(text.get(at), Some(b'{' | b'[' | b'"')) {
            return None;
        }
        let end = at + Skipper::default().feed(&text[at..limit])?;
        let next = text[end..].iter().find(|byte| !byte.is_ascii_whitespace());
        let fits = match next {
            None | Some(b',') => true,
            Some(b']') => self.in_list,
            Some(b'{' | b'[') => !self.in_list,
            Some(_) => text.get(end) == Some(&b'\n') && !self.in_list,
        };
        fits.then_some(end)
    }

    /// Where JSON may begin again in text that is none.
    pub(crate) fn json_start(self, text: &[u8], at: usize) -> Start {
        const SPACE: usize = 64;
        let mut from = at;
        while let Some(found) = memchr::memchr3(b'{', b'[', b',', &text[from.min(text.len())..]) {
            let found = from + found;
            if self.in_list {
                return Start::At(found);
            }
            let behind = &text[found + 1..text.len().min(found + 1 + SPACE)];
            let next = behind.iter().find(|byte| !byte.is_ascii_whitespace());
            match (text[found], next) {
                (b'{', Some(b'"' | b'}')) | (b'[', Some(b'{')) => return Start::At(found),
                (b'{' | b'[', None) if behind.len() < SPACE => return Start::Perhaps(found),
                _ => from = found + 1,
            }
        }
        Start::No
    }
}

/// Whether text that does not begin as JSON has a record's name in it.
pub(crate) fn has_record(text: &[u8]) -> bool {
    FIRST_KEYS
        .iter()
        .chain(&["CloudTrailEvent", "messageType", "detail-type"])
        .any(|key| memchr::memmem::find(text, format!("\"{key}\"").as_bytes()).is_some())
}

/// Whether and where JSON begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Start {
    /// Here.
    At(usize),
    /// Here, or not: the text ends too early to tell.
    Perhaps(usize),
    /// Nowhere.
    No,
}

/// The last byte before `at` that is no white space, and whether a line break lies between.
fn back(text: &[u8], at: usize) -> Option<(usize, bool)> {
    let mut newline = false;
    for (index, byte) in text[..at].iter().enumerate().rev() {
        match byte {
            b'\n' => newline = true,
            b' ' | b'\t' | b'\r' => {}
            _ => return Some((index, newline)),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn skips_across_any_window() {
        for (text, length) in [
            (r#"{"a":"}\"","b":[{}]},"#, 20),
            (r#""a\\"b"#, 5),
            ("12,", 2),
            ("true}", 4),
            ("[[[[]]]]x", 8),
        ] {
            for cut in 0..text.len() {
                let mut skipper = Skipper::default();
                let end = match skipper.feed(&text.as_bytes()[..cut]) {
                    Some(end) => Some(end),
                    None => skipper.feed(&text.as_bytes()[cut..]).map(|end| cut + end),
                };
                assert_eq!(end, Some(length), "{text} cut at {cut}");
            }
        }
    }

    #[test]
    fn goes_on_at_the_nearest_plausible_place() {
        let list = Resync { first_key: Some("awsRegion"), in_list: true };
        let text = br#"{"awsRegion":"x,"b":1},{"awsRegion":"y"}]"#;
        assert_eq!(list.find(text, 0), Some(23));
        assert_eq!(list.find(br#"{"a":tru},{"a":1}]"#, 0), Some(9));
        let lines = Resync { first_key: None, in_list: false };
        assert_eq!(lines.find(b"{\"a\":\"cut\n{\"a\":1}", 0), Some(10));
        assert_eq!(lines.find(b"{\"a\":\"cut", 0), None);
        // A record inside another one's member is not a start.
        assert_eq!(lines.find(br#"{"x":bad,"detail":{"eventVersion":"1"}} "#, 0), Some(39));
    }
}
