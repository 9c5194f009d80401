//! CloudTrail records to rows.

use std::borrow::Cow;
use std::fmt::Write;

use heptagon_model::{ActorKind, FieldValue, Fields, actor_key};
use heptagon_parse::{CloudTrailRecord, RecordMeta};

use crate::columns::{RowKey, RunColumns, columns};
use crate::key::rank;

columns!(Text {
    region,
    principal,
    actor,
    actor_kind,
    action,
    resource,
    category,
    outcome,
    rules,
    correlation,
    other_refs,
    event_version,
    event_source,
    event_name,
    aws_region,
    recipient_account_id,
    source_ip_address,
    user_agent,
    error_code,
    error_message,
    event_id,
    event_type,
    event_category,
    request_id,
    api_version,
    shared_event_id,
    vpc_endpoint_id,
    user_identity_type,
    user_identity_arn,
    user_identity_principal_id,
    user_identity_account_id,
    user_identity_user_name,
    user_identity_access_key_id,
    user_identity_invoked_by,
    session_issuer_type,
    session_issuer_arn,
    session_issuer_user_name,
    session_creation_date,
    source_identity,
    tls_host,
    request_parameters,
    response_elements,
    additional_event_data,
    resources,
    service_event_details,
    insight_details,
});

columns!(Integer { offset, length });

columns!(Boolean {
    read_only,
    management_event,
    mfa_authenticated,
    call_with_bearer_token,
    complete_source,
});

/// Builders of CloudTrail runs.
pub(crate) fn builders() -> RunColumns {
    RunColumns::new(Text::NAMES, Integer::NAMES, Boolean::NAMES)
}

/// What the pipeline knows about a record beside the record.
pub(crate) struct Context<'a> {
    pub(crate) artifact: &'a str,
    /// Ids of the rules that matched, in rule order.
    pub(crate) rules: Option<&'a str>,
    /// What correlations need of the record, as JSON by rule id.
    pub(crate) correlation: Option<&'a str>,
}

/// Buffers reused from record to record.
#[derive(Default)]
pub(crate) struct Scratch {
    action: String,
    key_id: String,
}

/// Appends a record; returns its account and region for the artifact's accounting.
pub(crate) fn append(
    rows: &mut RunColumns,
    scratch: &mut Scratch,
    meta: &RecordMeta,
    record: &CloudTrailRecord<'_>,
    context: &Context<'_>,
) {
    let account = record.account();
    let principal = record.principal();
    let identity = &record.user_identity;
    let (actor, actor_kind) = actor(record, &principal);
    let key_id = match record.event_id.as_deref() {
        Some(id) if !id.is_empty() => id,
        _ => {
            scratch.key_id.clear();
            content_key(&mut scratch.key_id, record.raw);
            &scratch.key_id
        }
    };
    rows.key(&RowKey {
        event_time: record.event_time,
        account: &account,
        key_id,
        rank: rank(u64::from(meta.length), meta.complete_source, 0),
        artifact: context.artifact,
        record: meta.ordinal.cast_signed(),
        part: 0,
    });
    scratch.action.clear();
    let service =
        record.event_source.strip_suffix(".amazonaws.com").unwrap_or(&record.event_source);
    for part in [service, ":", &record.event_name] {
        scratch.action.push_str(part);
    }
    let category = record.category().slug();

    let tls_host = record.field("tlsDetails.clientProvidedHostHeader").and_then(text_value);
    let mut text = |column: Text, value: Option<&str>| rows.text(column as usize, value);
    text(Text::region, Some(record.region()));
    text(Text::principal, Some(&principal));
    text(Text::actor, Some(&actor));
    text(Text::actor_kind, Some(kind_slug(actor_kind)));
    text(Text::action, Some(&scratch.action));
    text(Text::resource, record.resource().as_deref());
    text(Text::category, Some(&category));
    text(Text::outcome, Some(record.error_code.as_deref().unwrap_or("success")));
    text(Text::rules, context.rules);
    text(Text::correlation, context.correlation);
    text(Text::other_refs, None);
    text(Text::event_version, record.event_version.as_deref());
    text(Text::event_source, Some(&record.event_source));
    text(Text::event_name, Some(&record.event_name));
    text(Text::aws_region, record.aws_region.as_deref());
    text(Text::recipient_account_id, record.recipient_account_id.as_deref());
    text(Text::source_ip_address, record.source_ip_address.as_deref());
    text(Text::user_agent, record.user_agent.as_deref());
    text(Text::error_code, record.error_code.as_deref());
    text(Text::error_message, record.error_message.as_deref());
    text(Text::event_id, record.event_id.as_deref());
    text(Text::event_type, record.event_type.as_deref());
    text(Text::event_category, record.event_category.as_deref());
    text(Text::request_id, record.request_id.as_deref());
    text(Text::api_version, record.api_version.as_deref());
    text(Text::shared_event_id, record.shared_event_id.as_deref());
    text(Text::vpc_endpoint_id, record.vpc_endpoint_id.as_deref());
    text(Text::user_identity_type, identity.type_.as_deref());
    text(Text::user_identity_arn, identity.arn.as_deref());
    text(Text::user_identity_principal_id, identity.principal_id.as_deref());
    text(Text::user_identity_account_id, identity.account_id.as_deref());
    text(Text::user_identity_user_name, identity.user_name.as_deref());
    text(Text::user_identity_access_key_id, identity.access_key_id.as_deref());
    text(Text::user_identity_invoked_by, identity.invoked_by.as_deref());
    text(Text::session_issuer_type, identity.session_issuer_type.as_deref());
    text(Text::session_issuer_arn, identity.session_issuer_arn.as_deref());
    text(Text::session_issuer_user_name, identity.session_issuer_user_name.as_deref());
    text(Text::session_creation_date, identity.session_creation_date.as_deref());
    text(Text::source_identity, identity.source_identity.as_deref());
    text(Text::tls_host, tls_host.as_deref());
    text(Text::request_parameters, record.request_parameters);
    text(Text::response_elements, record.response_elements);
    text(Text::additional_event_data, record.additional_event_data);
    text(Text::resources, record.resources);
    text(Text::service_event_details, record.service_event_details);
    text(Text::insight_details, record.insight_details);
    rows.integer(Integer::offset as usize, Some(meta.offset.cast_signed()));
    rows.integer(Integer::length as usize, Some(i64::from(meta.length)));
    rows.boolean(Boolean::read_only as usize, record.read_only);
    rows.boolean(Boolean::management_event as usize, record.management_event);
    rows.boolean(
        Boolean::mfa_authenticated as usize,
        identity.mfa_authenticated.as_deref().map(|text| text == "true"),
    );
    rows.boolean(
        Boolean::call_with_bearer_token as usize,
        record.call_with_bearer_token().then_some(true),
    );
    rows.boolean(Boolean::complete_source as usize, Some(meta.complete_source));
}

/// The smallest identity an intruder can hold; service credentials are split by client.
fn actor(record: &CloudTrailRecord<'_>, principal: &str) -> (String, ActorKind) {
    let kind = record.actor_kind();
    let access_key = record.user_identity.access_key_id.as_deref().filter(|key| !key.is_empty());
    let client = (kind == ActorKind::ServiceCredential).then(|| client(record));
    (actor_key(access_key, principal, client), kind)
}

fn text_value(value: FieldValue<'_>) -> Option<Cow<'_, str>> {
    match value {
        FieldValue::Str(text) => Some(text),
        _ => None,
    }
}

/// The family of the client: what changes when a workload's credentials are used elsewhere.
fn client(record: &CloudTrailRecord<'_>) -> &'static str {
    let agent = record.user_agent.as_deref().unwrap_or("");
    if record.source_ip_address.as_deref().is_some_and(|ip| ip.ends_with(".amazonaws.com"))
        || agent.ends_with(".amazonaws.com")
    {
        return "aws-service";
    }
    for (mark, family) in [
        ("exec-env/AWS_Lambda", "lambda"),
        ("exec-env/AWS_ECS", "ecs"),
        ("aws-cli", "aws-cli"),
        ("Mozilla/", "browser"),
        ("Boto3", "boto3"),
        ("Botocore", "boto3"),
        ("aws-sdk-", "aws-sdk"),
        ("APN/", "aws-sdk"),
        ("curl", "http-client"),
        ("python-requests", "http-client"),
    ] {
        if agent.contains(mark) {
            return family;
        }
    }
    "other"
}

/// The slug of an actor's kind.
pub(crate) fn kind_slug(kind: ActorKind) -> &'static str {
    match kind {
        ActorKind::Root => "root",
        ActorKind::AccessKey => "access-key",
        ActorKind::User => "user",
        ActorKind::Session => "session",
        ActorKind::ServiceCredential => "service-credential",
        ActorKind::ApiKey => "api-key",
        ActorKind::AwsService => "aws-service",
        ActorKind::Other => "other",
    }
}

/// The key of a record without an event id: a hash of its text.
pub(crate) fn content_key(out: &mut String, raw: &str) {
    use sha2::{Digest, Sha256};
    let digest = Sha256::digest(raw.as_bytes());
    out.push_str("sha256:");
    for byte in &digest[..16] {
        let _ = write!(out, "{byte:02x}");
    }
}

/// Whether a CloudTrail event is a call that the invocation log describes too.
pub(crate) fn is_model_call(event_source: &str, event_name: &str) -> bool {
    event_source == "bedrock.amazonaws.com"
        && matches!(
            event_name,
            "InvokeModel" | "InvokeModelWithResponseStream" | "Converse" | "ConverseStream"
        )
}

/// The time span within which a call and its invocation record lie.
pub(crate) const CALL_WINDOW_US: i64 = 15 * 60 * 1_000_000;
