//! What the tests of this crate share.

use heptagon_model::{Limits, Severity};

use crate::{Record, RecordMeta, RecordProblem, Sink, parse_all};

/// Everything handed over, as comparable text.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) records: Vec<(RecordMeta, String)>,
    pub(crate) notices: Vec<(RecordMeta, String)>,
    pub(crate) problems: Vec<RecordProblem>,
}

impl Found {
    /// Whether every ordinal was given exactly once.
    pub(crate) fn balances(&self, records: u64) -> bool {
        let lost = self.problems.iter().filter(|problem| problem.severity == Severity::Lost);
        let mut ordinals: Vec<u64> = self
            .records
            .iter()
            .chain(&self.notices)
            .map(|(meta, _)| meta.ordinal)
            .chain(lost.filter_map(|problem| problem.ordinal))
            .collect();
        ordinals.sort_unstable();
        ordinals.into_iter().eq(0..records)
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

/// Calls `look` with the one record in `json`.
pub(crate) fn first_record(json: &str, limits: &Limits, look: impl FnMut(&Record<'_>)) {
    struct Look<F>(F, u32);
    impl<F: FnMut(&Record<'_>)> Sink for Look<F> {
        fn record(&mut self, _: &RecordMeta, record: &Record<'_>) {
            self.1 += 1;
            (self.0)(record);
        }
        fn notice(&mut self, _: &RecordMeta, reason: &str) {
            panic!("notice {reason}");
        }
        fn problem(&mut self, problem: RecordProblem) {
            panic!("{problem:?} in {json}", json = "the record");
        }
    }
    let mut sink = Look(look, 0);
    parse_all(json.as_bytes(), limits, &mut sink);
    assert_eq!(sink.1, 1, "{json}");
}
