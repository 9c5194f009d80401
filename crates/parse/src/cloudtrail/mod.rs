//! CloudTrail records: typed, borrowed, tolerant of every version since 1.0.

mod fields;
mod read;
mod resource;
mod who;

use std::borrow::Cow;

use heptagon_model::Timestamp;

pub(crate) use read::{Defect, Draft, is_list_name, read};

/// Text borrowed from the record, or owned when it had escapes.
pub type Text<'a> = Cow<'a, str>;

/// Raw JSON of one part of a record.
pub type Raw<'a> = &'a str;

/// One CloudTrail event. Fields that are absent or null are `None`; [`heptagon_model::Fields::field`]
/// tells the two apart.
#[derive(Debug, Clone, Default)]
pub struct CloudTrailRecord<'a> {
    /// When the call was completed.
    pub event_time: Timestamp,
    /// `1.11`.
    pub event_version: Option<Text<'a>>,
    /// `bedrock.amazonaws.com`; of an Insights event the source it is about.
    pub event_source: Text<'a>,
    /// `InvokeModel`; of an Insights event the call it is about.
    pub event_name: Text<'a>,
    /// The region the call was made to.
    pub aws_region: Option<Text<'a>>,
    /// An address, or the name of the service that called.
    pub source_ip_address: Option<Text<'a>>,
    /// The client.
    pub user_agent: Option<Text<'a>>,
    /// Why the call failed.
    pub error_code: Option<Text<'a>>,
    /// Why the call failed, in words.
    pub error_message: Option<Text<'a>>,
    /// The request; several events may share it.
    pub request_id: Option<Text<'a>>,
    /// The event; absent in the oldest records.
    pub event_id: Option<Text<'a>>,
    /// `AwsApiCall`, `AwsServiceEvent`, `AwsConsoleAction`, `AwsConsoleSignIn`, `AwsVpceEvent`, `AwsCloudTrailInsight`.
    pub event_type: Option<Text<'a>>,
    /// `Management`, `Data`, `NetworkActivity` or `Insight`.
    pub event_category: Option<Text<'a>>,
    /// The service's API version.
    pub api_version: Option<Text<'a>>,
    /// Whether the call only reads, as the service declares it.
    pub read_only: Option<bool>,
    /// Whether it is a management event.
    pub management_event: Option<bool>,
    /// The account that received the event.
    pub recipient_account_id: Option<Text<'a>>,
    /// Links the same action in several accounts, and the ends of an Insight.
    pub shared_event_id: Option<Text<'a>>,
    /// The VPC endpoint the call came through.
    pub vpc_endpoint_id: Option<Text<'a>>,
    /// The account that owns that endpoint.
    pub vpc_endpoint_account_id: Option<Text<'a>>,
    /// `true` when the credentials came from a console session.
    pub session_credential_from_console: Option<Text<'a>>,
    /// Who called.
    pub user_identity: UserIdentity<'a>,
    /// What was asked for.
    pub request_parameters: Option<Raw<'a>>,
    /// What changed.
    pub response_elements: Option<Raw<'a>>,
    /// What fits nowhere else.
    pub additional_event_data: Option<Raw<'a>>,
    /// The resources touched.
    pub resources: Option<Raw<'a>>,
    /// What a service did by itself.
    pub service_event_details: Option<Raw<'a>>,
    /// The TLS connection.
    pub tls_details: Option<Raw<'a>>,
    /// What an Insights event is about.
    pub insight_details: Option<Raw<'a>>,
    /// Why the event was delivered late or again.
    pub addendum: Option<Raw<'a>>,
    /// The device of an edge event.
    pub edge_device_details: Option<Raw<'a>>,
    /// Context added by a Lake event data store.
    pub event_context: Option<Raw<'a>>,
    /// The record's text.
    pub raw: &'a str,
    /// Which known fields were null, and which must be read again (see `read::odd_bit`).
    nulls: u64,
    /// Whether the record has fields that are not known.
    extra: bool,
}

/// `userIdentity` with the parts of `sessionContext` that answer who.
#[derive(Debug, Clone, Default)]
pub struct UserIdentity<'a> {
    /// `Root`, `IAMUser`, `AssumedRole`, `Role`, `FederatedUser`, `Directory`, `AWSAccount`,
    /// `AWSService`, `IdentityCenterUser`, `SAMLUser`, `WebIdentityUser`, `Unknown`.
    pub type_: Option<Text<'a>>,
    /// The caller's ARN.
    pub arn: Option<Text<'a>>,
    /// The caller's unique id.
    pub principal_id: Option<Text<'a>>,
    /// The caller's account.
    pub account_id: Option<Text<'a>>,
    /// The caller's name.
    pub user_name: Option<Text<'a>>,
    /// The key the request was signed with.
    pub access_key_id: Option<Text<'a>>,
    /// The service that called on someone's behalf.
    pub invoked_by: Option<Text<'a>>,
    /// The identity provider.
    pub identity_provider: Option<Text<'a>>,
    /// The bearer token's credential.
    pub credential_id: Option<Text<'a>>,
    /// `sessionContext.sessionIssuer.type`.
    pub session_issuer_type: Option<Text<'a>>,
    /// `sessionContext.sessionIssuer.arn`.
    pub session_issuer_arn: Option<Text<'a>>,
    /// `sessionContext.sessionIssuer.userName`.
    pub session_issuer_user_name: Option<Text<'a>>,
    /// `sessionContext.sessionIssuer.accountId`.
    pub session_issuer_account_id: Option<Text<'a>>,
    /// `sessionContext.attributes.mfaAuthenticated`.
    pub mfa_authenticated: Option<Text<'a>>,
    /// `sessionContext.attributes.creationDate`.
    pub session_creation_date: Option<Text<'a>>,
    /// `sessionContext.sourceIdentity`.
    pub source_identity: Option<Text<'a>>,
    /// `sessionContext.ec2RoleDelivery`.
    pub ec2_role_delivery: Option<Text<'a>>,
    /// `sessionContext`, whole.
    pub session_context: Option<Raw<'a>>,
    /// `inScopeOf`: which function or task the credentials were issued to.
    pub in_scope_of: Option<Raw<'a>>,
    /// `onBehalfOf`: the Identity Center user.
    pub on_behalf_of: Option<Raw<'a>>,
    /// `userIdentity`, whole.
    pub raw: Option<Raw<'a>>,
    /// Whether a field that is `None` here may be in the text all the same: as null, under an
    /// escaped or dotted name, or in something that is not the object it should be.
    odd: bool,
}

/// The categories coverage is kept in.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Category<'a> {
    /// A management event that only reads.
    ManagementRead,
    /// A management event that writes, or does not say.
    ManagementWrite,
    /// A data event, with the resource type (`AWS::S3::Object`).
    Data(Text<'a>),
    /// An event of a VPC endpoint.
    NetworkActivity,
    /// An Insights event.
    Insight,
}

impl Category<'_> {
    /// The slug used in `events.category` and in coverage: `data:<type>` for data events.
    pub fn slug(&self) -> Cow<'static, str> {
        match self {
            Category::ManagementRead => Cow::Borrowed("management-read"),
            Category::ManagementWrite => Cow::Borrowed("management-write"),
            Category::Data(kind) => Cow::Owned(format!("data:{kind}")),
            Category::NetworkActivity => Cow::Borrowed("network-activity"),
            Category::Insight => Cow::Borrowed("insight"),
        }
    }
}
