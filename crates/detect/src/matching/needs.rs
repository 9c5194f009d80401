//! What a record must have for a rule to match: always less than the rule wants, never more.

use std::collections::BTreeSet;

use rsigma_eval::CompiledMatcher;
use rsigma_eval::matcher::GroupMode;

use super::expr::{Expr, Leaf};
use super::lookup::{FieldId, Paths};

/// One thing a record may have.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Need {
    /// The field; `None` is any text of the record.
    pub(super) field: Option<FieldId>,
    pub(super) kind: NeedKind,
}

/// What the field must have. Texts are in lower case and compared without regard to ASCII case.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum NeedKind {
    /// A text that is this.
    Exact(String),
    /// A text that contains this.
    Contains(String),
    /// Anything, even null.
    Present,
}

impl Expr {
    /// The values one of which a field must have (in lower case); `None` when it may have others.
    pub(super) fn exact_values(&self, field: FieldId) -> Option<BTreeSet<String>> {
        match self {
            Expr::Const(false) => Some(BTreeSet::new()),
            Expr::Const(true) | Expr::Not(_) | Expr::AtLeast(0, _) => None,
            Expr::All(parts) => parts
                .iter()
                .filter_map(|part| part.exact_values(field))
                .reduce(|a, b| a.intersection(&b).cloned().collect()),
            Expr::Any(parts) | Expr::AtLeast(_, parts) => {
                let mut union = BTreeSet::new();
                for part in parts {
                    union.append(&mut part.exact_values(field)?);
                }
                Some(union)
            }
            Expr::Leaf(leaf) => match &**leaf {
                Leaf::Field(id, matcher) if *id == field => exact_texts(matcher),
                _ => None,
            },
        }
    }

    /// Things of which a record must have at least one; `None` when there is no telling.
    pub(super) fn needs(&self, paths: &Paths) -> Option<Vec<Need>> {
        match self {
            Expr::Const(false) => Some(Vec::new()),
            Expr::Const(true) | Expr::Not(_) | Expr::AtLeast(0, _) => None,
            Expr::All(parts) => parts
                .iter()
                .filter_map(|part| part.needs(paths))
                .min_by_key(|needs| cost(needs, paths)),
            Expr::Any(parts) | Expr::AtLeast(_, parts) => {
                let mut union = Vec::new();
                for part in parts {
                    union.append(&mut part.needs(paths)?);
                }
                union.sort_unstable();
                union.dedup();
                Some(union)
            }
            Expr::Leaf(leaf) => match &**leaf {
                Leaf::Exists(field, true) => Some(vec![present(*field)]),
                Leaf::Exists(_, false) | Leaf::Field(_, CompiledMatcher::Null) => None,
                Leaf::Field(field, matcher) => Some(texts(matcher).map_or_else(
                    || vec![present(*field)],
                    |kinds| {
                        kinds.into_iter().map(|kind| Need { field: Some(*field), kind }).collect()
                    },
                )),
                Leaf::Keyword(matcher) => Some(
                    texts(matcher)?.into_iter().map(|kind| Need { field: None, kind }).collect(),
                ),
                Leaf::Array(_, field) => Some(vec![present((*field)?)]),
            },
        }
    }
}

fn present(field: FieldId) -> Need {
    Need { field: Some(field), kind: NeedKind::Present }
}

/// What it costs to look for these: fetching the fields, and evaluating the rule when one is found.
fn cost(needs: &[Need], paths: &Paths) -> u64 {
    needs
        .iter()
        .map(|need| {
            let fetch = match need.field {
                None => 1_000,
                Some(field) if is_inside_raw(paths.path(field)) => 30,
                Some(_) => 1,
            };
            let found = match &need.kind {
                NeedKind::Exact(_) => 1,
                NeedKind::Contains(needle) => 12 / needle.len().clamp(1, 12) as u64 + 2,
                NeedKind::Present => 50,
            };
            fetch + found
        })
        .sum()
}

/// Whether the record has to be read further for a field: parts that are kept as raw JSON.
fn is_inside_raw(path: &str) -> bool {
    let root = path.split(['.', '[']).next().unwrap_or(path);
    matches!(
        root,
        "requestParameters"
            | "responseElements"
            | "additionalEventData"
            | "serviceEventDetails"
            | "resources"
            | "tlsDetails"
            | "insightDetails"
            | "input"
            | "output"
            | "requestMetadata"
    )
}

/// The texts one of which the matcher wants, in lower case.
fn exact_texts(matcher: &CompiledMatcher) -> Option<BTreeSet<String>> {
    match matcher {
        CompiledMatcher::Exact { value, .. } => Some(BTreeSet::from([value.to_lowercase()])),
        CompiledMatcher::AnyOf(parts)
        | CompiledMatcher::CaseInsensitiveGroup { children: parts, mode: GroupMode::Any } => {
            let mut union = BTreeSet::new();
            for part in parts {
                union.append(&mut exact_texts(part)?);
            }
            Some(union)
        }
        CompiledMatcher::AllOf(parts)
        | CompiledMatcher::CaseInsensitiveGroup { children: parts, mode: GroupMode::All } => {
            parts.iter().find_map(exact_texts)
        }
        _ => None,
    }
}

/// What a text must have for the matcher to match it, as far as ASCII texts go; `None` when
/// nothing is known.
fn texts(matcher: &CompiledMatcher) -> Option<Vec<NeedKind>> {
    let contains = |needle: &str| {
        (!needle.is_empty()).then(|| vec![NeedKind::Contains(needle.to_lowercase())])
    };
    match matcher {
        CompiledMatcher::Exact { value, .. } => Some(vec![NeedKind::Exact(value.to_lowercase())]),
        CompiledMatcher::Contains { value, .. }
        | CompiledMatcher::StartsWith { value, .. }
        | CompiledMatcher::EndsWith { value, .. } => contains(value),
        CompiledMatcher::AhoCorasickSet { needles, .. } => {
            let mut all = Vec::new();
            for needle in needles {
                all.append(&mut contains(needle)?);
            }
            Some(all)
        }
        CompiledMatcher::Regex(regex) => contains(&literal_of(regex.as_str())?),
        CompiledMatcher::BoolEq(truth) => {
            let words = if *truth { ["true", "1", "yes"] } else { ["false", "0", "no"] };
            Some(words.map(|word| NeedKind::Exact(word.to_owned())).to_vec())
        }
        CompiledMatcher::AnyOf(parts)
        | CompiledMatcher::CaseInsensitiveGroup { children: parts, mode: GroupMode::Any } => {
            let mut all = Vec::new();
            for part in parts {
                all.append(&mut texts(part)?);
            }
            Some(all)
        }
        CompiledMatcher::AllOf(parts)
        | CompiledMatcher::CaseInsensitiveGroup { children: parts, mode: GroupMode::All } => {
            // One text must satisfy all of them: the longest is the rarest.
            parts.iter().filter_map(texts).min_by_key(|kinds| {
                kinds
                    .iter()
                    .map(|kind| match kind {
                        NeedKind::Exact(_) => 1,
                        NeedKind::Contains(needle) => 2 + 100 / needle.len(),
                        NeedKind::Present => 1_000,
                    })
                    .sum::<usize>()
            })
        }
        _ => None,
    }
}

/// The longest literal that every match of a regular expression contains, for expressions made of
/// nothing but literals, `.` and `.*` (as wildcards become); `None` for all others.
fn literal_of(pattern: &str) -> Option<String> {
    let pattern = pattern.strip_prefix("(?i)").unwrap_or(pattern);
    let pattern = pattern.strip_prefix('^').unwrap_or(pattern);
    let mut longest = String::new();
    let mut current = String::new();
    let mut characters = pattern.chars().peekable();
    while let Some(character) = characters.next() {
        let literal = match character {
            '\\' => match characters.next()? {
                escaped if escaped.is_ascii_punctuation() => Some(escaped),
                _ => return None,
            },
            '.' => {
                if characters.peek() == Some(&'*') {
                    characters.next();
                }
                None
            }
            '$' if characters.peek().is_none() => None,
            '*' | '+' | '?' | '(' | ')' | '[' | ']' | '{' | '}' | '|' | '^' | '$' => return None,
            plain if plain.is_ascii() => Some(plain),
            // Case folding beyond ASCII is not what lower case is.
            _ => return None,
        };
        // A repetition makes the literal before it optional.
        if literal.is_some() && matches!(characters.peek(), Some('*' | '+' | '?' | '{')) {
            return None;
        }
        match literal {
            Some(literal) => current.push(literal),
            None => current.clear(),
        }
        if current.len() > longest.len() {
            longest.clone_from(&current);
        }
    }
    (!longest.is_empty()).then_some(longest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_of_wildcards_are_known_and_of_other_expressions_not() {
        let known = [
            ("(?i)^Delete.*$", "Delete"),
            ("(?i)^.*amazonaws\\.com$", "amazonaws.com"),
            ("^a.bcd.*e$", "bcd"),
            ("abc", "abc"),
        ];
        for (pattern, literal) in known {
            assert_eq!(literal_of(pattern).as_deref(), Some(literal), "{pattern}");
        }
        for pattern in [
            "^.*$", "a|b", "abc?", "ab*c", "(abc)", "[ab]c", "\\d+", "a{2}", "(?x)a b", "ſ", "a.?b",
        ] {
            assert_eq!(literal_of(pattern), None, "{pattern}");
        }
    }
}
