//! What an artifact's name says about content that does not say it itself.

/// What the name suggests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hint {
    /// Nothing.
    None,
    /// A model's input or output stored as an object of its own.
    Body,
    /// The object by which Bedrock checks its permission to write.
    Marker,
}

/// Members that log records have, as they stand in their text; in a body they could only stand
/// inside a string, where their quotes are escaped.
const LOG_MEMBERS: [&[u8]; 6] = [
    b"\"schemaType\"",
    b"\"eventVersion\"",
    b"\"eventSource\"",
    b"\"Records\"",
    b"\"CloudTrailEvent\"",
    b"\"heptagon_truth\"",
];

impl Hint {
    pub(crate) fn of(uri: &str) -> Hint {
        let name = uri.rsplit(['/', '!', '\\']).next().unwrap_or(uri);
        let stem = name.trim_end_matches(".gz").trim_end_matches(".zst");
        if stem == "amazon-bedrock-logs-permission-check" {
            return Hint::Marker;
        }
        let base = stem.rsplit_once('.').map_or(stem, |(base, _)| base);
        if base.ends_with("_input") || base.ends_with("_output") { Hint::Body } else { Hint::None }
    }

    /// Whether the content agrees with the name: it has no log record's members.
    pub(crate) fn applies(self, head: &[u8]) -> bool {
        self != Hint::None
            && !LOG_MEMBERS.iter().any(|name| memchr::memmem::find(head, name).is_some())
            && (self == Hint::Marker || !head.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_names() {
        for (uri, hint) in [
            ("a/data/1b2c_input.json.gz", Hint::Body),
            ("logs.zip!data/1b2c_output.json", Hint::Body),
            ("x/amazon-bedrock-logs-permission-check", Hint::Marker),
            ("x/20260101T000000000Z_0123.json.gz", Hint::None),
            ("my_input", Hint::Body),
        ] {
            assert_eq!(Hint::of(uri), hint, "{uri}");
        }
        assert!(Hint::Body.applies(br#"{"prompt":"explain \"eventVersion\""}"#));
        assert!(!Hint::Body.applies(br#"{"schemaType":"ModelInvocationLog"}"#));
    }
}
