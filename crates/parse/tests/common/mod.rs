//! A sink that keeps everything as comparable text.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used)]

use heptagon_model::{Limits, Severity};
use heptagon_parse::{ContentKind, End, Parser, Record, RecordMeta, RecordProblem, Sink};

#[derive(Debug, Default, PartialEq, Eq, Clone)]
pub struct Found {
    pub records: Vec<(RecordMeta, String)>,
    pub notices: Vec<(RecordMeta, String)>,
    pub problems: Vec<RecordProblem>,
}

impl Found {
    /// Asserts that every ordinal was given exactly once, and warnings only to records.
    pub fn assert_balanced(&self, records: u64) {
        let lost = self.problems.iter().filter(|problem| problem.severity == Severity::Lost);
        let mut ordinals: Vec<u64> = self
            .records
            .iter()
            .chain(&self.notices)
            .map(|(meta, _)| meta.ordinal)
            .chain(lost.map(|problem| problem.ordinal.expect("a lost record has an ordinal")))
            .collect();
        ordinals.sort_unstable();
        assert!(ordinals.iter().copied().eq(0..records), "{ordinals:?} of {records}: {self:#?}");
        for warning in self.problems.iter().filter(|p| p.severity == Severity::Warning) {
            if let Some(ordinal) = warning.ordinal {
                assert!(
                    self.records.iter().any(|(meta, _)| meta.ordinal == ordinal),
                    "{warning:?}"
                );
            }
        }
    }
}

impl Sink for Found {
    fn record(&mut self, meta: &RecordMeta, record: &Record<'_>) {
        self.records.push((*meta, record.fields().to_json().to_string()));
    }

    fn notice(&mut self, meta: &RecordMeta, reason: &str) {
        self.notices.push((*meta, reason.to_owned()));
    }

    fn problem(&mut self, problem: RecordProblem) {
        self.problems.push(problem);
    }
}

/// Everything in content given as a whole.
pub fn whole(bytes: &[u8], limits: &Limits) -> (Found, ContentKind) {
    named(bytes, "", limits)
}

/// Everything in content given as a whole, with the artifact's name.
pub fn named(bytes: &[u8], uri: &str, limits: &Limits) -> (Found, ContentKind) {
    let mut found = Found::default();
    let mut parser = Parser::new(limits).with_name_hint(uri);
    assert_eq!(parser.feed(bytes, End::Eof, &mut found), bytes.len());
    found.assert_balanced(parser.records());
    (found, parser.kind())
}

/// Everything in content given in pieces whose sizes `next` chooses.
pub fn pieces(
    bytes: &[u8],
    limits: &Limits,
    mut next: impl FnMut() -> usize,
) -> (Found, ContentKind) {
    let mut found = Found::default();
    let mut parser = Parser::new(limits);
    let (mut start, mut end) = (0, 0);
    loop {
        end = bytes.len().min(end + next().max(1));
        if end == bytes.len() {
            assert_eq!(parser.feed(&bytes[start..], End::Eof, &mut found), end - start);
            found.assert_balanced(parser.records());
            return (found, parser.kind());
        }
        let consumed = parser.feed(&bytes[start..end], End::More, &mut found);
        assert!(consumed <= end - start);
        start += consumed;
    }
}
