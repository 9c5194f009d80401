//! Changes of logging, as observations show them.

use serde_json::Value;

use crate::input::{Observation, Ref};

/// Changes kept: more than any account makes by itself.
const CHANGES_MAX: usize = 20_000;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum LoggingChange {
    Stopped,
    Deleted,
    Started,
    /// Selectors without management events, or without reads.
    Narrowed,
    /// Made or changed in another way.
    Altered,
    /// Invocation logging removed.
    InvocationsOff,
    /// Invocation logging put; whether text is delivered.
    InvocationsOn {
        text: bool,
    },
    /// A policy masks a log group.
    Masked {
        group: String,
    },
}

#[derive(Debug, Clone)]
pub(crate) struct LoggingEvent {
    pub(crate) time: heptagon_model::Timestamp,
    pub(crate) account: String,
    pub(crate) region: String,
    pub(crate) trail: Option<String>,
    pub(crate) change: LoggingChange,
    pub(crate) actor: String,
    pub(crate) principal: String,
    pub(crate) source_ip: Option<String>,
    pub(crate) reference: Ref,
}

/// All of them, in the order of time.
#[derive(Debug, Clone, Default)]
pub(crate) struct LoggingEvents {
    pub(crate) all: Vec<LoggingEvent>,
}

impl LoggingEvents {
    /// Takes in one observation.
    pub(crate) fn observe(&mut self, event: &Observation<'_>) {
        if !event.succeeded() || self.all.len() >= CHANGES_MAX {
            return;
        }
        let request = || -> Value {
            let text = event.request_parameters.unwrap_or("null");
            serde_json::from_str(text).unwrap_or(Value::Null)
        };
        let change = match (event.event_source, event.event_name) {
            ("cloudtrail.amazonaws.com", "StopLogging") => LoggingChange::Stopped,
            ("cloudtrail.amazonaws.com", "DeleteTrail") => LoggingChange::Deleted,
            ("cloudtrail.amazonaws.com", "StartLogging") => LoggingChange::Started,
            ("cloudtrail.amazonaws.com", "PutEventSelectors") if narrows(&request()) => {
                LoggingChange::Narrowed
            }
            ("cloudtrail.amazonaws.com", "PutEventSelectors" | "UpdateTrail" | "CreateTrail") => {
                LoggingChange::Altered
            }
            ("bedrock.amazonaws.com", "DeleteModelInvocationLoggingConfiguration") => {
                LoggingChange::InvocationsOff
            }
            ("bedrock.amazonaws.com", "PutModelInvocationLoggingConfiguration") => {
                let text = request()
                    .get("loggingConfig")
                    .and_then(|config| config.get("textDataDeliveryEnabled"))
                    .and_then(Value::as_bool);
                LoggingChange::InvocationsOn { text: text != Some(false) }
            }
            ("logs.amazonaws.com", "PutDataProtectionPolicy") => {
                let request = request();
                let group = request.get("logGroupIdentifier").and_then(Value::as_str);
                LoggingChange::Masked { group: group.unwrap_or_default().to_owned() }
            }
            _ => return,
        };
        let trail = (event.event_source == "cloudtrail.amazonaws.com").then(|| {
            let request = request();
            let name = ["name", "trailName"].iter().find_map(|key| request.get(*key));
            name.and_then(Value::as_str).unwrap_or_default().to_owned()
        });
        self.all.push(LoggingEvent {
            time: event.time,
            account: event.account.to_owned(),
            region: event.region.to_owned(),
            trail,
            change,
            actor: event.actor.to_owned(),
            principal: event.principal.to_owned(),
            source_ip: event.source_ip.map(str::to_owned),
            reference: Ref { artifact: event.artifact.to_owned(), record: event.record },
        });
    }

    /// Changes of trails in an account: a trail may record all regions.
    pub(crate) fn of_trails<'a>(
        &'a self,
        account: &'a str,
    ) -> impl Iterator<Item = &'a LoggingEvent> {
        self.all.iter().filter(move |event| event.trail.is_some() && event.account == account)
    }

    /// Changes of invocation logging in an account and region.
    pub(crate) fn of_invocations<'a>(
        &'a self,
        account: &'a str,
        region: &'a str,
    ) -> impl Iterator<Item = &'a LoggingEvent> {
        self.all.iter().filter(move |event| {
            event.account == account
                && event.region == region
                && matches!(
                    event.change,
                    LoggingChange::InvocationsOff | LoggingChange::InvocationsOn { .. }
                )
        })
    }
}

/// Whether selectors leave management events, or their reads, out.
fn narrows(request: &Value) -> bool {
    if let Some(basic) = request.get("eventSelectors").and_then(Value::as_array) {
        return !basic.iter().any(|selector| {
            selector.get("includeManagementEvents").and_then(Value::as_bool) != Some(false)
                && matches!(
                    selector.get("readWriteType").and_then(Value::as_str),
                    None | Some("All")
                )
        });
    }
    let Some(advanced) = request.get("advancedEventSelectors").and_then(Value::as_array) else {
        return false;
    };
    !advanced.iter().any(|selector| {
        let fields = selector.get("fieldSelectors").and_then(Value::as_array);
        let fields = fields.map_or(&[][..], Vec::as_slice);
        let field = |name: &str| {
            fields.iter().find(|f| f.get("field").and_then(Value::as_str) == Some(name))
        };
        let management = field("eventCategory")
            .and_then(|f| f.get("equals"))
            .and_then(Value::as_array)
            .is_some_and(|values| values.iter().any(|v| v.as_str() == Some("Management")));
        management && field("readOnly").is_none()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selectors_without_all_management_events_are_narrow() {
        for (request, narrow) in [
            (
                r#"{"eventSelectors":[{"readWriteType":"All","includeManagementEvents":true}]}"#,
                false,
            ),
            (r#"{"eventSelectors":[{"readWriteType":"WriteOnly"}]}"#, true),
            (
                r#"{"eventSelectors":[{"readWriteType":"All","includeManagementEvents":false}]}"#,
                true,
            ),
            (r#"{"eventSelectors":[]}"#, true),
            (
                r#"{"advancedEventSelectors":[{"fieldSelectors":[{"field":"eventCategory","equals":["Management"]}]}]}"#,
                false,
            ),
            (
                r#"{"advancedEventSelectors":[{"fieldSelectors":[{"field":"eventCategory","equals":["Data"]}]}]}"#,
                true,
            ),
            ("{}", false),
        ] {
            let request: Value = serde_json::from_str(request).expect("valid JSON");
            assert_eq!(narrows(&request), narrow, "{request}");
        }
    }
}
