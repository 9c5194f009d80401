//! What a record must have for a rule to match: always less than the rule wants, never more.

use std::collections::BTreeSet;

use ipnet::IpNet;
use rsigma_eval::CompiledMatcher;
use rsigma_eval::matcher::GroupMode;

use super::expr::{Expr, LeafKind};
use super::lookup::{FieldId, Paths};
use super::texts::Test;

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
    /// A text that is an address in this network.
    Network(IpNet),
    /// A text that is this.
    Exact(String),
    /// A text that begins with this.
    StartsWith(String),
    /// A text that ends with this.
    EndsWith(String),
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
            Expr::Leaf(leaf) => match &leaf.kind {
                LeafKind::Field(id, test) if *id == field => exact_texts(&test.matcher),
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
            Expr::Leaf(leaf) => match &leaf.kind {
                LeafKind::Exists(field, true) => Some(vec![present(*field)]),
                LeafKind::Exists(_, false)
                | LeafKind::Field(_, Test { matcher: CompiledMatcher::Null, .. }) => None,
                LeafKind::Field(field, Test { matcher, .. }) => Some(texts(matcher).map_or_else(
                    || vec![present(*field)],
                    |kinds| {
                        kinds.into_iter().map(|kind| Need { field: Some(*field), kind }).collect()
                    },
                )),
                LeafKind::Keyword(matcher) => Some(
                    texts(matcher)?.into_iter().map(|kind| Need { field: None, kind }).collect(),
                ),
                LeafKind::Array(_, field) => Some(vec![present((*field)?)]),
            },
        }
    }
}

fn present(field: FieldId) -> Need {
    Need { field: Some(field), kind: NeedKind::Present }
}

/// What it costs to look for these: fetching the fields, and evaluating the rule for every record
/// that has one of them. In no unit, for comparing only.
fn cost(needs: &[Need], paths: &Paths) -> u64 {
    needs
        .iter()
        .map(|need| {
            let path = need.field.map(|field| paths.path(field));
            let fetch = match path {
                None => 1_000,
                Some(path) if is_inside_raw(path) => 30,
                Some(_) => 1,
            };
            fetch + found(path.unwrap_or_default(), &need.kind)
        })
        .sum()
}

/// How many records in a thousand, about, have it.
fn found(path: &str, kind: &NeedKind) -> u64 {
    // What nearly every record has tells nothing.
    let is_common = |text: &str| {
        matches!(
            text,
            "assumedrole"
                | "awsservice"
                | "iamuser"
                | "role"
                | "awsapicall"
                | "management"
                | "true"
                | "false"
                | "akia"
                | "asia"
                | "aws"
                | "arn:"
                | "amazonaws.com"
        ) || text.starts_with("arn:aws")
            || text.starts_with(":assumed-role")
            || text.starts_with("aws-cli")
            || text.starts_with("mozilla")
    };
    match kind {
        NeedKind::Exact(text)
        | NeedKind::StartsWith(text)
        | NeedKind::EndsWith(text)
        | NeedKind::Contains(text)
            if is_common(text) =>
        {
            300
        }
        NeedKind::Exact(_) => 1,
        NeedKind::StartsWith(needle) | NeedKind::EndsWith(needle) | NeedKind::Contains(needle) => {
            2 + 60 / needle.len().max(1) as u64
        }
        NeedKind::Network(_) => 20,
        NeedKind::Present => match path {
            "errorCode" | "errorMessage" | "vpcEndpointId" | "sharedEventId" => 100,
            path if path.contains('.') && !path.starts_with("userIdentity.") => 50,
            _ => 900,
        },
    }
}

/// Whether the record has to be read further for a field: parts that are kept as raw JSON.
pub(super) fn is_inside_raw(path: &str) -> bool {
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
    let one = |needle: &str, build: fn(String) -> NeedKind| {
        (!needle.is_empty()).then(|| vec![build(needle.to_lowercase())])
    };
    let contains = |needle: &str| one(needle, NeedKind::Contains);
    match matcher {
        CompiledMatcher::Exact { value, .. } => Some(vec![NeedKind::Exact(value.to_lowercase())]),
        CompiledMatcher::Contains { value, .. } => contains(value),
        CompiledMatcher::StartsWith { value, .. } => one(value, NeedKind::StartsWith),
        CompiledMatcher::EndsWith { value, .. } => one(value, NeedKind::EndsWith),
        CompiledMatcher::AhoCorasickSet { needles, .. } => {
            let mut all = Vec::new();
            for needle in needles {
                all.append(&mut contains(needle)?);
            }
            Some(all)
        }
        CompiledMatcher::Cidr(network) => Some(vec![NeedKind::Network(*network)]),
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
            // One text must satisfy all of them: any of them is a need.
            parts
                .iter()
                .filter_map(texts)
                .min_by_key(|kinds| kinds.iter().map(|kind| found("", kind)).sum::<u64>())
        }
        _ => None,
    }
}

/// The longest literal that every match of a regular expression contains, for expressions made of
/// literals, `.`, classes and repetitions; `None` for those with groups, choices or flags within.
fn literal_of(pattern: &str) -> Option<String> {
    let mut rest = pattern.strip_prefix("(?i)").unwrap_or(pattern);
    let mut longest = String::new();
    let mut current = String::new();
    while let Some(first) = rest.chars().next() {
        let (literal, length) = match first {
            '\\' => match rest[1..].chars().next()? {
                escaped if escaped.is_ascii_punctuation() => (Some(escaped), 2),
                'd' | 'w' | 's' | 'D' | 'W' | 'S' => (None, 2),
                _ => return None,
            },
            '[' => (None, class_length(rest)?),
            '.' | '^' | '$' => (None, 1),
            '*' | '+' | '?' | '(' | ')' | ']' | '{' | '}' | '|' => return None,
            plain if plain.is_ascii() => (Some(plain), 1),
            // Case folding beyond ASCII is not what lower case is.
            _ => return None,
        };
        rest = &rest[length..];
        // A repetition may make what it follows optional, and what follows it stand apart.
        let repeated = rest.trim_start_matches(['*', '+', '?']);
        let repeated = match repeated.strip_prefix('{') {
            Some(bounds) => bounds.split_once('}')?.1.trim_start_matches('?'),
            None => repeated,
        };
        match literal {
            Some(literal) if repeated.len() == rest.len() => current.push(literal),
            _ => current.clear(),
        }
        rest = repeated;
        if current.len() > longest.len() {
            longest.clone_from(&current);
        }
    }
    (!longest.is_empty()).then_some(longest)
}

/// The length of a class `[...]` without classes inside.
fn class_length(text: &str) -> Option<usize> {
    let inside = text.strip_prefix("[^").or_else(|| text.strip_prefix('['))?;
    // A bracket that comes first stands for itself.
    let skipped = usize::from(inside.starts_with(']'));
    let end = skipped + inside[skipped..].find(['[', ']', '\\', '&', '~'])?;
    inside[end..].starts_with(']').then(|| text.len() - inside.len() + end + 1)
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
            ("abc?", "ab"),
            ("xy*abc", "abc"),
            (":assumed-role/[^/]+/i-[0-9a-f]{8,17}$", ":assumed-role/"),
            ("^[]x]long\\d+er$", "long"),
            ("a{2}bc", "bc"),
        ];
        for (pattern, literal) in known {
            assert_eq!(literal_of(pattern).as_deref(), Some(literal), "{pattern}");
        }
        for pattern in [
            "^.*$",
            "a|b",
            "(abc)",
            "[ab]",
            "\\d+",
            "(?x)a b",
            "(?s)ab",
            "ſ",
            "a?",
            "\\bab",
            "[[:alpha:]]ab",
            "[a&&b]cd",
            "\\x41b",
            "a{2",
        ] {
            assert_eq!(literal_of(pattern), None, "{pattern}");
        }
    }
}
