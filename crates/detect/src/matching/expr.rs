//! A rule's condition and detections as one expression over fields.

use std::collections::HashMap;
use std::sync::Arc;

use heptagon_model::Fields;
use rsigma_eval::CompiledMatcher;
use rsigma_eval::compiler::{
    CompiledDetection, CompiledDetectionItem, CompiledRule, eval_condition,
};
use rsigma_parser::{ArrayQuantifier, ConditionExpr, Quantifier};

use super::lookup::{FieldId, Lookup, Paths};
use super::needs::is_inside_raw;
use super::texts::Test;

/// The name under which an array detection is handed to `rsigma`.
const ARRAY: &str = "array";

/// What a rule wants of a record.
#[derive(Debug, Clone)]
pub(super) enum Expr {
    Const(bool),
    All(Vec<Expr>),
    Any(Vec<Expr>),
    Not(Box<Expr>),
    AtLeast(u64, Vec<Expr>),
    Leaf(Arc<Leaf>),
}

/// A test that rules share when it is the same.
#[derive(Debug)]
pub(super) struct Leaf {
    /// Its number, under which its truth is kept while a record is looked at.
    id: u32,
    /// Whether looking the truth up is cheaper than finding it.
    is_kept: bool,
    pub(super) kind: LeafKind,
}

/// A test of one field, or of all texts.
#[derive(Debug)]
pub(super) enum LeafKind {
    /// The field is there and not null, or it is not.
    Exists(FieldId, bool),
    /// The field's value matches; only `null` matches a field that is not there.
    Field(FieldId, Test),
    /// Some text of the record matches.
    Keyword(CompiledMatcher),
    /// Members of an array, which `rsigma` evaluates; the field without which it cannot hold.
    Array(HashMap<String, CompiledDetection>, Option<FieldId>),
}

impl Expr {
    /// The expression of a rule: any of its conditions.
    pub(super) fn of_rule(rule: &CompiledRule, words: &mut Vocabulary) -> Expr {
        let mut detections: Vec<(&String, Expr)> = rule
            .detections
            .iter()
            .map(|(name, detection)| (name, of_detection(detection, words)))
            .collect();
        detections.sort_by(|a, b| a.0.cmp(b.0));
        let mut expr =
            Expr::Any(rule.conditions.iter().map(|c| of_condition(c, &detections)).collect());
        expr.put_cheap_first(&words.paths);
        expr
    }

    /// Puts what is cheap to look at before what is not; the truth is the same in any order.
    fn put_cheap_first(&mut self, paths: &Paths) {
        match self {
            Expr::Const(_) | Expr::Leaf(_) => {}
            Expr::Not(inner) => inner.put_cheap_first(paths),
            Expr::All(parts) | Expr::Any(parts) | Expr::AtLeast(_, parts) => {
                for part in parts.iter_mut() {
                    part.put_cheap_first(paths);
                }
                parts.sort_by_cached_key(|part| part.cost(paths));
            }
        }
    }

    fn cost(&self, paths: &Paths) -> u32 {
        let fetch = |field: FieldId| if is_inside_raw(paths.path(field)) { 100 } else { 0 };
        match self {
            Expr::Const(_) => 0,
            Expr::Not(inner) => inner.cost(paths),
            Expr::All(parts) | Expr::Any(parts) | Expr::AtLeast(_, parts) => {
                parts.iter().map(|part| part.cost(paths)).sum()
            }
            Expr::Leaf(leaf) => match &leaf.kind {
                LeafKind::Exists(field, _) => 1 + fetch(*field),
                LeafKind::Field(field, test) => test.cost() + fetch(*field),
                LeafKind::Array(..) => 300,
                LeafKind::Keyword(_) => 3_000,
            },
        }
    }

    pub(super) fn holds<F: Fields + ?Sized>(&self, record: &mut Lookup<'_, F>) -> bool {
        match self {
            Expr::Const(truth) => *truth,
            Expr::All(parts) => parts.iter().all(|part| part.holds(record)),
            Expr::Any(parts) => parts.iter().any(|part| part.holds(record)),
            Expr::Not(inner) => !inner.holds(record),
            Expr::AtLeast(wanted, parts) => {
                let mut missing = *wanted;
                missing == 0
                    || parts.iter().any(|part| {
                        missing -= u64::from(part.holds(record));
                        missing == 0
                    })
            }
            Expr::Leaf(leaf) => leaf.holds(record),
        }
    }
}

impl Leaf {
    fn holds<F: Fields + ?Sized>(&self, record: &mut Lookup<'_, F>) -> bool {
        if !self.is_kept {
            return self.kind.holds(record);
        }
        if let Some(truth) = record.truth(self.id) {
            return truth;
        }
        let truth = self.kind.holds(record);
        record.keep_truth(self.id, truth);
        truth
    }
}

impl LeafKind {
    fn holds<F: Fields + ?Sized>(&self, record: &mut Lookup<'_, F>) -> bool {
        match self {
            LeafKind::Exists(field, wanted) => {
                record.get(*field).0.is_some_and(|value| !value.is_null()) == *wanted
            }
            LeafKind::Field(field, test) => match record.get(*field) {
                (Some(value), event) => test.matches(value, event),
                (None, _) => matches!(test.matcher, CompiledMatcher::Null),
            },
            LeafKind::Keyword(matcher) => matcher.matches_keyword(&record.event),
            LeafKind::Array(detection, _) => eval_condition(
                &ConditionExpr::Identifier(ARRAY.to_owned()),
                detection,
                &record.event,
                &mut Vec::new(),
            ),
        }
    }

    fn is_expensive(&self) -> bool {
        match self {
            LeafKind::Exists(..) => false,
            LeafKind::Field(_, test) => test.cost() > 3,
            LeafKind::Keyword(_) | LeafKind::Array(..) => true,
        }
    }

    /// A text that is the same for tests that are the same; `None` for those not told apart.
    fn key(&self) -> Option<String> {
        match self {
            LeafKind::Exists(field, wanted) => Some(format!("{field:?} {wanted}")),
            LeafKind::Field(field, test) => Some(format!("{field:?} {}", key_of(&test.matcher)?)),
            LeafKind::Keyword(matcher) => Some(format!("* {}", key_of(matcher)?)),
            LeafKind::Array(..) => None,
        }
    }
}

fn key_of(matcher: &CompiledMatcher) -> Option<String> {
    let all = |name: &str, parts: &[CompiledMatcher]| {
        let parts: Option<Vec<String>> = parts.iter().map(key_of).collect();
        Some(format!("{name}({})", parts?.join(", ")))
    };
    match matcher {
        CompiledMatcher::AhoCorasickSet { needles, case_insensitive, .. } => {
            Some(format!("{case_insensitive} {needles:?}"))
        }
        CompiledMatcher::RegexSetMatch { set, mode } => {
            Some(format!("{mode:?} {:?}", set.patterns()))
        }
        CompiledMatcher::Not(inner) => Some(format!("not {}", key_of(inner)?)),
        CompiledMatcher::AnyOf(parts) => all("any", parts),
        CompiledMatcher::AllOf(parts) => all("all", parts),
        CompiledMatcher::CaseInsensitiveGroup { children, mode } => {
            all(&format!("{mode:?}"), children)
        }
        CompiledMatcher::TimestampPart { .. } => None,
        simple => Some(format!("{simple:?}")),
    }
}

/// What the expressions of all rules have in common: field paths and leaves.
#[derive(Debug, Default)]
pub(super) struct Vocabulary {
    pub(super) paths: Paths,
    leaves: HashMap<String, Arc<Leaf>>,
    n_leaves: u32,
}

impl Vocabulary {
    fn leaf(&mut self, kind: LeafKind) -> Expr {
        let key = kind.key();
        if let Some(leaf) = key.as_ref().and_then(|key| self.leaves.get(key)) {
            return Expr::Leaf(leaf.clone());
        }
        let leaf = Arc::new(Leaf { id: self.n_leaves, is_kept: kind.is_expensive(), kind });
        self.n_leaves += 1;
        if let Some(key) = key {
            self.leaves.insert(key, leaf.clone());
        }
        Expr::Leaf(leaf)
    }
}

fn of_condition(condition: &ConditionExpr, detections: &[(&String, Expr)]) -> Expr {
    let all = |parts: &[ConditionExpr]| -> Vec<Expr> {
        parts.iter().map(|part| of_condition(part, detections)).collect()
    };
    match condition {
        ConditionExpr::Identifier(name) => detections
            .iter()
            .find(|(known, _)| *known == name)
            .map_or(Expr::Const(false), |(_, expr)| expr.clone()),
        ConditionExpr::And(parts) => Expr::All(all(parts)),
        ConditionExpr::Or(parts) => Expr::Any(all(parts)),
        ConditionExpr::Not(inner) => Expr::Not(Box::new(of_condition(inner, detections))),
        ConditionExpr::Selector { quantifier, pattern } => {
            let parts: Vec<Expr> = detections
                .iter()
                .filter(|(name, _)| pattern.matches_detection_name(name))
                .map(|(_, expr)| expr.clone())
                .collect();
            match quantifier {
                Quantifier::Any => Expr::Any(parts),
                Quantifier::All => Expr::All(parts),
                Quantifier::Count(count) => Expr::AtLeast(*count, parts),
            }
        }
    }
}

fn of_detection(detection: &CompiledDetection, words: &mut Vocabulary) -> Expr {
    match detection {
        CompiledDetection::AllOf(items) => {
            Expr::All(items.iter().map(|item| of_item(item, words)).collect())
        }
        CompiledDetection::And(parts) => {
            Expr::All(parts.iter().map(|part| of_detection(part, words)).collect())
        }
        CompiledDetection::AnyOf(parts) => {
            Expr::Any(parts.iter().map(|part| of_detection(part, words)).collect())
        }
        CompiledDetection::Keywords(matcher) => words.leaf(LeafKind::Keyword(matcher.clone())),
        CompiledDetection::ArrayMatch { field, quantifier, .. } => {
            let is_needed = matches!(quantifier, ArrayQuantifier::Any | ArrayQuantifier::All);
            let needed = is_needed.then(|| words.paths.id(field));
            words.leaf(LeafKind::Array(
                HashMap::from([(ARRAY.to_owned(), detection.clone())]),
                needed,
            ))
        }
        CompiledDetection::Conditional { .. } => words
            .leaf(LeafKind::Array(HashMap::from([(ARRAY.to_owned(), detection.clone())]), None)),
    }
}

fn of_item(item: &CompiledDetectionItem, words: &mut Vocabulary) -> Expr {
    match (&item.field, item.exists) {
        (Some(field), Some(wanted)) => {
            let field = words.paths.id(field);
            words.leaf(LeafKind::Exists(field, wanted))
        }
        (None, Some(wanted)) => Expr::Const(!wanted),
        (Some(field), None) => {
            let field = words.paths.id(field);
            words.leaf(LeafKind::Field(field, Test::new(item.matcher.clone())))
        }
        (None, None) => words.leaf(LeafKind::Keyword(item.matcher.clone())),
    }
}
