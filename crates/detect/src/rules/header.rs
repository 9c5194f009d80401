//! The metadata of a rule file's documents as written, for lint.

use serde_json::Value;

use super::documents;
use super::load::{RuleFile, own_value};

/// What a document says about itself.
pub(crate) struct Header {
    pub(crate) id: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) title: String,
    pub(crate) description: Option<String>,
    pub(crate) has_level: bool,
    pub(crate) has_false_positives: bool,
    pub(crate) tags: Vec<String>,
    /// The key `heptagon:`.
    pub(crate) own: Option<Value>,
}

/// The rules and correlations of a file; what cannot be read is a fault of loading.
pub(crate) fn headers(file: &RuleFile) -> Vec<Header> {
    let read = documents::read(file);
    let stated = |text: Option<String>| text.filter(|text| !text.trim().is_empty());
    let of_rules = read.rules.into_iter().map(|rule| Header {
        own: own_value(&rule.custom_attributes),
        id: rule.id,
        name: rule.name,
        title: rule.title,
        description: stated(rule.description),
        has_level: rule.level.is_some(),
        has_false_positives: !rule.falsepositives.is_empty(),
        tags: rule.tags,
    });
    let of_correlations = read.correlations.into_iter().map(|rule| Header {
        own: own_value(&rule.custom_attributes),
        id: rule.id,
        name: rule.name,
        title: rule.title,
        description: stated(rule.description),
        has_level: rule.level.is_some(),
        has_false_positives: !rule.falsepositives.is_empty(),
        tags: rule.tags,
    });
    of_rules.chain(of_correlations).collect()
}
