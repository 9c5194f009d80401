//! CloudTrail records as rules see them.

use std::borrow::Cow;

use heptagon_model::{FieldValue, Fields, LogSource};

use super::{
    CloudTrailRecord, Text,
    read::{Slot, odd_bit, slot},
};
use crate::json::{build, path};

fn text<'a>(value: Option<&'a Text<'_>>) -> Option<FieldValue<'a>> {
    value.map(|text| FieldValue::Str(Cow::Borrowed(text)))
}

impl CloudTrailRecord<'_> {
    fn null(&self, slot: Slot) -> Option<FieldValue<'_>> {
        (self.nulls >> slot as u32 & 1 == 1).then_some(FieldValue::Null)
    }

    /// The raw JSON of a top-level part.
    fn part(&self, slot: Slot) -> Option<&str> {
        match slot {
            Slot::UserIdentity => self.user_identity.raw,
            Slot::RequestParameters => self.request_parameters,
            Slot::ResponseElements => self.response_elements,
            Slot::AdditionalEventData => self.additional_event_data,
            Slot::Resources => self.resources,
            Slot::ServiceEventDetails => self.service_event_details,
            Slot::TlsDetails => self.tls_details,
            Slot::InsightDetails => self.insight_details,
            Slot::Addendum => self.addendum,
            Slot::EdgeDeviceDetails => self.edge_device_details,
            Slot::EventContext => self.event_context,
            _ => None,
        }
    }

    /// A top-level field that is text; values that were no strings in the record are read from it.
    fn top(&self, slot: Slot, name: &str) -> Option<FieldValue<'_>> {
        let value = match slot {
            Slot::EventVersion => &self.event_version,
            Slot::AwsRegion => &self.aws_region,
            Slot::SourceIpAddress => &self.source_ip_address,
            Slot::UserAgent => &self.user_agent,
            Slot::ErrorCode => &self.error_code,
            Slot::ErrorMessage => &self.error_message,
            Slot::RequestId => &self.request_id,
            Slot::EventId => &self.event_id,
            Slot::EventType => &self.event_type,
            Slot::EventCategory => &self.event_category,
            Slot::ApiVersion => &self.api_version,
            Slot::RecipientAccountId => &self.recipient_account_id,
            Slot::SharedEventId => &self.shared_event_id,
            Slot::VpcEndpointId => &self.vpc_endpoint_id,
            Slot::VpcEndpointAccountId => &self.vpc_endpoint_account_id,
            Slot::SessionCredentialFromConsole => &self.session_credential_from_console,
            Slot::EventSource if !self.event_source.is_empty() => {
                return Some(FieldValue::Str(Cow::Borrowed(&self.event_source)));
            }
            Slot::EventName if !self.event_name.is_empty() => {
                return Some(FieldValue::Str(Cow::Borrowed(&self.event_name)));
            }
            Slot::ReadOnly if self.nulls & odd_bit(slot) == 0 => {
                return self.read_only.map(FieldValue::Bool);
            }
            Slot::ManagementEvent if self.nulls & odd_bit(slot) == 0 => {
                return self.management_event.map(FieldValue::Bool);
            }
            Slot::ReadOnly
            | Slot::ManagementEvent
            | Slot::EventTime
            | Slot::EventSource
            | Slot::EventName => {
                return path::member(self.raw, name).map(build::field_value);
            }
            part => {
                return self.part(part).map(build::field_value).or_else(|| self.null(slot));
            }
        };
        text(value.as_ref()).or_else(|| self.null(slot))
    }

    /// A field of `userIdentity` that is read with the record.
    fn identity(&self, path: &str) -> Known<'_> {
        let who = &self.user_identity;
        let known = match path {
            "type" => who.type_.as_ref(),
            "arn" => who.arn.as_ref(),
            "principalId" => who.principal_id.as_ref(),
            "accountId" => who.account_id.as_ref(),
            "userName" => who.user_name.as_ref(),
            "accessKeyId" => who.access_key_id.as_ref(),
            "invokedBy" => who.invoked_by.as_ref(),
            "identityProvider" => who.identity_provider.as_ref(),
            "credentialId" => who.credential_id.as_ref(),
            "sessionContext.sessionIssuer.type" => who.session_issuer_type.as_ref(),
            "sessionContext.sessionIssuer.arn" => who.session_issuer_arn.as_ref(),
            "sessionContext.sessionIssuer.userName" => who.session_issuer_user_name.as_ref(),
            "sessionContext.sessionIssuer.accountId" => who.session_issuer_account_id.as_ref(),
            "sessionContext.attributes.mfaAuthenticated" => who.mfa_authenticated.as_ref(),
            "sessionContext.attributes.creationDate" => who.session_creation_date.as_ref(),
            "sessionContext.sourceIdentity" => who.source_identity.as_ref(),
            "sessionContext.ec2RoleDelivery" => who.ec2_role_delivery.as_ref(),
            _ => return Known::Not,
        };
        match known {
            Some(_) => text(known).map_or(Known::Not, Known::Value),
            None if who.raw.is_some() && !who.odd => Known::Absent,
            None => Known::Not,
        }
    }
}

/// What is known of a field without reading the record's text again.
enum Known<'r> {
    Value(FieldValue<'r>),
    Absent,
    /// Nothing.
    Not,
}

impl Fields for CloudTrailRecord<'_> {
    fn log_source(&self) -> LogSource {
        LogSource::CloudTrail
    }

    fn event_key(&self) -> (&str, &str) {
        (&self.event_source, &self.event_name)
    }

    fn field(&self, path: &str) -> Option<FieldValue<'_>> {
        let (head, tail) = path.split_once('.').unwrap_or((path, ""));
        let Some(slot) = slot(head) else {
            return if self.extra { path::lookup(self.raw, path) } else { None };
        };
        if tail.is_empty() {
            return self.top(slot, head);
        }
        if slot == Slot::UserIdentity {
            match self.identity(tail) {
                Known::Value(value) => return Some(value),
                Known::Absent => return None,
                Known::Not => {}
            }
        }
        match self.part(slot) {
            Some(part) => path::lookup(part, tail),
            None if self.extra => path::lookup(self.raw, path),
            None => None,
        }
    }

    fn visit_strings(&self, visit: &mut dyn FnMut(&str)) {
        build::visit_strings(self.raw, visit);
    }

    fn to_json(&self) -> serde_json::Value {
        build::json_value(self.raw)
    }
}

#[cfg(test)]
mod tests {
    use heptagon_model::{Fields, Limits};
    use proptest::prelude::*;

    use crate::{Record, json::path, testing::first_record};

    /// JSON of a `userIdentity` made of right and wrong parts.
    fn identity() -> impl Strategy<Value = String> {
        let name = prop::sample::select(vec![
            "type",
            "arn",
            "userName",
            "sessionContext",
            "sessionIssuer",
            "attributes",
            "creationDate",
            "sourceIdentity",
            "sessionContext.sourceIdentity",
            "sessionIssuer.arn",
            "\\u0061rn",
            "other",
        ]);
        let leaf =
            prop::sample::select(vec!["null", "\"x\"", "\"\"", "7", "true", "[]", "\"\\\\\""]);
        leaf.prop_map(str::to_owned).prop_recursive(4, 24, 4, move |inner| {
            let members = prop::collection::vec((name.clone(), inner.clone()), 0..4);
            prop_oneof![
                4 => members.prop_map(|members| {
                    let mut members = members;
                    // Of two members of one name readers take different ones.
                    members.sort_by_key(|(name, _)| *name);
                    members.dedup_by_key(|(name, _)| *name);
                    let texts: Vec<String> =
                        members.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
                    format!("{{{}}}", texts.join(","))
                }),
                1 => prop::collection::vec(inner, 0..3)
                    .prop_map(|items| format!("[{}]", items.join(","))),
            ]
        })
    }

    proptest! {
        #[test]
        fn a_field_is_there_exactly_when_the_text_has_it(identity in identity()) {
            let json = format!(
                "{{\"eventVersion\":\"1.11\",\"eventTime\":\"2026-01-01T00:00:00Z\",\
                 \"eventSource\":\"a.amazonaws.com\",\"eventName\":\"B\",\"userIdentity\":{identity}}}"
            );
            first_record(&json, &Limits::DEFAULT, |record| {
                let Record::CloudTrail(record) = record else { panic!("not CloudTrail") };
                for path in [
                    "userIdentity.type",
                    "userIdentity.arn",
                    "userIdentity.userName",
                    "userIdentity.sessionContext.sourceIdentity",
                    "userIdentity.sessionContext.sessionIssuer.arn",
                    "userIdentity.sessionContext.attributes.creationDate",
                    "userIdentity.sessionContext.other",
                    "userIdentity.other.arn",
                ] {
                    let part = path.strip_prefix("userIdentity.").unwrap_or_default();
                    assert_eq!(
                        record.field(path).is_some(),
                        path::walk(&identity, part).is_some(),
                        "{path}"
                    );
                }
            });
        }
    }
}
