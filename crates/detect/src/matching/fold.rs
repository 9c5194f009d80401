//! A rule's expression for records whose source and name are known: what those decide is decided
//! once, when the index is built.

use rsigma_eval::CompiledMatcher;
use rsigma_eval::matcher::GroupMode;

use super::expr::{Expr, LeafKind};
use super::lookup::FieldId;

/// Fields whose value is known: ASCII, not empty, in lower case (the records' case may differ).
pub(super) type Known<'a> = &'a [(FieldId, &'a str)];

impl Expr {
    /// The expression with everything decided that the known fields decide.
    pub(super) fn fold(&self, known: Known<'_>) -> Expr {
        match self {
            Expr::Const(truth) => Expr::Const(*truth),
            Expr::Not(inner) => match inner.fold(known) {
                Expr::Const(truth) => Expr::Const(!truth),
                inner => Expr::Not(Box::new(inner)),
            },
            Expr::All(parts) => join(parts, known, false, Expr::All),
            Expr::Any(parts) => join(parts, known, true, Expr::Any),
            Expr::AtLeast(wanted, parts) => {
                let mut missing = *wanted;
                let mut open = Vec::new();
                for part in parts {
                    match part.fold(known) {
                        Expr::Const(true) => missing = missing.saturating_sub(1),
                        Expr::Const(false) => {}
                        part => open.push(part),
                    }
                }
                match missing {
                    0 => Expr::Const(true),
                    missing if missing > open.len() as u64 => Expr::Const(false),
                    missing => Expr::AtLeast(missing, open),
                }
            }
            Expr::Leaf(leaf) => match leaf.kind.decide(known) {
                Some(truth) => Expr::Const(truth),
                None => self.clone(),
            },
        }
    }
}

/// `All` or `Any` of what is open; `decisive` is the truth of one part that decides the whole.
fn join(
    parts: &[Expr],
    known: Known<'_>,
    decisive: bool,
    build: impl FnOnce(Vec<Expr>) -> Expr,
) -> Expr {
    let mut open = Vec::new();
    for part in parts {
        match part.fold(known) {
            Expr::Const(truth) if truth == decisive => return Expr::Const(decisive),
            Expr::Const(_) => {}
            part => open.push(part),
        }
    }
    match open.len() {
        0 => Expr::Const(!decisive),
        1 => open.swap_remove(0),
        _ => build(open),
    }
}

impl LeafKind {
    fn decide(&self, known: Known<'_>) -> Option<bool> {
        let value_of = |field: &FieldId| known.iter().find(|(id, _)| id == field).map(|(_, v)| *v);
        match self {
            LeafKind::Exists(field, wanted) => value_of(field).map(|_| *wanted),
            LeafKind::Field(field, test) => decide(&test.matcher, value_of(field)?),
            LeafKind::Keyword(_) | LeafKind::Array(..) => None,
        }
    }
}

/// Whether a matcher matches a text of which only the lower case is known; `None` if its case, or
/// something else, matters.
fn decide(matcher: &CompiledMatcher, lower: &str) -> Option<bool> {
    match matcher {
        CompiledMatcher::Exact { value, case_insensitive: true } => Some(lower == value),
        CompiledMatcher::Contains { value, case_insensitive: true } => {
            Some(lower.contains(value.as_str()))
        }
        CompiledMatcher::StartsWith { value, case_insensitive: true } => {
            Some(lower.starts_with(value.as_str()))
        }
        CompiledMatcher::EndsWith { value, case_insensitive: true } => {
            Some(lower.ends_with(value.as_str()))
        }
        CompiledMatcher::AhoCorasickSet { needles, case_insensitive: true, .. } => {
            Some(needles.iter().any(|needle| lower.contains(needle.as_str())))
        }
        CompiledMatcher::Regex(regex) if regex.as_str().starts_with("(?i)") => {
            Some(regex.is_match(lower))
        }
        CompiledMatcher::Null => Some(false),
        CompiledMatcher::Not(inner) => decide(inner, lower).map(|truth| !truth),
        CompiledMatcher::AnyOf(parts)
        | CompiledMatcher::CaseInsensitiveGroup { children: parts, mode: GroupMode::Any } => {
            decide_all(parts, lower, true)
        }
        CompiledMatcher::AllOf(parts)
        | CompiledMatcher::CaseInsensitiveGroup { children: parts, mode: GroupMode::All } => {
            decide_all(parts, lower, false)
        }
        _ => None,
    }
}

fn decide_all(parts: &[CompiledMatcher], lower: &str, decisive: bool) -> Option<bool> {
    let mut is_open = false;
    for part in parts {
        match decide(part, lower) {
            Some(truth) if truth == decisive => return Some(decisive),
            Some(_) => {}
            None => is_open = true,
        }
    }
    (!is_open).then_some(!decisive)
}
