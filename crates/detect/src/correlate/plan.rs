//! A correlation rule, resolved against the rules it refers to.

use std::collections::BTreeSet;

use rsigma_parser::{
    ConditionExpr, ConditionOperator, CorrelationCondition, CorrelationRule, CorrelationType,
    Quantifier, WindowMode,
};

use crate::rules::Identity;

/// A rule that a correlation refers to.
pub(crate) struct Referent {
    /// Its index in the rule set.
    pub(crate) index: usize,
    pub(crate) identity: Identity,
    /// What it groups by, when it is a correlation itself.
    pub(crate) group_by: Option<Vec<String>>,
}

/// Where an input's group-by value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Key {
    /// A field of the event.
    Field(String),
    /// A position in the group key of the correlation below.
    Group(usize),
    /// The correlation below does not have it.
    Absent,
}

/// One rule that the correlation looks at; its position is what conditions and order speak of.
#[derive(Debug, Clone)]
pub(crate) struct Input {
    /// Index in the rule set.
    pub(crate) source: usize,
    pub(crate) keys: Vec<Key>,
    /// Fields whose values are counted or summed.
    pub(crate) values: Vec<String>,
}

/// A boolean condition over positions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Expr {
    Seen(usize),
    Not(Box<Expr>),
    AtLeast(usize, Vec<Expr>),
}

/// What has to hold.
#[derive(Debug, Clone)]
pub(crate) enum Condition {
    /// All predicates on the window's number hold.
    Threshold(Vec<(ConditionOperator, u64)>),
    /// The expression over the rules seen holds.
    Expression(Expr),
}

impl Condition {
    pub(crate) fn holds(&self, number: f64, seen: &[bool]) -> bool {
        match self {
            Condition::Threshold(predicates) => predicates.iter().all(|(operator, wanted)| {
                let order = number.total_cmp(&(*wanted as f64));
                match operator {
                    ConditionOperator::Lt => order.is_lt(),
                    ConditionOperator::Lte => order.is_le(),
                    ConditionOperator::Gt => order.is_gt(),
                    ConditionOperator::Gte => order.is_ge(),
                    ConditionOperator::Eq => order.is_eq(),
                    ConditionOperator::Neq => order.is_ne(),
                }
            }),
            Condition::Expression(expression) => expression.holds(seen),
        }
    }
}

impl Expr {
    fn holds(&self, seen: &[bool]) -> bool {
        match self {
            Expr::Seen(position) => seen[*position],
            Expr::Not(inner) => !inner.holds(seen),
            Expr::AtLeast(wanted, parts) => {
                parts.iter().filter(|part| part.holds(seen)).count() >= *wanted
            }
        }
    }
}

/// A compiled correlation.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    /// Index in the rule set.
    pub(crate) rule: usize,
    pub(crate) kind: CorrelationType,
    pub(crate) inputs: Vec<Input>,
    /// Names of the group-by fields, as the rule writes them.
    pub(crate) group_by: Vec<String>,
    pub(crate) span_us: i64,
    pub(crate) window: WindowMode,
    pub(crate) gap_us: i64,
    pub(crate) condition: Condition,
    pub(crate) percentile: f64,
    /// Whether the rules below make findings by themselves.
    pub(crate) generate: bool,
}

type Fault = (String, String);

fn fault<T>(message: impl Into<String>, hint: &str) -> Result<T, Fault> {
    Err((message.into(), hint.to_owned()))
}

impl Plan {
    /// The rules a correlation refers to, in its order; those that only its condition names follow.
    pub(crate) fn references(rule: &CorrelationRule) -> Vec<String> {
        let mut references = rule.rules.clone();
        if let CorrelationCondition::Extended(expression) = &rule.condition {
            names(expression, &mut |name| {
                if !references.iter().any(|known| known == name) {
                    references.push(name.to_owned());
                }
            });
        }
        references
    }

    /// Compiles a correlation whose references are all resolved.
    pub(crate) fn compile(
        rule: &CorrelationRule,
        index: usize,
        references: &[String],
        referents: &[Referent],
    ) -> Result<Plan, Fault> {
        if references.is_empty() {
            return fault("the correlation names no rules", "list rule ids or names under 'rules'");
        }
        if rule.timespan.seconds == 0 {
            return fault("the timespan is zero", "write a timespan such as 5m or 1h");
        }
        let micros = |seconds: u64| {
            i64::try_from(seconds).unwrap_or(i64::MAX).saturating_mul(1_000_000).min(MICROS_MAX)
        };
        let is_temporal = matches!(
            rule.correlation_type,
            CorrelationType::Temporal | CorrelationType::TemporalOrdered
        );
        let (condition, counted, percentile) = match &rule.condition {
            CorrelationCondition::Extended(_) if !is_temporal => {
                return fault(
                    "only temporal correlations may have a boolean condition",
                    "write a condition with an operator and a number, such as gte: 5",
                );
            }
            CorrelationCondition::Extended(expression) => {
                (Condition::Expression(compile_expression(expression, references)?), vec![], 50)
            }
            CorrelationCondition::Threshold { predicates, field, percentile } => {
                let mut predicates = predicates.clone();
                if is_temporal && predicates == [(ConditionOperator::Gte, 1)] {
                    predicates = vec![(ConditionOperator::Gte, references.len() as u64)];
                }
                (
                    Condition::Threshold(predicates),
                    field.clone().unwrap_or_default(),
                    percentile.unwrap_or(50),
                )
            }
        };
        let counted = match rule.correlation_type {
            CorrelationType::EventCount
            | CorrelationType::Temporal
            | CorrelationType::TemporalOrdered => Vec::new(),
            CorrelationType::ValueCount if counted.is_empty() => {
                return fault("value_count needs a field", "add condition.field");
            }
            CorrelationType::ValueCount => counted,
            _ if counted.len() != 1 => {
                return fault(
                    format!("{} needs one numeric field", rule.correlation_type.as_str()),
                    "add condition.field with one field name",
                );
            }
            _ => counted,
        };

        let inputs = referents
            .iter()
            .map(|referent| {
                let resolve = |name: &String| resolve_alias(rule, name, &referent.identity);
                let key = |name: &String| match &referent.group_by {
                    None => Key::Field(resolve(name)),
                    Some(below) => {
                        let wanted = resolve(name);
                        below
                            .iter()
                            .position(|key| *key == wanted || key == name)
                            .map_or(Key::Absent, Key::Group)
                    }
                };
                Input {
                    source: referent.index,
                    keys: rule.group_by.iter().map(key).collect(),
                    values: counted.iter().map(resolve).collect(),
                }
            })
            .collect();
        Ok(Plan {
            rule: index,
            kind: rule.correlation_type,
            inputs,
            group_by: rule.group_by.clone(),
            span_us: micros(rule.timespan.seconds),
            window: rule.window,
            gap_us: rule.gap.as_ref().map_or(0, |gap| micros(gap.seconds)),
            condition,
            percentile: percentile.min(100) as f64,
            generate: rule.generate,
        })
    }

    /// The rules it looks at, as indices in the rule set.
    pub(crate) fn sources(&self) -> impl Iterator<Item = usize> + '_ {
        self.inputs.iter().map(|input| input.source)
    }

    /// Notes which fields of which event rule's matches are needed.
    pub(crate) fn add_feeds(&self, feeds: &mut [Option<BTreeSet<String>>]) {
        for input in &self.inputs {
            let Some(fields) = feeds.get_mut(input.source) else { continue };
            let fields = fields.get_or_insert_default();
            fields.extend(input.values.iter().cloned());
            fields.extend(input.keys.iter().filter_map(|key| match key {
                Key::Field(path) => Some(path.clone()),
                Key::Group(_) | Key::Absent => None,
            }));
        }
    }
}

/// Timespans are cut here, so that adding one to a time cannot overflow.
const MICROS_MAX: i64 = i64::MAX / 4;

fn resolve_alias(rule: &CorrelationRule, name: &String, identity: &Identity) -> String {
    let alias = rule.aliases.iter().find(|alias| alias.alias == *name);
    let path = alias.and_then(|alias| {
        alias
            .mapping
            .get(&identity.id)
            .or_else(|| identity.name.as_ref().and_then(|name| alias.mapping.get(name)))
    });
    path.unwrap_or(name).clone()
}

fn names(expression: &ConditionExpr, visit: &mut dyn FnMut(&str)) {
    match expression {
        ConditionExpr::Identifier(name) => visit(name),
        ConditionExpr::Not(inner) => names(inner, visit),
        ConditionExpr::And(parts) | ConditionExpr::Or(parts) => {
            for part in parts {
                names(part, visit);
            }
        }
        ConditionExpr::Selector { .. } => {}
    }
}

fn compile_expression(expression: &ConditionExpr, references: &[String]) -> Result<Expr, Fault> {
    let all = |parts: &[ConditionExpr]| {
        parts.iter().map(|part| compile_expression(part, references)).collect::<Result<Vec<_>, _>>()
    };
    Ok(match expression {
        ConditionExpr::Identifier(name) => {
            let position = references.iter().position(|known| known == name);
            Expr::Seen(position.expect("references hold every name of the condition"))
        }
        ConditionExpr::Not(inner) => Expr::Not(Box::new(compile_expression(inner, references)?)),
        ConditionExpr::And(parts) => Expr::AtLeast(parts.len(), all(parts)?),
        ConditionExpr::Or(parts) => Expr::AtLeast(1, all(parts)?),
        ConditionExpr::Selector { quantifier, pattern } => {
            let parts: Vec<Expr> = references
                .iter()
                .enumerate()
                .filter(|(_, name)| pattern.matches_detection_name(name))
                .map(|(position, _)| Expr::Seen(position))
                .collect();
            if parts.is_empty() {
                return fault(
                    format!("no rule is called like {pattern}"),
                    "a pattern in the condition matches the names under 'rules'",
                );
            }
            let wanted = match quantifier {
                Quantifier::Any => 1,
                Quantifier::All => parts.len(),
                Quantifier::Count(count) => usize::try_from(*count).unwrap_or(usize::MAX),
            };
            Expr::AtLeast(wanted, parts)
        }
    })
}
