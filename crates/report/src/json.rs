//! The document as JSON: for scripts, and for other tools to build on.

use std::io;

use serde::Serialize;
use serde_json::ser::{Formatter, PrettyFormatter, Serializer};

use crate::Document;
use crate::escape::hidden;

/// Counts changes of the JSON form that readers must know of.
const REPORT_FORMAT: u32 = 1;

#[derive(Serialize)]
struct Envelope<'a> {
    report_format: u32,
    #[serde(flatten)]
    document: &'a Document,
}

/// The document, pretty-printed, with a final newline.
pub(crate) fn render(document: &Document) -> String {
    let mut bytes = Vec::new();
    let mut serializer =
        Serializer::with_formatter(&mut bytes, Inert { pretty: PrettyFormatter::new() });
    Envelope { report_format: REPORT_FORMAT, document }
        .serialize(&mut serializer)
        .expect("plain structs with string keys always serialize into memory");
    bytes.push(b'\n');
    String::from_utf8(bytes).expect("serde_json writes UTF-8")
}

/// Pretty JSON whose strings hold neither markup nor characters that cannot be seen: both are
/// written as `\uXXXX`, which every reader turns back into what was there.
struct Inert<'a> {
    pretty: PrettyFormatter<'a>,
}

impl Formatter for Inert<'_> {
    fn write_string_fragment<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        let mut plain_from = 0;
        for (at, c) in fragment.char_indices() {
            if !(matches!(c, '<' | '>' | '&') || hidden(c)) {
                continue;
            }
            writer.write_all(&fragment.as_bytes()[plain_from..at])?;
            for unit in c.encode_utf16(&mut [0; 2]) {
                write!(writer, "\\u{unit:04x}")?;
            }
            plain_from = at + c.len_utf8();
        }
        writer.write_all(&fragment.as_bytes()[plain_from..])
    }

    fn begin_array<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.pretty.begin_array(writer)
    }

    fn end_array<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.pretty.end_array(writer)
    }

    fn begin_array_value<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        first: bool,
    ) -> io::Result<()> {
        self.pretty.begin_array_value(writer, first)
    }

    fn end_array_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.pretty.end_array_value(writer)
    }

    fn begin_object<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.pretty.begin_object(writer)
    }

    fn end_object<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.pretty.end_object(writer)
    }

    fn begin_object_key<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        first: bool,
    ) -> io::Result<()> {
        self.pretty.begin_object_key(writer, first)
    }

    fn begin_object_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.pretty.begin_object_value(writer)
    }

    fn end_object_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.pretty.end_object_value(writer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_hold_no_markup_and_lose_nothing() {
        let mut bytes = Vec::new();
        let text = "a<b>&\u{202e}\u{e0041}é\"\n";
        let formatter = Inert { pretty: PrettyFormatter::new() };
        text.serialize(&mut Serializer::with_formatter(&mut bytes, formatter)).unwrap();
        let json = String::from_utf8(bytes).unwrap();
        assert_eq!(json, r#""a\u003cb\u003e\u0026\u202e\udb40\udc41é\"\n""#);
        assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text);
    }
}
