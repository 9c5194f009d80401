//! A borrowed JSON tree for model bodies: parsed once, tolerant where evidence is odd.
//!
//! Strings without escapes are borrowed, numbers stay text, arrays of numbers (embedding vectors)
//! stay one slice, and whatever is nested too deeply or has too many parts is kept as unread text:
//! hostile nesting costs a warning, never the record. Lone surrogates become U+FFFD.

mod read;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

use read::Reader;

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
