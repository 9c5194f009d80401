//! Text from evidence, made fit for a sentence.

const CHARS_MAX: usize = 200;

/// Control characters escaped, cut at 200 characters.
pub(crate) fn inert(text: &str) -> String {
    let mut out = String::with_capacity(text.len().min(CHARS_MAX));
    for (count, c) in text.chars().enumerate() {
        if count == CHARS_MAX {
            out.push('…');
            break;
        }
        if c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
        {
            out.extend(c.escape_unicode());
        } else {
            out.push(c);
        }
    }
    out
}

/// `s3` of `s3.amazonaws.com`.
pub(crate) fn service(event_source: &str) -> &str {
    event_source.strip_suffix(".amazonaws.com").unwrap_or(event_source)
}

/// `1 call`, `2 calls`.
pub(crate) fn count(number: u64, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

/// `a, b, c and 4 more`.
pub(crate) fn some<S: AsRef<str>>(items: &[S], show: usize) -> String {
    let shown: Vec<&str> = items.iter().take(show).map(AsRef::as_ref).collect();
    match items.len().saturating_sub(show) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_from_evidence_is_inert_and_bounded() {
        assert_eq!(inert("a\u{1b}[31mb\nc"), "a\\u{1b}[31mb\\u{a}c");
        assert_eq!(inert("x\u{202e}y"), "x\\u{202e}y");
        assert_eq!(inert(&"é".repeat(500)).chars().count(), 201);
    }

    #[test]
    fn lists_are_cut() {
        assert_eq!(some(&["a", "b"], 3), "a, b");
        assert_eq!(some(&["a", "b", "c", "d"], 2), "a, b and 2 more");
        assert_eq!((count(1, "call"), count(0, "call")), ("1 call".into(), "0 calls".into()));
    }
}
