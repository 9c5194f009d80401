//! Records put together from the columns of a query's result.

use std::borrow::Cow;

use serde_json::{Map, Value};

use crate::json::{build::json_value, path};

/// One row of CloudWatch Logs Insights results: `[{"field":…,"value":…},…]`.
pub(crate) struct InsightsRow<'a> {
    columns: Vec<(Cow<'a, str>, &'a str)>,
}

impl<'a> InsightsRow<'a> {
    /// The row, when the array is one.
    pub(crate) fn read(raw: &'a str) -> Option<InsightsRow<'a>> {
        let mut columns = Vec::new();
        let mut is_row = true;
        path::for_each_item(raw, |item| {
            let field = path::member(item, "field").and_then(path::string);
            match (field, path::member(item, "value")) {
                (Some(field), Some(value)) => columns.push((field, value)),
                (Some(_), None) => {}
                _ => is_row = false,
            }
        });
        (is_row && !columns.is_empty()).then_some(InsightsRow { columns })
    }

    /// The log line, when it was selected.
    pub(crate) fn message(&self) -> Option<Cow<'a, str>> {
        let (_, value) = self.columns.iter().find(|(field, _)| field == "@message")?;
        path::string(value).or(Some(Cow::Borrowed(value)))
    }

    /// A record with the columns as fields; dots in a column's name nest.
    pub(crate) fn record(&self) -> String {
        let mut record = Map::new();
        for (field, value) in &self.columns {
            let value = json_value(value);
            if let Some(own) = field.strip_prefix('@') {
                if own == "timestamp" {
                    record.entry("eventTime").or_insert_with(|| value.clone());
                }
                continue;
            }
            nest(&mut record, field, value);
        }
        Value::Object(record).to_string()
    }
}

fn nest(record: &mut Map<String, Value>, field: &str, value: Value) {
    match field.split_once('.') {
        None => {
            record.insert(field.to_owned(), value);
        }
        Some((head, tail)) => {
            let inner = record.entry(head).or_insert_with(|| Value::Object(Map::new()));
            if let Value::Object(inner) = inner {
                nest(inner, tail, value);
            }
        }
    }
}

/// A CloudTrail record with what a lookup event says beside the record it lacks.
pub(crate) fn lookup_event(raw: &str) -> String {
    let mut record = Map::new();
    let mut identity = Map::new();
    let mut resources = Vec::new();
    path::for_each_member(raw, |key, value| {
        let value = json_value(value);
        match key.raw {
            "EventId" => record.insert("eventID".into(), value),
            "EventName" => record.insert("eventName".into(), value),
            "EventSource" => record.insert("eventSource".into(), value),
            "EventTime" => record.insert("eventTime".into(), value),
            "ReadOnly" => record.insert("readOnly".into(), value),
            "Username" => identity.insert("userName".into(), value),
            "AccessKeyId" => identity.insert("accessKeyId".into(), value),
            "Resources" => {
                for item in value.as_array().into_iter().flatten() {
                    let mut resource = Map::new();
                    resource.insert("type".into(), item["ResourceType"].clone());
                    resource.insert("ARN".into(), item["ResourceName"].clone());
                    resources.push(Value::Object(resource));
                }
                None
            }
            _ => None,
        };
    });
    record.insert("userIdentity".into(), Value::Object(identity));
    if !resources.is_empty() {
        record.insert("resources".into(), Value::Array(resources));
    }
    Value::Object(record).to_string()
}
