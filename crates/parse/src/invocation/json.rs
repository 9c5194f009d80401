//! A borrowed JSON tree for model bodies: parsed once, tolerant where evidence is odd.
//!
//! Strings without escapes are borrowed, numbers stay text, arrays of numbers (embedding vectors)
//! stay one slice, and whatever is nested too deeply or has too many parts is kept as unread text:
//! hostile nesting costs a warning, never the record. Lone surrogates become U+FFFD.

use std::borrow::Cow;

use memchr::{memchr2, memchr3};

/// Nodes one body may have; a body of a long stream has some hundred thousands.
const NODES_MAX: usize = 1 << 20;

/// A JSON value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Node<'a> {
    Null,
    Bool(bool),
    /// A number as written.
    Number(Cow<'a, str>),
    Text(Cow<'a, str>),
    Array(Vec<Node<'a>>),
    /// An array of numbers alone, as written with its brackets, and how many there are.
    Numbers(Cow<'a, str>, usize),
    /// Members in the order written.
    Object(Vec<(Cow<'a, str>, Node<'a>)>),
    /// A value beyond the limits, as written.
    Unread(Cow<'a, str>),
}

/// Where reading failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct JsonFault {
    /// Byte offset in the text.
    pub(crate) at: usize,
}

/// A tree and whether something in it was left unread.
#[derive(Debug)]
pub(crate) struct Tree<'a> {
    pub(crate) node: Node<'a>,
    pub(crate) unread: bool,
}

/// Reads one JSON value that fills the text.
pub(crate) fn parse(text: &str, depth_max: usize) -> Result<Tree<'_>, JsonFault> {
    let mut reader = Reader::new(text, depth_max);
    let node = reader.value(0)?;
    reader.space();
    if reader.at == text.len() {
        Ok(Tree { node, unread: reader.unread })
    } else {
        Err(reader.fault())
    }
}

/// Reads one JSON value, or several one after another as an array of them.
pub(crate) fn parse_sequence(text: &str, depth_max: usize) -> Result<Tree<'_>, JsonFault> {
    let mut reader = Reader::new(text, depth_max);
    let first = reader.value(0)?;
    reader.space();
    if reader.at == text.len() {
        return Ok(Tree { node: first, unread: reader.unread });
    }
    let mut values = vec![first];
    while reader.at < text.len() {
        values.push(reader.value(1)?);
        reader.space();
    }
    Ok(Tree { node: Node::Array(values), unread: reader.unread })
}

/// Calls `visit` with the key and the raw value of every top-level member, until it returns false.
/// `false` when the text does not begin with a readable object.
pub(crate) fn members<'a>(text: &'a str, visit: &mut dyn FnMut(&str, &'a str) -> bool) -> bool {
    let mut reader = Reader::new(text, 0);
    reader.space();
    if !reader.eat(b'{') {
        return false;
    }
    reader.space();
    if reader.eat(b'}') {
        return true;
    }
    loop {
        let Ok(key) = reader.key() else { return false };
        let Ok(value) = reader.skip() else { return false };
        if !visit(&key, value) {
            return true;
        }
        reader.space();
        if reader.eat(b',') {
            continue;
        }
        return reader.eat(b'}');
    }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    depth_max: usize,
    nodes_left: usize,
    unread: bool,
}

impl<'a> Reader<'a> {
    fn new(text: &'a str, depth_max: usize) -> Reader<'a> {
        let at = if text.starts_with('\u{feff}') { 3 } else { 0 };
        Reader { text, at, depth_max, nodes_left: NODES_MAX, unread: false }
    }

    fn fault(&self) -> JsonFault {
        JsonFault { at: self.at }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn space(&mut self) {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.peek() {
            self.at += 1;
        }
    }

    fn eat(&mut self, byte: u8) -> bool {
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

    fn key(&mut self) -> Result<Cow<'a, str>, JsonFault> {
        self.space();
        if self.peek() != Some(b'"') {
            return Err(self.fault());
        }
        let key = self.string()?;
        self.space();
        if self.eat(b':') { Ok(key) } else { Err(self.fault()) }
    }

    fn value(&mut self, depth: usize) -> Result<Node<'a>, JsonFault> {
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
    fn skip(&mut self) -> Result<&'a str, JsonFault> {
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

impl<'a> Node<'a> {
    /// The member of an object; the last of several with one key, as most readers take it.
    pub(crate) fn get(&self, key: &str) -> Option<&Node<'a>> {
        self.members().iter().rev().find(|(name, _)| name == key).map(|(_, value)| value)
    }

    /// The member under a chain of keys.
    pub(crate) fn at(&self, keys: &[&str]) -> Option<&Node<'a>> {
        keys.iter().try_fold(self, |node, key| node.get(key))
    }

    /// Removes and returns the member of an object.
    pub(crate) fn take(&mut self, key: &str) -> Option<Node<'a>> {
        let Node::Object(members) = self else { return None };
        let found = members.iter().rposition(|(name, _)| name == key)?;
        Some(members.remove(found).1)
    }

    pub(crate) fn has(&self, key: &str) -> bool {
        self.get(key).is_some_and(|node| *node != Node::Null)
    }

    pub(crate) fn members(&self) -> &[(Cow<'a, str>, Node<'a>)] {
        if let Node::Object(members) = self { members } else { &[] }
    }

    pub(crate) fn items(&self) -> &[Node<'a>] {
        if let Node::Array(items) = self { items } else { &[] }
    }

    pub(crate) fn text(&self) -> Option<&str> {
        if let Node::Text(text) = self { Some(text) } else { None }
    }

    /// The text of a member.
    pub(crate) fn text_of(&self, key: &str) -> Option<&str> {
        self.get(key)?.text()
    }

    pub(crate) fn is_object(&self) -> bool {
        matches!(self, Node::Object(_))
    }

    pub(crate) fn is_array(&self) -> bool {
        matches!(self, Node::Array(_) | Node::Numbers(..))
    }

    /// A whole number, also when written as text or with a fraction of zero.
    pub(crate) fn int(&self) -> Option<i64> {
        let (Node::Number(text) | Node::Text(text)) = self else { return None };
        let text = text.trim();
        text.parse().ok().or_else(|| {
            let number: f64 = text.parse().ok()?;
            (number.fract() == 0.0 && number.abs() < 9e15).then_some(number as i64)
        })
    }

    /// Writes compact JSON.
    pub(crate) fn write(&self, out: &mut String) {
        match self {
            Node::Null => out.push_str("null"),
            Node::Bool(true) => out.push_str("true"),
            Node::Bool(false) => out.push_str("false"),
            Node::Number(text) | Node::Numbers(text, _) | Node::Unread(text) => out.push_str(text),
            Node::Text(text) => write_string(text, out),
            Node::Array(items) => {
                out.push('[');
                for (at, item) in items.iter().enumerate() {
                    if at > 0 {
                        out.push(',');
                    }
                    item.write(out);
                }
                out.push(']');
            }
            Node::Object(members) => {
                out.push('{');
                for (at, (key, value)) in members.iter().enumerate() {
                    if at > 0 {
                        out.push(',');
                    }
                    write_string(key, out);
                    out.push(':');
                    value.write(out);
                }
                out.push('}');
            }
        }
    }

    /// Compact JSON.
    pub(crate) fn to_compact(&self) -> String {
        let mut out = String::new();
        self.write(&mut out);
        out
    }

    /// The same tree, borrowing nothing.
    pub(crate) fn into_owned<'o>(self) -> Node<'o> {
        fn own<'o>(text: Cow<'_, str>) -> Cow<'o, str> {
            Cow::Owned(text.into_owned())
        }
        match self {
            Node::Null => Node::Null,
            Node::Bool(value) => Node::Bool(value),
            Node::Number(text) => Node::Number(own(text)),
            Node::Text(text) => Node::Text(own(text)),
            Node::Numbers(text, count) => Node::Numbers(own(text), count),
            Node::Unread(text) => Node::Unread(own(text)),
            Node::Array(items) => Node::Array(items.into_iter().map(Node::into_owned).collect()),
            Node::Object(members) => Node::Object(
                members.into_iter().map(|(key, value)| (own(key), value.into_owned())).collect(),
            ),
        }
    }

    /// The value in `serde_json`'s form.
    pub(crate) fn to_json(&self) -> serde_json::Value {
        use serde_json::Value;
        match self {
            Node::Null => Value::Null,
            Node::Bool(value) => Value::Bool(*value),
            Node::Number(text) => {
                serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_string()))
            }
            Node::Text(text) => Value::String(text.to_string()),
            Node::Numbers(text, _) | Node::Unread(text) => {
                serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_string()))
            }
            Node::Array(items) => Value::Array(items.iter().map(Node::to_json).collect()),
            Node::Object(members) => Value::Object(
                members.iter().map(|(key, value)| (key.to_string(), value.to_json())).collect(),
            ),
        }
    }
}

fn write_string(text: &str, out: &mut String) {
    out.push('"');
    let mut from = 0;
    for (at, byte) in text.bytes().enumerate() {
        let escaped = match byte {
            b'"' => "\\\"",
            b'\\' => "\\\\",
            b'\n' => "\\n",
            b'\r' => "\\r",
            b'\t' => "\\t",
            0..0x20 => "",
            _ => continue,
        };
        out.push_str(&text[from..at]);
        if escaped.is_empty() {
            out.push_str(&format!("\\u{byte:04x}"));
        } else {
            out.push_str(escaped);
        }
        from = at + 1;
    }
    out.push_str(&text[from..]);
    out.push('"');
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Node<'_> {
        parse(text, 64).unwrap().node
    }

    #[test]
    fn strings_borrow_unless_escaped() {
        assert!(matches!(read("\"plain\""), Node::Text(Cow::Borrowed("plain"))));
        assert_eq!(read(r#""a\n\"b\"\u00e9\ud83d\ude00""#).text(), Some("a\n\"b\"é😀"));
        assert_eq!(read(r#""cut \ud83d""#).text(), Some("cut \u{fffd}"));
        assert_eq!(read(r#""\ud83dA\/""#).text(), Some("\u{fffd}A/"));
    }

    #[test]
    fn vectors_stay_one_slice() {
        assert_eq!(read("[ 1, -2.5e3 ,0]"), Node::Numbers(Cow::Borrowed("[ 1, -2.5e3 ,0]"), 3));
        assert_eq!(read("[1,\"a\"]").items().len(), 2);
    }

    #[test]
    fn depth_costs_the_part_not_the_record() {
        let text = format!("{{\"a\":{}{},\"b\":1}}", "[".repeat(9_000), "]".repeat(9_000));
        let tree = parse(&text, 64).unwrap();
        assert!(tree.unread);
        assert_eq!(tree.node.get("b").and_then(Node::int), Some(1));
    }

    #[test]
    fn faults_have_a_place() {
        for text in ["", "{", "[1,", "{\"a\"}", "\"x", "{\"a\":tru}", "1 2", "[1,]", "\"\\", "-"] {
            assert!(parse(text, 64).is_err(), "{text}");
        }
    }

    #[test]
    fn top_level_members_are_found_without_reading_values() {
        let mut seen = Vec::new();
        let text = r#" {"a":{"modelId":[1,"}"]}, "b" : 12 ,"c":"x\"y"} "#;
        assert!(members(text, &mut |key, raw| {
            seen.push(format!("{key}={raw}"));
            true
        }));
        assert_eq!(seen, [r#"a={"modelId":[1,"}"]}"#, "b=12", r#"c="x\"y""#]);
    }

    fn json() -> impl Strategy<Value = serde_json::Value> {
        let leaf = prop_oneof![
            Just(serde_json::Value::Null),
            any::<bool>().prop_map(Into::into),
            any::<i64>().prop_map(Into::into),
            any::<f64>().prop_map(|f| (f * 1e-300).into()),
            any::<String>().prop_map(Into::into),
        ];
        leaf.prop_recursive(5, 60, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Into::into),
                prop::collection::btree_map(any::<String>(), inner, 0..6)
                    .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn reads_what_serde_json_reads(value in json()) {
            for text in [value.to_string(), serde_json::to_string_pretty(&value).unwrap()] {
                let expect: serde_json::Value = serde_json::from_str(&text).unwrap();
                let node = parse(&text, 64).unwrap().node;
                prop_assert_eq!(node.to_json(), expect.clone());
                let written: serde_json::Value = serde_json::from_str(&node.to_compact()).unwrap();
                prop_assert_eq!(written, expect);
            }
        }

        #[test]
        fn any_text_is_read_or_refused(text in "[\\[\\]{}:,\"\\\\ua-f0-9é. -]{0,60}") {
            let _ = parse(&text, 4);
            let _ = parse_sequence(&text, 4);
            members(&text, &mut |_, _| true);
        }
    }
}
