//! Values built from raw JSON: for rules, for people, for the generic path.

use std::borrow::Cow;

use heptagon_model::FieldValue;
use serde_json::{Map, Number, Value};

use super::{Fault, Key, Scan};

/// Nesting at which conversion stops; records that reach here are bounded already.
const DEPTH: usize = 1_024;

/// The value of raw JSON as rules see it; what cannot be read is null.
pub(crate) fn field_value(raw: &str) -> FieldValue<'_> {
    let mut scan = Scan::new(raw, 0, DEPTH);
    read(&mut scan).unwrap_or(FieldValue::Null)
}

/// The value of raw JSON as a tree; what cannot be read is null.
pub(crate) fn json_value(raw: &str) -> Value {
    tree(field_value(raw))
}

/// The whole number, fraction or text of a number.
fn number(raw: &str) -> FieldValue<'_> {
    if let Ok(whole) = raw.parse::<i64>() {
        return FieldValue::Int(whole);
    }
    raw.parse::<f64>()
        .ok()
        .filter(|float| float.is_finite())
        .map_or_else(|| FieldValue::Str(Cow::Borrowed(raw)), FieldValue::Float)
}

fn read<'a>(scan: &mut Scan<'a>) -> Result<FieldValue<'a>, Fault> {
    let first = scan.space()?;
    read_from(scan, first)
}

fn read_from<'a>(scan: &mut Scan<'a>, first: u8) -> Result<FieldValue<'a>, Fault> {
    match first {
        b'"' => scan.string().map(|key| FieldValue::Str(key.text())),
        b'{' => {
            let mut members: Vec<(Cow<'a, str>, FieldValue<'a>)> = Vec::new();
            scan.members(|scan, key: Key<'a>| {
                let value = read(scan)?;
                let name = key.text();
                // The last of equal names counts, as in every common parser.
                match members.iter_mut().rev().take(64).find(|(other, _)| *other == name) {
                    Some(slot) => slot.1 = value,
                    None => members.push((name, value)),
                }
                Ok(())
            })?;
            Ok(FieldValue::Object(members))
        }
        b'[' => {
            let mut items = Vec::new();
            scan.items(|scan, first| {
                items.push(read_from(scan, first)?);
                Ok(())
            })?;
            Ok(FieldValue::Array(items))
        }
        _ => {
            let start = scan.at();
            match scan.skip(first) {
                Ok(()) => {}
                // A number may be the last thing in the text.
                Err(Fault::End) if matches!(first, b'-' | b'0'..=b'9') => {}
                Err(fault) => return Err(fault),
            }
            Ok(match scan.since(start) {
                "true" => FieldValue::Bool(true),
                "false" => FieldValue::Bool(false),
                "null" => FieldValue::Null,
                digits => number(digits),
            })
        }
    }
}

fn tree(value: FieldValue<'_>) -> Value {
    match value {
        FieldValue::Str(text) => Value::String(text.into_owned()),
        FieldValue::Int(whole) => Value::Number(whole.into()),
        FieldValue::Float(float) => Number::from_f64(float).map_or(Value::Null, Value::Number),
        FieldValue::Bool(flag) => Value::Bool(flag),
        FieldValue::Null => Value::Null,
        FieldValue::Array(items) => Value::Array(items.into_iter().map(tree).collect()),
        FieldValue::Object(members) => Value::Object(
            members
                .into_iter()
                .map(|(name, value)| (name.into_owned(), tree(value)))
                .collect::<Map<_, _>>(),
        ),
    }
}

/// Calls `visit` for every string value in raw JSON.
pub(crate) fn visit_strings(raw: &str, visit: &mut dyn FnMut(&str)) {
    let mut scan = Scan::new(raw, 0, DEPTH);
    if let Ok(first) = scan.space() {
        let _ = visit_from(&mut scan, first, visit);
    }
}

fn visit_from(scan: &mut Scan<'_>, first: u8, visit: &mut dyn FnMut(&str)) -> Result<(), Fault> {
    match first {
        b'"' => {
            visit(&scan.string()?.text());
            Ok(())
        }
        b'{' => scan.members(|scan, _| {
            let first = scan.space()?;
            visit_from(scan, first, visit)
        }),
        b'[' => scan.items(|scan, first| visit_from(scan, first, visit)),
        _ => scan.skip(first),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn builds_what_serde_json_builds() {
        for text in [
            r#"{"a":[1,-2,2.5,"x\ny",null,true],"b":{"c":{}},"a":2}"#,
            "\"only text\"",
            "12",
            "-0.25",
            "[]",
        ] {
            assert_eq!(json_value(text), serde_json::from_str::<Value>(text).unwrap(), "{text}");
        }
        assert_eq!(json_value("{broken"), Value::Null);
    }

    #[test]
    fn visits_values_not_names() {
        let mut seen = Vec::new();
        visit_strings(r#"{"a":"1","b":["2",{"c":"\u0033"}],"d":4}"#, &mut |s| {
            seen.push(s.to_owned());
        });
        assert_eq!(seen, ["1", "2", "3"]);
    }
}
