//! A rule's condition and detections as one expression over fields.

use std::collections::HashMap;
use std::sync::Arc;

use heptagon_model::Fields;
use rsigma_eval::CompiledMatcher;
use rsigma_eval::compiler::{
    CompiledDetection, CompiledDetectionItem, CompiledRule, eval_condition,
};
use rsigma_parser::{ArrayQuantifier, ConditionExpr, Quantifier};

use super::lookup::{FieldId, Lookup, Paths, matches};

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

/// A test of one field, or of all texts.
#[derive(Debug)]
pub(super) enum Leaf {
    /// The field is there and not null, or it is not.
    Exists(FieldId, bool),
    /// The field's value matches; only `null` matches a field that is not there.
    Field(FieldId, CompiledMatcher),
    /// Some text of the record matches.
    Keyword(CompiledMatcher),
    /// Members of an array, which `rsigma` evaluates; the field without which it cannot hold.
    Array(HashMap<String, CompiledDetection>, Option<FieldId>),
}

impl Expr {
    /// The expression of a rule: any of its conditions.
    pub(super) fn of_rule(rule: &CompiledRule, paths: &mut Paths) -> Expr {
        let mut detections: Vec<(&String, Expr)> = rule
            .detections
            .iter()
            .map(|(name, detection)| (name, of_detection(detection, paths)))
            .collect();
        detections.sort_by(|a, b| a.0.cmp(b.0));
        Expr::Any(rule.conditions.iter().map(|c| of_condition(c, &detections)).collect())
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
        match self {
            Leaf::Exists(field, wanted) => {
                record.get(*field).0.is_some_and(|value| !value.is_null()) == *wanted
            }
            Leaf::Field(field, matcher) => match record.get(*field) {
                (Some(value), event) => matches(matcher, value, event),
                (None, _) => matches!(matcher, CompiledMatcher::Null),
            },
            Leaf::Keyword(matcher) => matcher.matches_keyword(&record.event),
            Leaf::Array(detection, _) => eval_condition(
                &ConditionExpr::Identifier(ARRAY.to_owned()),
                detection,
                &record.event,
                &mut Vec::new(),
            ),
        }
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

fn of_detection(detection: &CompiledDetection, paths: &mut Paths) -> Expr {
    match detection {
        CompiledDetection::AllOf(items) => {
            Expr::All(items.iter().map(|item| of_item(item, paths)).collect())
        }
        CompiledDetection::And(parts) => {
            Expr::All(parts.iter().map(|part| of_detection(part, paths)).collect())
        }
        CompiledDetection::AnyOf(parts) => {
            Expr::Any(parts.iter().map(|part| of_detection(part, paths)).collect())
        }
        CompiledDetection::Keywords(matcher) => leaf(Leaf::Keyword(matcher.clone())),
        CompiledDetection::ArrayMatch { field, quantifier, .. } => {
            let is_needed = matches!(quantifier, ArrayQuantifier::Any | ArrayQuantifier::All);
            let needed = is_needed.then(|| paths.id(field));
            leaf(Leaf::Array(HashMap::from([(ARRAY.to_owned(), detection.clone())]), needed))
        }
        CompiledDetection::Conditional { .. } => {
            leaf(Leaf::Array(HashMap::from([(ARRAY.to_owned(), detection.clone())]), None))
        }
    }
}

fn of_item(item: &CompiledDetectionItem, paths: &mut Paths) -> Expr {
    match (&item.field, item.exists) {
        (Some(field), Some(wanted)) => leaf(Leaf::Exists(paths.id(field), wanted)),
        (None, Some(wanted)) => Expr::Const(!wanted),
        (Some(field), None) => leaf(Leaf::Field(paths.id(field), item.matcher.clone())),
        (None, None) => leaf(Leaf::Keyword(item.matcher.clone())),
    }
}

fn leaf(leaf: Leaf) -> Expr {
    Expr::Leaf(Arc::new(leaf))
}
