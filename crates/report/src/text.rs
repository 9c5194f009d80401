//! The report's own words: numbers, times, names of verdicts and states.

mod names;
mod times;

use heptagon_model::{
    Answer, AnswerSet, EvidenceRef, Observed, Timestamp, Verdict, answer::ObservedWord,
};

pub(crate) use names::{
    STATES, VERDICTS, basis, problem_code, severity, state, verdict, verdict_meaning,
};
pub(crate) use times::{Piece, pieces, shortened};

/// Characters of one text shown before it is cut.
pub(crate) const TEXT_CHARS_MAX: usize = 2_000;
/// Characters of one record shown before it is cut; prompts can be long.
pub(crate) const RECORD_CHARS_MAX: usize = 8_000;
/// Characters of any other block of lines shown before it is cut.
pub(crate) const BLOCK_CHARS_MAX: usize = 200_000;

/// The text, cut when it is long, with its whole length said.
pub(crate) fn cut(text: &str, chars_max: usize) -> (&str, Option<String>) {
    if text.len() <= chars_max {
        return (text, None);
    }
    match text.char_indices().nth(chars_max) {
        None => (text, None),
        Some((at, _)) => {
            (&text[..at], Some(format!(" … (cut; {} in all)", bytes(text.len() as u64))))
        }
    }
}

/// The text cut to one line's width, for labels beside a chart.
pub(crate) fn label(text: &str, chars_max: usize) -> String {
    let mut chars = text.chars();
    let head: String = chars.by_ref().take(chars_max).collect();
    if chars.next().is_none() {
        return head;
    }
    let kept: String = head.chars().take(chars_max.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

/// `1,234,567`.
pub(crate) fn number(value: u64) -> String {
    let digits = value.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `1 record`, `2,000 records`.
pub(crate) fn count(value: u64, noun: &str) -> String {
    let many = match noun.strip_suffix('y') {
        _ if value == 1 => noun.to_owned(),
        Some(stem) => format!("{stem}ies"),
        None => format!("{noun}s"),
    };
    format!("{} {many}", number(value))
}

/// `1.4 MB`, in powers of ten.
pub(crate) fn bytes(value: u64) -> String {
    const UNITS: [(u64, &str); 4] =
        [(1_000_000_000_000, "TB"), (1_000_000_000, "GB"), (1_000_000, "MB"), (1_000, "kB")];
    for (size, unit) in UNITS {
        if value >= size {
            return format!("{}.{} {unit}", value / size, value % size / (size / 10));
        }
    }
    format!("{value} bytes")
}

/// `2026-05-07 19:43:51Z`, with a fraction only when there is one.
pub(crate) fn time(time: Timestamp) -> String {
    let text = time.to_string().replacen('T', " ", 1);
    let whole = text.trim_end_matches('Z');
    format!("{}Z", whole.strip_suffix(".000000").unwrap_or(whole))
}

/// `2026-05-07 19:43Z`.
pub(crate) fn minute(time: Timestamp) -> String {
    format!("{}Z", &time.to_string().replacen('T', " ", 1)[..16])
}

/// `2026-05-07 19:43Z to 2026-05-08 02:00Z`, or what is known of it.
pub(crate) fn span(from: Option<Timestamp>, to: Option<Timestamp>) -> String {
    match (from, to) {
        (Some(from), Some(to)) if from == to => time(from),
        (Some(from), Some(to)) => format!("{} to {}", time(from), time(to)),
        (Some(from), None) => format!("from {}", time(from)),
        (None, Some(to)) => format!("until {}", time(to)),
        (None, None) => "the whole window".to_owned(),
    }
}

/// `3 d 4 h`, `25 min`, the two largest units.
pub(crate) fn duration(from: Timestamp, to: Timestamp) -> String {
    let secs = (to.0.saturating_sub(from.0)).max(0) / 1_000_000;
    let parts =
        [(secs / 86_400, "d"), (secs / 3_600 % 24, "h"), (secs / 60 % 60, "min"), (secs % 60, "s")];
    let shown: Vec<String> = parts
        .iter()
        .skip_while(|(value, _)| *value == 0)
        .take(2)
        .filter(|(value, _)| *value > 0)
        .map(|(value, unit)| format!("{value} {unit}"))
        .collect();
    if shown.is_empty() { "0 s".to_owned() } else { shown.join(" ") }
}

/// How many verdicts there are of each kind, worst first, kinds without any left out.
pub(crate) fn verdict_counts<'a>(
    answers: impl IntoIterator<Item = &'a Answer>,
) -> Vec<(Verdict, u64)> {
    let mut counts = VERDICTS.map(|verdict| (verdict, 0));
    for answer in answers {
        for (verdict, count) in &mut counts {
            *count += u64::from(*verdict == answer.verdict);
        }
    }
    counts.into_iter().filter(|(_, count)| *count > 0).collect()
}

/// The report in one sentence or two.
pub(crate) fn headline(answers: &AnswerSet) -> String {
    let named = |verdict: Verdict| {
        let names: Vec<&str> = answers
            .elements
            .iter()
            .filter(|element| element.verdict == verdict)
            .map(|element| element.element.title())
            .collect();
        listed(&names)
    };
    let mut sentences = Vec::new();
    for (verdict, words) in [
        (Verdict::Confirmed, "Something adverse is confirmed in"),
        (Verdict::Indicated, "Records point to something adverse in"),
        (Verdict::CannotTell, "The evidence cannot tell about"),
        (Verdict::NotObserved, "Nothing adverse was observed, where it could have been, in"),
        (Verdict::NotApplicable, "The workload has nothing of"),
    ] {
        if let Some(names) = named(verdict) {
            sentences.push(format!("{words} {names}."));
        }
    }
    sentences.join(" ")
}

/// `a, b and c`.
pub(crate) fn listed(items: &[&str]) -> Option<String> {
    let (last, head) = items.split_last()?;
    Some(if head.is_empty() {
        (*last).to_owned()
    } else {
        format!("{} and {last}", head.join(", "))
    })
}

/// What was observed, in words; lists and statements are shown by the formats.
pub(crate) fn observed(observed: &Observed) -> String {
    match observed {
        Observed::Word(ObservedWord::Yes) => "observed: yes".to_owned(),
        Observed::Word(ObservedWord::No) => "observed: no".to_owned(),
        Observed::Word(ObservedWord::Unknown) => "observed: unknown".to_owned(),
        Observed::List(items) => format!("observed: {}", count(items.len() as u64, "item")),
        Observed::Attested(_) => "stated by a person".to_owned(),
    }
}

/// `high confidence · required · workload inferred`.
pub(crate) fn answer_meta(answer: &Answer) -> Vec<String> {
    let mut meta = vec![
        observed(&answer.observed),
        format!("{} confidence", answer.confidence.name()),
        if answer.required { "required".to_owned() } else { "supporting".to_owned() },
    ];
    if !answer.workload_basis.is_empty() {
        meta.push(format!("workload {}", answer.workload_basis));
    }
    meta
}

/// `9f31c2ab77e0d1f4:12`, the way commands take a reference.
pub(crate) fn reference(evidence: &EvidenceRef) -> String {
    format!("{}:{}", evidence.artifact, evidence.record)
}

/// The command that prints a record.
pub(crate) fn show_command(evidence: &EvidenceRef) -> String {
    format!("heptagon show {}", reference(evidence))
}

/// Prose with `code` in backticks, as (is code, text); an odd backtick stays as it is.
pub(crate) fn spans(text: &str) -> Vec<(bool, &str)> {
    let mut spans = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('`') {
        let Some((code, after)) = after.split_once('`') else { break };
        spans.push((false, before));
        spans.push((true, code));
        rest = after;
    }
    spans.push((false, rest));
    spans.retain(|(_, text)| !text.is_empty());
    spans
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped() {
        assert_eq!((number(0), number(999)), ("0".into(), "999".into()));
        assert_eq!((number(1_000), number(1_234_567)), ("1,000".into(), "1,234,567".into()));
        assert_eq!(count(1, "entry"), "1 entry");
        assert_eq!(count(2, "entry"), "2 entries");
        assert_eq!((bytes(999), bytes(1_450_000)), ("999 bytes".into(), "1.4 MB".into()));
    }

    #[test]
    fn times_are_short() {
        let at = |text| Timestamp::parse(text).unwrap();
        assert_eq!(time(at("2026-05-07T19:43:51Z")), "2026-05-07 19:43:51Z");
        assert_eq!(time(at("2026-05-07T19:43:51.5Z")), "2026-05-07 19:43:51.500000Z");
        assert_eq!(minute(at("2026-05-07T19:43:51Z")), "2026-05-07 19:43Z");
        assert_eq!(duration(at("2026-05-07"), at("2026-05-10T04:00:10Z")), "3 d 4 h");
        assert_eq!(duration(at("2026-05-07"), at("2026-05-07")), "0 s");
    }

    #[test]
    fn long_text_is_cut_with_its_length() {
        assert_eq!(cut("short", 10), ("short", None));
        let long = "é".repeat(20);
        let (head, note) = cut(&long, 10);
        assert_eq!(
            (head.chars().count(), note.as_deref()),
            (10, Some(" … (cut; 40 bytes in all)"))
        );
        assert_eq!(label("abcdef", 6), "abcdef");
        assert_eq!(label("abcdefg", 6), "abcde…");
    }

    #[test]
    fn backticks_mark_code() {
        assert_eq!(spans("run `a b` now"), [(false, "run "), (true, "a b"), (false, " now")]);
        assert_eq!(spans("odd ` one"), [(false, "odd ` one")]);
    }
}
