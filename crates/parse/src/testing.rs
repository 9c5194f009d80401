//! What the tests of this crate share.

use heptagon_model::Limits;

use crate::{Record, RecordMeta, RecordProblem, Sink, parse_all};

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
            panic!("{problem:?}");
        }
    }
    let mut sink = Look(look, 0);
    parse_all(json.as_bytes(), limits, &mut sink);
    assert_eq!(sink.1, 1, "{json}");
}
