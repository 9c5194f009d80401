//! The cursor: skips and slices values of valid JSON, and says where it is not.

use std::borrow::Cow;

use super::unescape::unescape;

/// Why a value could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The text ends before the value does.
    End,
    /// Not JSON.
    Syntax(&'static str),
    /// Nested deeper than allowed.
    Deep,
}

/// A string as it stands between its quotes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Key<'a> {
    /// The text between the quotes, escapes untouched.
    pub(crate) raw: &'a str,
    /// Whether `raw` has escapes.
    pub(crate) escaped: bool,
}

impl<'a> Key<'a> {
    /// The text meant.
    pub(crate) fn text(self) -> Cow<'a, str> {
        if self.escaped { Cow::Owned(unescape(self.raw)) } else { Cow::Borrowed(self.raw) }
    }
}

/// A position in JSON text.
#[derive(Debug, Clone)]
pub(crate) struct Scan<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
    depth_max: usize,
}

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGHS: u64 = 0x8080_8080_8080_8080;
const SPACES: u64 = 0x2020_2020_2020_2020;
/// Recursion that even a generous configuration may not exceed.
const DEPTH_CEILING: usize = 1_024;

/// High bits where `word` has a quote, a backslash or a control character; the lowest one is exact.
#[inline]
fn string_stops(word: u64) -> u64 {
    let quote = word ^ (ONES * u64::from(b'"'));
    let slash = word ^ (ONES * u64::from(b'\\'));
    let quotes = quote.wrapping_sub(ONES) & !quote;
    let slashes = slash.wrapping_sub(ONES) & !slash;
    let controls = word.wrapping_sub(SPACES) & !word;
    (quotes | slashes | controls) & HIGHS
}

impl<'a> Scan<'a> {
    /// A cursor at `at`, which must be a character's start.
    pub(crate) fn new(text: &'a str, at: usize, depth_max: usize) -> Scan<'a> {
        Scan { text, at, depth: 0, depth_max: depth_max.min(DEPTH_CEILING) }
    }

    /// Where it stands.
    pub(crate) fn at(&self) -> usize {
        self.at
    }

    /// The text from `start` to here.
    pub(crate) fn since(&self, start: usize) -> &'a str {
        &self.text[start..self.at]
    }

    /// Skips white space and returns the byte it stands before.
    #[inline]
    pub(crate) fn space(&mut self) -> Result<u8, Fault> {
        let bytes = self.text.as_bytes();
        loop {
            match bytes.get(self.at) {
                Some(b' ' | b'\n' | b'\t' | b'\r') => {
                    self.at += 1;
                    while let Some(chunk) = bytes.get(self.at..self.at + 8) {
                        if u64::from_le_bytes(chunk.try_into().expect("a slice of eight")) != SPACES
                        {
                            break;
                        }
                        self.at += 8;
                    }
                }
                Some(&byte) => return Ok(byte),
                None => return Err(Fault::End),
            }
        }
    }

    #[inline]
    fn step(&mut self) {
        self.at += 1;
    }

    /// Reads the string that begins here.
    #[inline]
    pub(crate) fn string(&mut self) -> Result<Key<'a>, Fault> {
        let bytes = self.text.as_bytes();
        let start = self.at + 1;
        let mut at = start;
        let mut escaped = false;
        loop {
            let mut stop = None;
            while let Some(chunk) = bytes.get(at..at + 8) {
                let word = u64::from_le_bytes(chunk.try_into().expect("a slice of eight"));
                let stops = string_stops(word);
                if stops != 0 {
                    at += (stops.trailing_zeros() >> 3) as usize;
                    stop = Some(bytes[at]);
                    break;
                }
                at += 8;
            }
            if stop.is_none() {
                while let Some(&byte) = bytes.get(at) {
                    if byte == b'"' || byte == b'\\' || byte < 0x20 {
                        stop = Some(byte);
                        break;
                    }
                    at += 1;
                }
            }
            match stop {
                Some(b'"') => {
                    self.at = at + 1;
                    return Ok(Key { raw: &self.text[start..at], escaped });
                }
                Some(b'\\') => {
                    escaped = true;
                    match bytes.get(at + 1) {
                        Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => at += 2,
                        Some(b'u') => {
                            let Some(digits) = bytes.get(at + 2..at + 6) else {
                                self.at = bytes.len();
                                return Err(Fault::End);
                            };
                            if !digits.iter().all(u8::is_ascii_hexdigit) {
                                self.at = at;
                                return Err(Fault::Syntax("an invalid \\u escape"));
                            }
                            at += 6;
                        }
                        Some(_) => {
                            self.at = at;
                            return Err(Fault::Syntax("an invalid escape"));
                        }
                        None => {
                            self.at = bytes.len();
                            return Err(Fault::End);
                        }
                    }
                }
                Some(_) => {
                    self.at = at;
                    return Err(Fault::Syntax("a control character inside a string"));
                }
                None => {
                    self.at = bytes.len();
                    return Err(Fault::End);
                }
            }
        }
    }

    /// Skips the value that begins after white space and returns its text.
    pub(crate) fn value(&mut self) -> Result<&'a str, Fault> {
        let first = self.space()?;
        let start = self.at;
        self.skip(first)?;
        Ok(&self.text[start..self.at])
    }

    /// Skips the value here, whose first byte is `first`.
    pub(crate) fn skip(&mut self, first: u8) -> Result<(), Fault> {
        match first {
            b'"' => self.string().map(|_| ()),
            b'{' => self.members(|scan, _| {
                let first = scan.space()?;
                scan.skip(first)
            }),
            b'[' => self.items(Scan::skip),
            b't' => self.literal("true"),
            b'f' => self.literal("false"),
            b'n' => self.literal("null"),
            b'-' | b'0'..=b'9' => self.number(),
            _ => Err(Fault::Syntax("a value was expected")),
        }
    }

    /// Reads the object here; `member` must read each value, starting after the colon.
    #[inline]
    pub(crate) fn members(
        &mut self,
        mut member: impl FnMut(&mut Scan<'a>, Key<'a>) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        self.deeper()?;
        self.step();
        if self.space()? == b'}' {
            self.step();
            self.depth -= 1;
            return Ok(());
        }
        loop {
            if self.space()? != b'"' {
                return Err(Fault::Syntax("a member's name was expected"));
            }
            let key = self.string()?;
            if self.space()? != b':' {
                return Err(Fault::Syntax("a colon was expected"));
            }
            self.step();
            member(self, key)?;
            match self.space()? {
                b',' => self.step(),
                b'}' => {
                    self.step();
                    self.depth -= 1;
                    return Ok(());
                }
                _ => return Err(Fault::Syntax("a comma or a closing brace was expected")),
            }
        }
    }

    /// Reads the array here; `item` must read each value, given its first byte.
    #[inline]
    pub(crate) fn items(
        &mut self,
        mut item: impl FnMut(&mut Scan<'a>, u8) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        self.deeper()?;
        self.step();
        if self.space()? == b']' {
            self.step();
            self.depth -= 1;
            return Ok(());
        }
        loop {
            let first = self.space()?;
            item(self, first)?;
            match self.space()? {
                b',' => self.step(),
                b']' => {
                    self.step();
                    self.depth -= 1;
                    return Ok(());
                }
                _ => return Err(Fault::Syntax("a comma or a closing bracket was expected")),
            }
        }
    }

    #[inline]
    fn deeper(&mut self) -> Result<(), Fault> {
        self.depth += 1;
        if self.depth > self.depth_max { Err(Fault::Deep) } else { Ok(()) }
    }

    fn literal(&mut self, word: &'static str) -> Result<(), Fault> {
        let rest = &self.text.as_bytes()[self.at..];
        if rest.starts_with(word.as_bytes()) {
            self.at += word.len();
            Ok(())
        } else if word.as_bytes().starts_with(rest) {
            self.at = self.text.len();
            Err(Fault::End)
        } else {
            Err(Fault::Syntax("a value was expected"))
        }
    }

    fn number(&mut self) -> Result<(), Fault> {
        let bytes = self.text.as_bytes();
        let mut at = self.at;
        let digits = |at: &mut usize| {
            let start = *at;
            while bytes.get(*at).is_some_and(u8::is_ascii_digit) {
                *at += 1;
            }
            *at > start
        };
        if bytes[at] == b'-' {
            at += 1;
        }
        let whole = if bytes.get(at) == Some(&b'0') {
            at += 1;
            true
        } else {
            digits(&mut at)
        };
        let mut valid = whole;
        if valid && bytes.get(at) == Some(&b'.') {
            at += 1;
            valid = digits(&mut at);
        }
        if valid && matches!(bytes.get(at), Some(b'e' | b'E')) {
            at += 1;
            if matches!(bytes.get(at), Some(b'+' | b'-')) {
                at += 1;
            }
            valid = digits(&mut at);
        }
        self.at = at;
        match bytes.get(at) {
            // A number may go on behind the text's end: only a delimiter ends it.
            None => Err(Fault::End),
            Some(b',' | b']' | b'}' | b' ' | b'\n' | b'\r' | b'\t') if valid => Ok(()),
            Some(_) => Err(Fault::Syntax("not a number")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn skip(text: &str) -> Result<&str, Fault> {
        Scan::new(text, 0, 8).value()
    }

    #[test]
    fn slices_values_and_leaves_what_follows() {
        for (text, value) in [
            ("{\"a\":[1,2.5e-3,{}]} x", "{\"a\":[1,2.5e-3,{}]}"),
            ("  \"a\\\"b\\u00e9\"]", "\"a\\\"b\\u00e9\""),
            ("null,", "null"),
            ("-0.5}", "-0.5"),
            ("[ ]", "[ ]"),
        ] {
            assert_eq!(skip(text), Ok(value), "{text}");
        }
    }

    #[test]
    fn tells_a_cut_from_a_fault() {
        for text in [
            "", "  ", "{", "{\"a", "{\"a\"", "{\"a\":", "{\"a\":1", "[1,", "\"\\", "\"\\u00",
            "tru", "-", "12",
        ] {
            assert_eq!(skip(text), Err(Fault::End), "{text}");
        }
        for text in [
            "x",
            "{a}",
            "{\"a\" 1}",
            "{\"a\":1 2}",
            "[1 2]",
            "\"a\nb\"",
            "\"\\x\"",
            "\"\\u00g0\"",
            "01,",
            "1.,",
            "truth",
            "{,}",
            "[,]",
        ] {
            assert!(matches!(skip(text), Err(Fault::Syntax(_))), "{text}");
        }
        assert_eq!(skip(&"[".repeat(9)), Err(Fault::Deep));
        assert_eq!(skip(&"{\"a\":".repeat(9)), Err(Fault::Deep));
    }

    proptest::proptest! {
        #[test]
        fn accepts_exactly_what_serde_json_accepts(text in r#"[\[\]{}",:0-9a-e\\ntrulfs.+\- \x07é]{0,24}"#) {
            let ours = Scan::new(&format!("{text} "), 0, 64).value().is_ok_and(|value| value.len() == text.trim().len());
            let theirs = serde_json::from_str::<serde::de::IgnoredAny>(&text).is_ok();
            proptest::prop_assert_eq!(ours, theirs, "{}", text);
        }
    }
}
