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

    /// A field of `userIdentity` that is text and was read already.
    fn identity(&self, path: &str) -> Option<FieldValue<'_>> {
        let who = &self.user_identity;
        text(match path {
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
            _ => None,
        })
    }
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
        if slot == Slot::UserIdentity
            && let Some(value) = self.identity(tail)
        {
            return Some(value);
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
