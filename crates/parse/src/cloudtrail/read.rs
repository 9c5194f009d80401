//! From text to [`CloudTrailRecord`], in one pass over the bytes.

use std::borrow::Cow;

use heptagon_model::Timestamp;

use super::{CloudTrailRecord, Raw, Text, UserIdentity};
use crate::json::{Fault, Key, Scan, path};

/// A record as read, before it is judged.
#[derive(Debug, Default)]
pub(crate) struct Draft<'a> {
    /// The fields; `event_time` is not set yet.
    pub(crate) record: CloudTrailRecord<'a>,
    /// `eventTime` as written.
    pub(crate) event_time: Option<Text<'a>>,
    /// Members that CloudTrail does not have.
    pub(crate) others: Vec<(Text<'a>, Raw<'a>)>,
    /// Set when reading stopped before an array that can be entered: its name.
    pub(crate) entered: Option<Text<'a>>,
}

/// The known top-level fields; the order is the one of the bits of `nulls`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Slot {
    EventTime,
    EventVersion,
    EventSource,
    EventName,
    AwsRegion,
    SourceIpAddress,
    UserAgent,
    ErrorCode,
    ErrorMessage,
    RequestId,
    EventId,
    EventType,
    EventCategory,
    ApiVersion,
    ReadOnly,
    ManagementEvent,
    RecipientAccountId,
    SharedEventId,
    VpcEndpointId,
    VpcEndpointAccountId,
    SessionCredentialFromConsole,
    UserIdentity,
    RequestParameters,
    ResponseElements,
    AdditionalEventData,
    Resources,
    ServiceEventDetails,
    TlsDetails,
    InsightDetails,
    Addendum,
    EdgeDeviceDetails,
    EventContext,
}

/// The bit that marks a field whose value must be read from the record again.
pub(super) fn odd_bit(slot: Slot) -> u64 {
    1 << (32 + slot as u32)
}

/// The slot of a field's name, by length first: most names are told apart by it.
#[inline]
pub(super) fn slot(name: &str) -> Option<Slot> {
    use Slot as S;
    Some(match name.len() {
        7 if name == "eventID" => S::EventId,
        8 => match name {
            "readOnly" => S::ReadOnly,
            "addendum" => S::Addendum,
            _ => return None,
        },
        9 => match name {
            "eventTime" => S::EventTime,
            "eventName" => S::EventName,
            "awsRegion" => S::AwsRegion,
            "userAgent" => S::UserAgent,
            "requestID" => S::RequestId,
            "eventType" => S::EventType,
            "errorCode" => S::ErrorCode,
            "resources" => S::Resources,
            _ => return None,
        },
        10 => match name {
            "apiVersion" => S::ApiVersion,
            "tlsDetails" => S::TlsDetails,
            _ => return None,
        },
        11 if name == "eventSource" => S::EventSource,
        12 => match name {
            "eventVersion" => S::EventVersion,
            "userIdentity" => S::UserIdentity,
            "errorMessage" => S::ErrorMessage,
            "eventContext" => S::EventContext,
            _ => return None,
        },
        13 => match name {
            "eventCategory" => S::EventCategory,
            "vpcEndpointId" => S::VpcEndpointId,
            "sharedEventID" => S::SharedEventId,
            _ => return None,
        },
        14 if name == "insightDetails" => S::InsightDetails,
        15 => match name {
            "sourceIPAddress" => S::SourceIpAddress,
            "managementEvent" => S::ManagementEvent,
            _ => return None,
        },
        16 if name == "responseElements" => S::ResponseElements,
        17 => match name {
            "requestParameters" => S::RequestParameters,
            "edgeDeviceDetails" => S::EdgeDeviceDetails,
            _ => return None,
        },
        18 if name == "recipientAccountId" => S::RecipientAccountId,
        19 => match name {
            "additionalEventData" => S::AdditionalEventData,
            "serviceEventDetails" => S::ServiceEventDetails,
            _ => return None,
        },
        20 if name == "vpcEndpointAccountId" => S::VpcEndpointAccountId,
        28 if name == "sessionCredentialFromConsole" => S::SessionCredentialFromConsole,
        _ => return None,
    })
}

/// Whether a member of this name, when it is an array, holds the records.
pub(crate) fn is_list_name(name: &str) -> bool {
    matches!(name, "Records" | "records" | "Events" | "events" | "results" | "logEvents")
}

/// Text of a string, or the raw text of anything else; `None` for null.
#[inline]
fn text<'a>(scan: &mut Scan<'a>) -> Result<Option<Text<'a>>, Fault> {
    let first = scan.space()?;
    if first == b'"' {
        return scan.string().map(|key| Some(key.text()));
    }
    let start = scan.at();
    scan.skip(first)?;
    Ok((first != b'n').then(|| Cow::Borrowed(scan.since(start))))
}

#[inline]
fn raw<'a>(scan: &mut Scan<'a>) -> Result<Option<Raw<'a>>, Fault> {
    let value = scan.value()?;
    Ok((value != "null").then_some(value))
}

/// A truth value, however it is written; `None` for null and what is none. What is written in
/// another way than `true` and `false` is marked in `nulls`, above the bits of the slots.
fn flag(scan: &mut Scan<'_>, slot: Slot, nulls: &mut u64) -> Result<Option<bool>, Fault> {
    let value = scan.value()?;
    if !matches!(value, "true" | "false") {
        *nulls |= odd_bit(slot);
    }
    Ok(match value.trim_matches('"') {
        "true" | "True" | "TRUE" | "1" => Some(true),
        "false" | "False" | "FALSE" | "0" => Some(false),
        _ => None,
    })
}

/// Reads the object at the cursor into `draft`, which must be fresh. With `enter`, stops before an array that holds records.
pub(crate) fn read<'a>(
    scan: &mut Scan<'a>,
    enter: bool,
    draft: &mut Draft<'a>,
) -> Result<(), Fault> {
    let start = scan.at();
    let mut stopped = false;
    let outcome = scan.members(|scan, key| {
        let name = if key.escaped { key.text() } else { Cow::Borrowed(key.raw) };
        let Some(slot) = slot(&name) else {
            if enter && is_list_name(&name) && scan.space()? == b'[' {
                draft.entered = Some(name);
                stopped = true;
                return Err(Fault::End);
            }
            let value = scan.value()?;
            draft.others.push((name, value));
            return Ok(());
        };
        member(scan, slot, draft)
    });
    if stopped {
        return Ok(());
    }
    outcome?;
    draft.record.raw = scan.since(start);
    draft.record.extra = !draft.others.is_empty();
    Ok(())
}

fn member<'a>(scan: &mut Scan<'a>, slot: Slot, draft: &mut Draft<'a>) -> Result<(), Fault> {
    let record = &mut draft.record;
    let target = match slot {
        Slot::EventTime => &mut draft.event_time,
        Slot::EventVersion => &mut record.event_version,
        Slot::EventSource | Slot::EventName => {
            match (text(scan)?, slot) {
                (None, _) => record.nulls |= 1 << slot as u32,
                (Some(value), Slot::EventSource) => record.event_source = value,
                (Some(value), _) => record.event_name = value,
            }
            return Ok(());
        }
        Slot::AwsRegion => &mut record.aws_region,
        Slot::SourceIpAddress => &mut record.source_ip_address,
        Slot::UserAgent => &mut record.user_agent,
        Slot::ErrorCode => &mut record.error_code,
        Slot::ErrorMessage => &mut record.error_message,
        Slot::RequestId => &mut record.request_id,
        Slot::EventId => &mut record.event_id,
        Slot::EventType => &mut record.event_type,
        Slot::EventCategory => &mut record.event_category,
        Slot::ApiVersion => &mut record.api_version,
        Slot::RecipientAccountId => &mut record.recipient_account_id,
        Slot::SharedEventId => &mut record.shared_event_id,
        Slot::VpcEndpointId => &mut record.vpc_endpoint_id,
        Slot::VpcEndpointAccountId => &mut record.vpc_endpoint_account_id,
        Slot::SessionCredentialFromConsole => &mut record.session_credential_from_console,
        Slot::ReadOnly => {
            record.read_only = flag(scan, slot, &mut record.nulls)?;
            return Ok(());
        }
        Slot::ManagementEvent => {
            record.management_event = flag(scan, slot, &mut record.nulls)?;
            return Ok(());
        }
        Slot::UserIdentity => {
            record.user_identity = identity(scan)?;
            if record.user_identity.raw.is_none() {
                record.nulls |= 1 << slot as u32;
            }
            return Ok(());
        }
        _ => {
            let value = raw(scan)?;
            if value.is_none() {
                record.nulls |= 1 << slot as u32;
            }
            *match slot {
                Slot::RequestParameters => &mut record.request_parameters,
                Slot::ResponseElements => &mut record.response_elements,
                Slot::AdditionalEventData => &mut record.additional_event_data,
                Slot::Resources => &mut record.resources,
                Slot::ServiceEventDetails => &mut record.service_event_details,
                Slot::TlsDetails => &mut record.tls_details,
                Slot::InsightDetails => &mut record.insight_details,
                Slot::Addendum => &mut record.addendum,
                Slot::EdgeDeviceDetails => &mut record.edge_device_details,
                _ => &mut record.event_context,
            } = value;
            return Ok(());
        }
    };
    *target = text(scan)?;
    if target.is_none() {
        record.nulls |= 1 << slot as u32;
    }
    Ok(())
}

fn identity<'a>(scan: &mut Scan<'a>) -> Result<UserIdentity<'a>, Fault> {
    let mut who = UserIdentity::default();
    let first = scan.space()?;
    let start = scan.at();
    if first != b'{' {
        scan.skip(first)?;
        who.raw = (first != b'n').then(|| scan.since(start));
        who.odd = true;
        return Ok(who);
    }
    scan.members(|scan, key| {
        who.odd |= is_odd(key);
        let target = match key.raw {
            "type" => &mut who.type_,
            "arn" => &mut who.arn,
            "principalId" => &mut who.principal_id,
            "accountId" => &mut who.account_id,
            "userName" => &mut who.user_name,
            "accessKeyId" => &mut who.access_key_id,
            "invokedBy" => &mut who.invoked_by,
            "identityProvider" => &mut who.identity_provider,
            "credentialId" => &mut who.credential_id,
            "sessionContext" => return session(scan, &mut who),
            "inScopeOf" => {
                who.in_scope_of = raw(scan)?;
                return Ok(());
            }
            "onBehalfOf" => {
                who.on_behalf_of = raw(scan)?;
                return Ok(());
            }
            _ => return scan.value().map(|_| ()),
        };
        *target = text(scan)?;
        who.odd |= target.is_none();
        Ok(())
    })?;
    who.raw = Some(scan.since(start));
    Ok(who)
}

fn session<'a>(scan: &mut Scan<'a>, who: &mut UserIdentity<'a>) -> Result<(), Fault> {
    let first = scan.space()?;
    let start = scan.at();
    if first != b'{' {
        who.odd = true;
        return scan.skip(first);
    }
    let mut odd = false;
    scan.members(|scan, key| {
        odd |= is_odd(key);
        session_member(scan, key, who)
    })?;
    who.odd |= odd;
    who.session_context = Some(scan.since(start));
    Ok(())
}

fn session_member<'a>(
    scan: &mut Scan<'a>,
    key: Key<'a>,
    who: &mut UserIdentity<'a>,
) -> Result<(), Fault> {
    let mut odd = false;
    match key.raw {
        "sessionIssuer" => object(scan, &mut odd, |scan, key, odd| {
            let target = match key.raw {
                "type" => &mut who.session_issuer_type,
                "arn" => &mut who.session_issuer_arn,
                "userName" => &mut who.session_issuer_user_name,
                "accountId" => &mut who.session_issuer_account_id,
                _ => return scan.value().map(|_| ()),
            };
            *target = text(scan)?;
            *odd |= target.is_none();
            Ok(())
        })?,
        "attributes" => object(scan, &mut odd, |scan, key, odd| {
            let target = match key.raw {
                "mfaAuthenticated" => &mut who.mfa_authenticated,
                "creationDate" => &mut who.session_creation_date,
                _ => return scan.value().map(|_| ()),
            };
            *target = text(scan)?;
            *odd |= target.is_none();
            Ok(())
        })?,
        "sourceIdentity" => {
            who.source_identity = text(scan)?;
            odd = who.source_identity.is_none();
        }
        "ec2RoleDelivery" => {
            who.ec2_role_delivery = text(scan)?;
            odd = who.ec2_role_delivery.is_none();
        }
        _ => scan.value().map(|_| ())?,
    }
    who.odd |= odd;
    Ok(())
}

/// Whether a member's name may stand for another one than the one it is spelled as.
#[inline]
fn is_odd(key: Key<'_>) -> bool {
    key.escaped || key.raw.contains('.')
}

/// Reads an object's members, and tells whether one of them is odd; anything else is skipped, and odd.
#[inline]
fn object<'a>(
    scan: &mut Scan<'a>,
    odd: &mut bool,
    mut member: impl FnMut(&mut Scan<'a>, Key<'a>, &mut bool) -> Result<(), Fault>,
) -> Result<(), Fault> {
    match scan.space()? {
        b'{' => scan.members(|scan, key| {
            *odd |= is_odd(key);
            member(scan, key, odd)
        }),
        first => {
            *odd = true;
            scan.skip(first)
        }
    }
}

/// Why a draft is no record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Defect {
    /// It is something else.
    NotCloudTrail,
    /// A CloudTrail record without one of the fields that make an event.
    Missing(&'static str),
    /// A CloudTrail record without a time, or with one that is none.
    Time,
}

impl<'a> Draft<'a> {
    /// The time a log shipper noted beside the record, with the member's name.
    pub(crate) fn shipper_time(&self) -> Option<(&'static str, Timestamp)> {
        ["@timestamp", "_time", "timestamp"].into_iter().find_map(|name| {
            let (_, value) = self.others.iter().rev().find(|(other, _)| other == name)?;
            let time = path::string(value).unwrap_or(Cow::Borrowed(value));
            Some((name, Timestamp::parse(&time)?))
        })
    }

    /// The record, with a time that is not its own.
    pub(crate) fn with_time(self, time: Timestamp) -> CloudTrailRecord<'a> {
        CloudTrailRecord { event_time: time, ..self.record }
    }

    /// The finished record, or why it is none.
    pub(crate) fn judge(mut self) -> Result<CloudTrailRecord<'a>, (Defect, Box<Draft<'a>>)> {
        if let Some(details) = self.record.insight_details {
            let named = |name| path::member(details, name).and_then(path::string);
            if self.record.event_source.is_empty()
                && let Some(source) = named("eventSource")
            {
                self.record.event_source = source;
            }
            if self.record.event_name.is_empty()
                && let Some(name) = named("eventName")
            {
                self.record.event_name = name;
            }
        }
        let record = &self.record;
        let (source, name) = (!record.event_source.is_empty(), !record.event_name.is_empty());
        // Notifications of other services have an eventSource like `aws:s3`.
        if record.event_source.starts_with("aws:") {
            return Err((Defect::NotCloudTrail, Box::new(self)));
        }
        let marks = [
            record.event_version.is_some(),
            record.event_id.is_some(),
            record.event_type.is_some(),
            record.user_identity.raw.is_some(),
            record.source_ip_address.is_some(),
            self.event_time.is_some(),
        ];
        let marks = marks.into_iter().filter(|mark| *mark).count();
        let defect = match (source, name) {
            (true, true) if marks >= 1 => match self.event_time.as_deref().map(Timestamp::parse) {
                Some(Some(time)) => {
                    self.record.event_time = time;
                    return Ok(self.record);
                }
                _ => Defect::Time,
            },
            (true, false) if marks >= 2 => Defect::Missing("eventName"),
            (false, true) if marks >= 2 => Defect::Missing("eventSource"),
            (false, false) if marks >= 4 => Defect::Missing("eventName and eventSource"),
            _ => Defect::NotCloudTrail,
        };
        Err((defect, Box::new(self)))
    }
}
