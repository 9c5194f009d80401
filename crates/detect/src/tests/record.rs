//! A record that is JSON, with fields as `rsigma`'s own JSON event has them.

use std::borrow::Cow;

use heptagon_model::{FieldValue, Fields, LogSource};
use rsigma_eval::{Event, EventValue, JsonEvent};
use serde_json::Value;

use crate::rules::RuleFile;
use crate::{RuleFault, RuleSet};

pub(super) struct JsonRecord {
    pub(super) value: Value,
    pub(super) source: LogSource,
}

impl JsonRecord {
    pub(super) fn cloudtrail(value: Value) -> JsonRecord {
        JsonRecord { value, source: LogSource::CloudTrail }
    }
}

impl Fields for JsonRecord {
    fn log_source(&self) -> LogSource {
        self.source
    }

    fn event_key(&self) -> (&str, &str) {
        let text = |name: &str| self.value.get(name).and_then(Value::as_str).unwrap_or_default();
        match self.source {
            LogSource::CloudTrail => (text("eventSource"), text("eventName")),
            LogSource::BedrockInvocation => ("bedrock.amazonaws.com", text("operation")),
        }
    }

    fn field(&self, path: &str) -> Option<FieldValue<'_>> {
        let event = JsonEvent::borrow(&self.value);
        event.get_field(path).map(|value| owned(&value))
    }

    fn visit_strings(&self, visit: &mut dyn FnMut(&str)) {
        JsonEvent::borrow(&self.value).visit_string_values(visit);
    }

    fn to_json(&self) -> Value {
        self.value.clone()
    }
}

fn owned(value: &EventValue<'_>) -> FieldValue<'static> {
    match value {
        EventValue::Str(text) => FieldValue::Str(Cow::Owned(text.clone().into_owned())),
        EventValue::Int(number) => FieldValue::Int(*number),
        EventValue::Float(number) => FieldValue::Float(*number),
        EventValue::Bool(truth) => FieldValue::Bool(*truth),
        EventValue::Null => FieldValue::Null,
        EventValue::Array(members) => FieldValue::Array(members.iter().map(owned).collect()),
        EventValue::Map(members) => FieldValue::Object(
            members
                .iter()
                .map(|(name, member)| (Cow::Owned(name.clone().into_owned()), owned(member)))
                .collect(),
        ),
    }
}

pub(super) fn file(path: &str, text: impl Into<String>) -> RuleFile {
    RuleFile { path: path.to_owned(), text: text.into() }
}

/// Loads one text that must be without faults.
pub(super) fn load(text: &str) -> RuleSet {
    let (rules, faults) = RuleSet::load(&[file("rules.yml", text)]);
    assert_eq!(faults, Vec::<RuleFault>::new());
    rules
}
