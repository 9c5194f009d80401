//! The commonest tests of a text, without allocating.
//!
//! `rsigma` makes a lower-case copy of a text for every test that ignores case. For ASCII texts,
//! which nearly all are, comparing byte by byte says the same.

use heptagon_model::Fields;
use memchr::memchr2_iter;
use rsigma_eval::matcher::GroupMode;
use rsigma_eval::{CompiledMatcher, EventValue};

use super::event::RecordEvent;

/// Needles of one test that are searched for one by one.
const NEEDLES_MAX: usize = 8;

/// A matcher, with its tests for ASCII texts where it is one of the common ones.
#[derive(Debug)]
pub(super) struct Test {
    pub(super) matcher: CompiledMatcher,
    texts: Option<Vec<TextTest>>,
}

/// A test of an ASCII text; the needle is ASCII in lower case.
#[derive(Debug)]
enum TextTest {
    Is(Box<str>),
    StartsWith(Box<str>),
    EndsWith(Box<str>),
    Contains(Box<str>),
}

impl Test {
    pub(super) fn new(matcher: CompiledMatcher) -> Test {
        Test { texts: text_tests(&matcher), matcher }
    }

    /// What it costs to hold a fetched value against it, roughly, for comparing only.
    pub(super) fn cost(&self) -> u32 {
        match (&self.texts, &self.matcher) {
            (Some(tests), _) => 1 + tests.len() as u32,
            (None, CompiledMatcher::Regex(_) | CompiledMatcher::RegexSetMatch { .. }) => 20,
            (None, _) => 8,
        }
    }

    /// Whether a value matches.
    pub(super) fn matches<F: Fields + ?Sized>(
        &self,
        value: &EventValue<'_>,
        event: &RecordEvent<'_, F>,
    ) -> bool {
        if let Some(tests) = &self.texts
            && let EventValue::Str(text) = value
            && text.is_ascii()
        {
            return tests.iter().any(|test| test.matches(text.as_bytes()));
        }
        self.matcher.matches(value, event)
    }
}

impl TextTest {
    fn matches(&self, text: &[u8]) -> bool {
        match self {
            TextTest::Is(needle) => text.eq_ignore_ascii_case(needle.as_bytes()),
            TextTest::StartsWith(needle) => text
                .get(..needle.len())
                .is_some_and(|head| head.eq_ignore_ascii_case(needle.as_bytes())),
            TextTest::EndsWith(needle) => text
                .len()
                .checked_sub(needle.len())
                .is_some_and(|at| text[at..].eq_ignore_ascii_case(needle.as_bytes())),
            TextTest::Contains(needle) => contains(text, needle.as_bytes()),
        }
    }
}

fn contains(text: &[u8], needle: &[u8]) -> bool {
    let Some((first, rest)) = needle.split_first() else { return true };
    let Some(last_start) = text.len().checked_sub(needle.len()) else { return false };
    memchr2_iter(*first, first.to_ascii_uppercase(), &text[..=last_start])
        .any(|at| text[at + 1..=at + rest.len()].eq_ignore_ascii_case(rest))
}

/// The tests any of which an ASCII text must pass; `None` when the matcher is another kind.
fn text_tests(matcher: &CompiledMatcher) -> Option<Vec<TextTest>> {
    // What has a letter beyond ASCII is in no ASCII text.
    let test = |needle: &str, build: fn(Box<str>) -> TextTest| {
        let is_possible = needle.is_ascii();
        Some(is_possible.then(|| build(needle.into())).into_iter().collect())
    };
    match matcher {
        CompiledMatcher::Exact { value, case_insensitive: true } => test(value, TextTest::Is),
        CompiledMatcher::StartsWith { value, case_insensitive: true } => {
            test(value, TextTest::StartsWith)
        }
        CompiledMatcher::EndsWith { value, case_insensitive: true } => {
            test(value, TextTest::EndsWith)
        }
        CompiledMatcher::Contains { value, case_insensitive: true } => {
            test(value, TextTest::Contains)
        }
        CompiledMatcher::AhoCorasickSet { needles, case_insensitive: true, .. }
            if needles.len() <= NEEDLES_MAX =>
        {
            let mut all = Vec::new();
            for needle in needles {
                all.append(&mut test(needle, TextTest::Contains)?);
            }
            Some(all)
        }
        CompiledMatcher::AnyOf(parts)
        | CompiledMatcher::CaseInsensitiveGroup { children: parts, mode: GroupMode::Any } => {
            let mut all = Vec::new();
            for part in parts {
                all.append(&mut text_tests(part)?);
            }
            Some(all)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn searching_agrees_with_lower_case_copies(text in "[aAbB:]{0,12}", needle in "[ab:]{0,4}") {
            let lower = text.to_lowercase();
            let by = |test: fn(Box<str>) -> TextTest| {
                test(needle.as_str().into()).matches(text.as_bytes())
            };
            proptest::prop_assert_eq!(by(TextTest::Is), lower == needle);
            proptest::prop_assert_eq!(by(TextTest::Contains), lower.contains(&needle));
            proptest::prop_assert_eq!(by(TextTest::StartsWith), lower.starts_with(&needle));
            proptest::prop_assert_eq!(by(TextTest::EndsWith), lower.ends_with(&needle));
        }
    }
}
