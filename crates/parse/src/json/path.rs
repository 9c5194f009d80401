//! Values at a dotted path inside raw JSON.

use heptagon_model::FieldValue;

use super::{Fault, Key, Scan, build::field_value};

const DEPTH: usize = 1_024;

/// The value at `path`, names separated by dots; a path through an array gives the list of what its
/// members have, and a name that itself has dots is found when no shorter one is.
pub(crate) fn lookup<'a>(raw: &'a str, path: &str) -> Option<FieldValue<'a>> {
    let last = memchr::memrchr(b'.', path.as_bytes()).map_or(path, |dot| &path[dot + 1..]);
    if may_have(raw, last) { walk(raw, path) } else { None }
}

/// Whether the text may have a member of that name: `false` when the name is nowhere in it, and
/// nothing is escaped. Much faster than reading it.
pub(crate) fn may_have(raw: &str, name: &str) -> bool {
    memchr::memmem::find(raw.as_bytes(), name.as_bytes()).is_some()
        || memchr::memchr(b'\\', raw.as_bytes()).is_some()
}

pub(crate) fn walk<'a>(raw: &'a str, path: &str) -> Option<FieldValue<'a>> {
    match raw.as_bytes().first()? {
        b'{' => {
            let (head, tail) = path.split_once('.').unwrap_or((path, ""));
            let mut found = None;
            let mut has_dotted = false;
            for_each_member(raw, |key, value| {
                if key.raw == head || (key.escaped && key.text() == head) {
                    found = Some(value);
                }
                has_dotted |= key.escaped || key.raw.contains('.');
            });
            if let Some(value) = found {
                let found =
                    if tail.is_empty() { Some(field_value(value)) } else { walk(value, tail) };
                if found.is_some() {
                    return found;
                }
            }
            if tail.is_empty() || !has_dotted {
                return None;
            }
            dotted(raw, path)
        }
        b'[' => {
            let mut found = Vec::new();
            let mut scan = Scan::new(raw, 0, DEPTH);
            let _ = scan.items(|scan, _| {
                match walk(scan.value()?, path) {
                    Some(FieldValue::Array(items)) => found.extend(items),
                    Some(value) => found.push(value),
                    None => {}
                }
                Ok(())
            });
            (!found.is_empty()).then_some(FieldValue::Array(found))
        }
        _ => None,
    }
}

/// The longest name with dots that begins `path`.
fn dotted<'a>(raw: &'a str, path: &str) -> Option<FieldValue<'a>> {
    let mut best: Option<(usize, &'a str)> = None;
    for_each_member(raw, |key, value| {
        let name = key.text();
        let begins = path.strip_prefix(name.as_ref());
        if name.contains('.')
            && begins.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
            && best.is_none_or(|(length, _)| name.len() >= length)
        {
            best = Some((name.len(), value));
        }
    });
    let (length, value) = best?;
    match path.get(length + 1..) {
        None => Some(field_value(value)),
        Some(rest) => walk(value, rest),
    }
}

/// The raw value of an object's member: the last one of that name.
pub(crate) fn member<'a>(raw: &'a str, name: &str) -> Option<&'a str> {
    let mut found = None;
    for_each_member(raw, |key, value| {
        if key.raw == name || (key.escaped && key.text() == name) {
            found = Some(value);
        }
    });
    found
}

/// Calls `each` with the name and raw value of every member of the object `raw`.
pub(crate) fn for_each_member<'a>(raw: &'a str, mut each: impl FnMut(Key<'a>, &'a str)) {
    let mut scan = Scan::new(raw, 0, DEPTH);
    if scan.space() == Ok(b'{') {
        let _ = scan.members(|scan, key| {
            each(key, scan.value()?);
            Ok(())
        });
    }
}

/// Calls `each` with the raw value of every item of the array `raw`.
pub(crate) fn for_each_item<'a>(raw: &'a str, mut each: impl FnMut(&'a str)) {
    let mut scan = Scan::new(raw, 0, DEPTH);
    if scan.space() == Ok(b'[') {
        let _ = scan.items(|scan, _| -> Result<(), Fault> {
            each(scan.value()?);
            Ok(())
        });
    }
}

/// The text of a raw JSON string, when it is one.
pub(crate) fn string(raw: &str) -> Option<std::borrow::Cow<'_, str>> {
    raw.starts_with('"').then(|| Scan::new(raw, 0, DEPTH).string().ok().map(Key::text)).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn goes_through_objects_arrays_and_dotted_names() {
        let raw = r#"{"a":{"b":[{"c":1},{"c":[2,3]},{"d":4}]},"x.y":{"z":5},"n":null}"#;
        let int = |n| FieldValue::Int(n);
        assert_eq!(lookup(raw, "a.b.c"), Some(FieldValue::Array(vec![int(1), int(2), int(3)])));
        assert_eq!(lookup(raw, "x.y.z"), Some(int(5)));
        assert_eq!(lookup(raw, "n"), Some(FieldValue::Null));
        assert_eq!(lookup(raw, "a.q"), None);
        assert_eq!(lookup(raw, "n.q"), None);
        assert_eq!(lookup(raw, "A"), None);
    }
}
