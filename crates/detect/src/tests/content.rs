//! Our own rules, held against their fixtures by the real parser.

use heptagon_content::ContentFile;
use heptagon_model::{Fields, Limits, RuleKind};
use heptagon_parse::{Record, RecordMeta, RecordProblem, Sink, parse_all};

use super::record::file;
use crate::rules::RuleFile;
use crate::{RuleSet, fixtures, lint};

/// Shows the records in a text to `each`.
pub(super) fn parse(text: &str, each: &mut dyn FnMut(&dyn Fields)) {
    struct Each<'e>(&'e mut dyn FnMut(&dyn Fields));
    impl Sink for Each<'_> {
        fn record(&mut self, _: &RecordMeta, record: &Record<'_>) {
            (self.0)(record.fields());
        }
        fn notice(&mut self, _: &RecordMeta, _: &str) {}
        fn problem(&mut self, _: RecordProblem) {}
    }
    parse_all(text.as_bytes(), &Limits::DEFAULT, &mut Each(each));
}

pub(super) fn files(content: Vec<ContentFile>) -> Vec<RuleFile> {
    content.into_iter().map(|found| file(found.path, found.text)).collect()
}

#[test]
fn own_rules_load_without_faults() {
    let (rules, faults) = RuleSet::load(&files(heptagon_content::rules()));
    assert_eq!(faults, []);
    assert_eq!(rules.not_applicable(), []);
    assert!(rules.rules().len() >= 45);
}

#[test]
fn own_rules_are_complete() {
    let faults =
        lint::own_pack(&files(heptagon_content::rules()), &files(heptagon_content::fixtures()));
    let lines: Vec<String> =
        faults.iter().map(|f| format!("{} {}: {}", f.path, f.code, f.message)).collect();
    assert_eq!(lines, Vec::<String>::new());
}

#[test]
fn own_fixtures_pass() {
    let (rules, _) = RuleSet::load(&files(heptagon_content::rules()));
    let outcomes = fixtures::run(&rules, &files(heptagon_content::fixtures()), &parse);
    let failed: Vec<String> = outcomes
        .iter()
        .filter(|outcome| !outcome.passed)
        .map(|o| format!("{} {:?}: {}", o.path, o.fixture, o.reason))
        .collect();
    assert_eq!(failed, Vec::<String>::new());
    assert!(outcomes.len() >= 2 * rules.rules().len());
}

/// A rule whose event name is exact must be found by it, or it costs on every record.
#[test]
fn own_rules_are_indexed() {
    let (rules, _) = RuleSet::load(&files(heptagon_content::rules()));
    let n_events = rules.rules().iter().filter(|info| info.kind == RuleKind::Event).count();
    let (pairs, rest) = rules.matcher().spread();
    assert!(pairs * 10 >= n_events * 7, "{pairs} of {n_events} by source and name, {rest} by none");
}
