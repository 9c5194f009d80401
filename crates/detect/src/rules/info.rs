//! What is known of a rule besides its logic, taken from its Sigma metadata.

use heptagon_model::{Confidence, Element, Level, LogSource, RuleInfo, RuleKind};
use rsigma_parser::{CorrelationRule, SigmaRule};
use serde_json::Value;

/// The services of `product: aws` that are read, in the index's order.
pub(crate) const SERVICES: [(&str, LogSource); 2] =
    [("cloudtrail", LogSource::CloudTrail), ("bedrock_invocation", LogSource::BedrockInvocation)];

/// The tags of a rule, sorted into their kinds.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Tags {
    pub(super) elements: Vec<Element>,
    pub(super) attack: Vec<String>,
    pub(super) atlas: Vec<String>,
    pub(super) owasp: Vec<String>,
}

impl Tags {
    pub(super) fn parse(tags: &[String]) -> Tags {
        let mut found = Tags::default();
        for tag in tags {
            let Some((namespace, rest)) = tag.split_once('.') else { continue };
            match namespace.to_ascii_lowercase().as_str() {
                "heptagon" => {
                    let slug = rest.strip_prefix("element.").and_then(Element::from_slug);
                    found.elements.extend(slug);
                }
                "attack" if is_technique(rest) => found.attack.push(rest.to_ascii_uppercase()),
                "atlas" => found.atlas.push(rest.to_ascii_uppercase()),
                "owasp" => {
                    let entry = rest.to_ascii_uppercase();
                    found.owasp.push(match entry.rsplit_once('.') {
                        Some((name, year)) => format!("{name}:{year}"),
                        None => entry,
                    });
                }
                _ => {}
            }
        }
        found.elements.sort_unstable();
        found.elements.dedup();
        for list in [&mut found.attack, &mut found.atlas, &mut found.owasp] {
            list.sort_unstable();
            list.dedup();
        }
        found
    }
}

/// `t1562.001` is a technique, `defense-evasion` a tactic, `g0016` a group.
fn is_technique(tag: &str) -> bool {
    tag.strip_prefix(['t', 'T']).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
}

/// The `heptagon:` key of a rule.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Own {
    pub(super) confidence: Option<Confidence>,
    pub(super) triage: Vec<String>,
    /// Whether the rule makes findings although a correlation refers to it.
    pub(super) observe: bool,
}

impl Own {
    pub(super) fn parse(value: Option<&Value>) -> Own {
        let Some(value) = value else { return Own::default() };
        let texts = |key: &str| match value.get(key) {
            Some(Value::String(text)) => vec![text.clone()],
            Some(Value::Array(items)) => {
                items.iter().filter_map(Value::as_str).map(str::to_owned).collect()
            }
            _ => Vec::new(),
        };
        Own {
            confidence: value.get("confidence").and_then(Value::as_str).and_then(|name| {
                [Confidence::Low, Confidence::Medium, Confidence::High]
                    .into_iter()
                    .find(|confidence| confidence.name() == name)
            }),
            triage: texts("triage"),
            observe: value.get("observe").and_then(Value::as_bool).unwrap_or(false),
        }
    }
}

fn level_of(level: Option<rsigma_parser::Level>) -> Level {
    level.and_then(|level| Level::from_name(level.as_str())).unwrap_or(Level::Medium)
}

pub(super) fn of_rule(rule: &SigmaRule, rule_id: String, service: &str, own: Own) -> RuleInfo {
    let tags = Tags::parse(&rule.tags);
    RuleInfo {
        rule_id,
        title: rule.title.clone(),
        level: level_of(rule.level),
        kind: RuleKind::Event,
        service: service.to_owned(),
        elements: tags.elements,
        attack: tags.attack,
        atlas: tags.atlas,
        owasp: tags.owasp,
        description: rule.description.clone().unwrap_or_default().trim().to_owned(),
        false_positives: rule.falsepositives.clone(),
        triage: own.triage,
        confidence: own.confidence.unwrap_or(Confidence::Medium),
    }
}

pub(super) fn of_correlation(
    rule: &CorrelationRule,
    rule_id: String,
    service: String,
    own: Own,
) -> RuleInfo {
    let tags = Tags::parse(&rule.tags);
    RuleInfo {
        rule_id,
        title: rule.title.clone(),
        level: level_of(rule.level),
        kind: RuleKind::Correlation,
        service,
        elements: tags.elements,
        attack: tags.attack,
        atlas: tags.atlas,
        owasp: tags.owasp,
        description: rule.description.clone().unwrap_or_default().trim().to_owned(),
        false_positives: rule.falsepositives.clone(),
        triage: own.triage,
        confidence: own.confidence.unwrap_or(Confidence::Medium),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_become_elements_and_techniques() {
        let tags = [
            "heptagon.element.ai-changes",
            "heptagon.element.nonsense",
            "attack.t1562.001",
            "attack.defense-evasion",
            "attack.g0016",
            "atlas.aml.t0054",
            "owasp.llm01.2025",
            "owasp.llm03.2023",
            "owasp.asi02.2026",
            "cve.2024-1",
        ]
        .map(str::to_owned);
        let found = Tags::parse(&tags);
        assert_eq!(found.elements, [Element::AiChanges]);
        assert_eq!(found.attack, ["T1562.001"]);
        assert_eq!(found.atlas, ["AML.T0054"]);
        assert_eq!(found.owasp, ["ASI02:2026", "LLM01:2025", "LLM03:2023"]);
    }

    #[test]
    fn the_own_key_is_optional_and_lenient() {
        assert_eq!(Own::parse(None), Own::default());
        let own = Own::parse(Some(
            &serde_json::json!({"confidence": "high", "triage": ["a", 1, "b"], "observe": true}),
        ));
        assert_eq!(own.confidence, Some(Confidence::High));
        assert_eq!(own.triage, ["a", "b"]);
        assert!(own.observe);
    }
}
