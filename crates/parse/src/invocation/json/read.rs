//! Reading a text into a tree, and past what is not to be read.

use std::borrow::Cow;

use memchr::{memchr2, memchr3};

use super::{JsonFault, Node};

/// Nodes one body may have; a body of a long stream has some hundred thousands.
const NODES_MAX: usize = 1 << 20;

/// A place in a text.
pub(super) struct Reader<'a> {
    pub(super) text: &'a str,
    pub(super) at: usize,
    depth_max: usize,
    nodes_left: usize,
    pub(super) unread: bool,
}

impl<'a> Reader<'a> {
    pub(super) fn new(text: &'a str, depth_max: usize) -> Reader<'a> {
        let at = if text.starts_with('\u{feff}') { 3 } else { 0 };
        Reader { text, at, depth_max, nodes_left: NODES_MAX, unread: false }
    }

    pub(super) fn fault(&self) -> JsonFault {
        JsonFault { at: self.at }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    pub(super) fn space(&mut self) {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.peek() {
            self.at += 1;
        }
    }

    pub(super) fn eat(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn literal(&mut self, word: &str, node: Node<'a>) -> Result<Node<'a>, JsonFault> {
        if self.text.as_bytes()[self.at..].starts_with(word.as_bytes()) {
            self.at += word.len();
            Ok(node)
        } else {
            Err(self.fault())
        }
    }

    pub(super) fn key(&mut self) -> Result<Cow<'a, str>, JsonFault> {
        self.space();
        if self.peek() != Some(b'"') {
            return Err(self.fault());
        }
        let key = self.string()?;
        self.space();
        if self.eat(b':') { Ok(key) } else { Err(self.fault()) }
    }

    pub(super) fn value(&mut self, depth: usize) -> Result<Node<'a>, JsonFault> {
        self.space();
        match self.peek() {
            Some(b'"') => {
                self.nodes_left = self.nodes_left.saturating_sub(1);
                self.string().map(Node::Text)
            }
            Some(b'{' | b'[') if depth >= self.depth_max || self.nodes_left == 0 => {
                self.unread = true;
                self.skip().map(|raw| Node::Unread(Cow::Borrowed(raw)))
            }
            Some(b'{') => self.object(depth),
            Some(b'[') => self.array(depth),
            Some(b't') => self.literal("true", Node::Bool(true)),
            Some(b'f') => self.literal("false", Node::Bool(false)),
            Some(b'n') => self.literal("null", Node::Null),
            _ => self.number(),
        }
    }

    fn number(&mut self) -> Result<Node<'a>, JsonFault> {
        let start = self.at;
        while let Some(b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E') = self.peek() {
            self.at += 1;
        }
        let number = &self.text[start..self.at];
        if number.starts_with(|c: char| c == '-' || c.is_ascii_digit())
            && number.ends_with(|c: char| c.is_ascii_digit())
        {
            Ok(Node::Number(Cow::Borrowed(number)))
        } else {
            self.at = start;
            Err(self.fault())
        }
    }

    fn object(&mut self, depth: usize) -> Result<Node<'a>, JsonFault> {
        self.at += 1;
        let mut members = Vec::new();
        self.space();
        if self.eat(b'}') {
            return Ok(Node::Object(members));
        }
        loop {
            let key = self.key()?;
            self.nodes_left = self.nodes_left.saturating_sub(1);
            if self.nodes_left == 0 {
                self.unread = true;
                self.skip()?;
            } else {
                members.push((key, self.value(depth + 1)?));
            }
            self.space();
            if self.eat(b',') {
                continue;
            }
            if self.eat(b'}') {
                return Ok(Node::Object(members));
            }
            return Err(self.fault());
        }
    }

    fn array(&mut self, depth: usize) -> Result<Node<'a>, JsonFault> {
        let start = self.at;
        self.at += 1;
        if let Some(numbers) = self.numbers(start) {
            return Ok(numbers);
        }
        let mut items = Vec::new();
        self.space();
        if self.eat(b']') {
            return Ok(Node::Array(items));
        }
        loop {
            self.nodes_left = self.nodes_left.saturating_sub(1);
            if self.nodes_left == 0 {
                self.unread = true;
                self.skip()?;
            } else {
                items.push(self.value(depth + 1)?);
            }
            self.space();
            if self.eat(b',') {
                continue;
            }
            if self.eat(b']') {
                return Ok(Node::Array(items));
            }
            return Err(self.fault());
        }
    }

    /// An array of numbers, from just after its bracket; `None` (and nothing consumed) when it is not one.
    fn numbers(&mut self, start: usize) -> Option<Node<'a>> {
        let bytes = self.text.as_bytes();
        let mut at = self.at;
        let mut count = 0_usize;
        loop {
            while let Some(b' ' | b'\n' | b'\r' | b'\t') = bytes.get(at) {
                at += 1;
            }
            let first = at;
            while let Some(b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E') = bytes.get(at) {
                at += 1;
            }
            if at == first || !matches!(bytes[first], b'-' | b'0'..=b'9') {
                return None;
            }
            count += 1;
            while let Some(b' ' | b'\n' | b'\r' | b'\t') = bytes.get(at) {
                at += 1;
            }
            match bytes.get(at) {
                Some(b',') => at += 1,
                Some(b']') => break,
                _ => return None,
            }
        }
        self.at = at + 1;
        Some(Node::Numbers(Cow::Borrowed(&self.text[start..self.at]), count))
    }

    fn string(&mut self) -> Result<Cow<'a, str>, JsonFault> {
        self.at += 1;
        let start = self.at;
        let bytes = self.text.as_bytes();
        let mut owned = String::new();
        let mut from = start;
        loop {
            let Some(found) = memchr2(b'"', b'\\', &bytes[self.at..]) else {
                return Err(JsonFault { at: start });
            };
            let found = self.at + found;
            if bytes[found] == b'"' {
                self.at = found + 1;
                let rest = &self.text[from..found];
                if from == start {
                    return Ok(Cow::Borrowed(rest));
                }
                owned.push_str(rest);
                return Ok(Cow::Owned(owned));
            }
            owned.push_str(&self.text[from..found]);
            self.at = found + 1;
            self.escape(&mut owned)?;
            from = self.at;
        }
    }

    /// One escape, from just after its backslash; an unknown one yields its character.
    fn escape(&mut self, out: &mut String) -> Result<(), JsonFault> {
        let Some(next) = self.text[self.at..].chars().next() else { return Err(self.fault()) };
        self.at += next.len_utf8();
        out.push(match next {
            'n' => '\n',
            't' => '\t',
            'r' => '\r',
            'b' => '\u{8}',
            'f' => '\u{c}',
            'u' => self.unicode(),
            other => other,
        });
        Ok(())
    }

    fn unicode(&mut self) -> char {
        let Some(high) = self.hex() else { return '\u{fffd}' };
        if (0xd800..0xdc00).contains(&high) && self.text.as_bytes()[self.at..].starts_with(b"\\u") {
            let back = self.at;
            self.at += 2;
            match self.hex() {
                Some(low) if (0xdc00..0xe000).contains(&low) => {
                    let code = 0x1_0000 + ((high - 0xd800) << 10) + (low - 0xdc00);
                    return char::from_u32(code).unwrap_or('\u{fffd}');
                }
                _ => self.at = back,
            }
        }
        char::from_u32(high).unwrap_or('\u{fffd}')
    }

    fn hex(&mut self) -> Option<u32> {
        let digits = self.text.as_bytes().get(self.at..self.at + 4)?;
        if !digits.iter().all(u8::is_ascii_hexdigit) {
            return None;
        }
        let code = u32::from_str_radix(&self.text[self.at..self.at + 4], 16).ok()?;
        self.at += 4;
        Some(code)
    }

    /// Skips one value without recursion and returns it as written.
    pub(super) fn skip(&mut self) -> Result<&'a str, JsonFault> {
        self.space();
        let start = self.at;
        let bytes = self.text.as_bytes();
        match self.peek() {
            Some(b'"') => self.skip_string()?,
            Some(b'{' | b'[') => {
                let mut open = 0_usize;
                loop {
                    match self.peek() {
                        Some(b'"') => {
                            self.skip_string()?;
                            continue;
                        }
                        Some(b'{' | b'[') => open += 1,
                        Some(b'}' | b']') => open -= 1,
                        Some(_) => {}
                        None => return Err(JsonFault { at: start }),
                    }
                    self.at += 1;
                    if open == 0 {
                        break;
                    }
                }
            }
            _ => {
                let rest = &bytes[start..];
                let end = memchr3(b',', b'}', b']', rest).unwrap_or(rest.len());
                self.at = start + end;
                if end == 0 {
                    return Err(JsonFault { at: start });
                }
            }
        }
        Ok(self.text[start..self.at].trim_end())
    }

    fn skip_string(&mut self) -> Result<(), JsonFault> {
        let start = self.at;
        let bytes = self.text.as_bytes();
        self.at += 1;
        loop {
            let Some(found) = memchr2(b'"', b'\\', bytes.get(self.at..).unwrap_or_default()) else {
                return Err(JsonFault { at: start });
            };
            let found = self.at + found;
            if bytes[found] == b'"' {
                self.at = found + 1;
                return Ok(());
            }
            self.at = found + 2;
        }
    }
}
