//! Who did it, from where, and in which category it is recorded.

use std::{borrow::Cow, net::IpAddr};

use heptagon_model::ActorKind;

use super::{Category, CloudTrailRecord, Text};
use crate::json::path;

impl CloudTrailRecord<'_> {
    /// The caller: ARN, else the service, else the best name the record has; never empty.
    pub fn principal(&self) -> Cow<'_, str> {
        let who = &self.user_identity;
        let given =
            |text: &'_ Option<Text<'_>>| text.as_deref().is_some_and(|text| !text.is_empty());
        let service = match who.type_.as_deref() {
            None | Some("AWSService") => &who.invoked_by,
            Some(_) => &None,
        };
        let best =
            [&who.arn, &who.session_issuer_arn, service].into_iter().find(|text| given(text));
        if let Some(best) = best.and_then(|text| text.as_deref()) {
            return Cow::Borrowed(best);
        }
        if who.type_.as_deref() == Some("Root")
            && let Some(account) = &who.account_id
        {
            return Cow::Owned(format!("arn:aws:iam::{account}:root"));
        }
        if let (Some(name), Some(account)) = (&who.user_name, &who.account_id) {
            return Cow::Owned(format!("arn:aws:iam::{account}:user/{name}"));
        }
        let names = [
            &who.user_name,
            &who.principal_id,
            &who.credential_id,
            &who.account_id,
            &who.invoked_by,
            &who.type_,
        ];
        match names.into_iter().find(|text| given(text)).and_then(|text| text.as_deref()) {
            Some(name) => Cow::Borrowed(name),
            None if self.is_insight() => Cow::Borrowed("cloudtrail.amazonaws.com"),
            None => Cow::Borrowed("unknown"),
        }
    }

    /// The account the event belongs to: the recipient's, else the caller's; empty when neither is given.
    pub fn account(&self) -> Cow<'_, str> {
        self.recipient_account_id
            .as_deref()
            .or(self.user_identity.account_id.as_deref())
            .or(self.user_identity.session_issuer_account_id.as_deref())
            .map(Cow::Borrowed)
            .or_else(|| {
                let account = self.user_identity.arn.as_deref()?.split(':').nth(4)?;
                (account.len() == 12).then_some(Cow::Borrowed(account))
            })
            .unwrap_or_default()
    }

    /// The region; empty when the record has none.
    pub fn region(&self) -> &str {
        self.aws_region.as_deref().unwrap_or_default()
    }

    /// `service:Call`, as IAM writes actions.
    pub fn action(&self) -> String {
        let service = self.event_source.strip_suffix(".amazonaws.com");
        format!("{}:{}", service.unwrap_or(&self.event_source), self.event_name)
    }

    /// `success`, or the error code; some services put it into `responseElements`.
    pub fn outcome(&self) -> Cow<'_, str> {
        if let Some(code) = &self.error_code {
            return Cow::Borrowed(code);
        }
        if let Some(response) = self.response_elements {
            if let Some(code) = path::member(response, "errorCode").and_then(path::string) {
                return code;
            }
            if self.event_type.as_deref() == Some("AwsConsoleSignIn")
                && response.contains("\"Failure\"")
            {
                return Cow::Borrowed("Failure");
            }
        }
        if self.error_message.is_some() && self.event_type.as_deref() == Some("AwsConsoleSignIn") {
            return Cow::Borrowed("Failure");
        }
        Cow::Borrowed("success")
    }

    /// Whether the request carried a Bedrock API key instead of a signature.
    pub fn call_with_bearer_token(&self) -> bool {
        const NAME: &str = "callWithBearerToken";
        [self.additional_event_data, self.request_parameters].into_iter().flatten().any(|part| {
            path::may_have(part, NAME)
                && path::member(part, NAME).is_some_and(|value| value.trim_matches('"') == "true")
        })
    }

    /// Whether the event is an Insights event.
    pub fn is_insight(&self) -> bool {
        self.event_category.as_deref() == Some("Insight")
            || self.event_type.as_deref() == Some("AwsCloudTrailInsight")
    }

    /// The category coverage is kept in.
    pub fn category(&self) -> Category<'_> {
        let category = self.event_category.as_deref();
        if self.is_insight() {
            return Category::Insight;
        }
        if category == Some("NetworkActivity")
            || self.event_type.as_deref().is_some_and(|kind| kind.starts_with("AwsVpceEvent"))
        {
            return Category::NetworkActivity;
        }
        let data = match category {
            Some(category) => category == "Data",
            None => match self.management_event {
                Some(management) => !management,
                None => self.looks_like_data(),
            },
        };
        if data {
            return Category::Data(self.data_type());
        }
        let reads = self.read_only.unwrap_or_else(|| {
            let verbs = ["Get", "List", "Describe", "Head", "Lookup"];
            verbs.iter().any(|verb| self.event_name.starts_with(verb))
        });
        if reads { Category::ManagementRead } else { Category::ManagementWrite }
    }

    /// Data events of records too old to say so.
    fn looks_like_data(&self) -> bool {
        match self.event_source.as_ref() {
            "s3.amazonaws.com" => self.event_name.contains("Object"),
            "lambda.amazonaws.com" => self.event_name.starts_with("Invoke"),
            _ => false,
        }
    }

    /// The resource type a data event is selected by.
    fn data_type(&self) -> Cow<'_, str> {
        let mut kind = None;
        if let Some(resources) = self.resources {
            path::for_each_item(resources, |resource| {
                let named = path::member(resource, "type").and_then(path::string);
                // An object's event also lists its bucket; the object is what was selected.
                if let Some(named) = named
                    && (kind.is_none() || kind.as_deref() == Some("AWS::S3::Bucket"))
                {
                    kind = Some(named);
                }
            });
        }
        let kind = kind.filter(|kind| kind != "AWS::S3::Bucket");
        kind.unwrap_or(match self.event_source.as_ref() {
            "s3.amazonaws.com" => Cow::Borrowed("AWS::S3::Object"),
            "lambda.amazonaws.com" => Cow::Borrowed("AWS::Lambda::Function"),
            "dynamodb.amazonaws.com" => Cow::Borrowed("AWS::DynamoDB::Table"),
            _ => Cow::Borrowed("unknown"),
        })
    }

    /// What the caller is, as far as this record tells.
    pub fn actor_kind(&self) -> ActorKind {
        let who = &self.user_identity;
        if self.call_with_bearer_token() || who.credential_id.is_some() {
            return ActorKind::ApiKey;
        }
        let key = who.access_key_id.as_deref().unwrap_or_default();
        match who.type_.as_deref() {
            Some("Root") => ActorKind::Root,
            Some("AWSService") => ActorKind::AwsService,
            _ if key.starts_with("AKIA") => ActorKind::AccessKey,
            Some("AssumedRole" | "Role") if self.is_service_credential() => {
                ActorKind::ServiceCredential
            }
            Some("AssumedRole" | "Role" | "FederatedUser" | "WebIdentityUser" | "SAMLUser") => {
                ActorKind::Session
            }
            Some("IAMUser" | "IdentityCenterUser" | "Directory") => ActorKind::User,
            None if who.invoked_by.is_some() => ActorKind::AwsService,
            _ => ActorKind::Other,
        }
    }

    /// Whether the credentials are a role's, held by a compute service: an instance, a task, a function.
    pub fn is_service_credential(&self) -> bool {
        let who = &self.user_identity;
        if who.in_scope_of.is_some() || who.ec2_role_delivery.is_some() {
            return true;
        }
        let session = who
            .arn
            .as_deref()
            .filter(|arn| arn.contains(":assumed-role/"))
            .and_then(|arn| arn.rsplit('/').next())
            .or_else(|| {
                who.principal_id.as_deref().and_then(|id| id.split_once(':')).map(|(_, s)| s)
            })
            .unwrap_or_default();
        let hex = |text: &str| text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let instance =
            session.strip_prefix("i-").is_some_and(|id| matches!(id.len(), 8 | 17) && hex(id));
        let task = session.len() == 32 && hex(session);
        instance || task
    }

    /// The class of the network the call came from: `aws-service`, `vpc-endpoint`, `private`, `internet` or `unknown`.
    pub fn network_class(&self) -> &'static str {
        let Some(source) = self.source_ip_address.as_deref() else { return "unknown" };
        if source == "AWS Internal" || source.ends_with(".amazonaws.com") {
            return "aws-service";
        }
        if self.vpc_endpoint_id.is_some() {
            return "vpc-endpoint";
        }
        match source.parse::<IpAddr>() {
            Ok(address) if is_private(address) => "private",
            Ok(_) => "internet",
            Err(_) => "unknown",
        }
    }

    /// The network the call came from, coarse enough to be stable: the class, the endpoint's id, or
    /// the address's /24 (IPv6: /48).
    pub fn network(&self) -> Cow<'_, str> {
        let class = self.network_class();
        match (class, &self.vpc_endpoint_id) {
            ("vpc-endpoint", Some(endpoint)) => return Cow::Borrowed(endpoint),
            ("internet", _) => {}
            _ => return Cow::Borrowed(class),
        }
        let source = self.source_ip_address.as_deref().unwrap_or_default();
        match source.parse::<IpAddr>() {
            Ok(IpAddr::V4(address)) => {
                let [a, b, c, _] = address.octets();
                Cow::Owned(format!("{a}.{b}.{c}.0/24"))
            }
            Ok(IpAddr::V6(address)) => {
                let [a, b, c, ..] = address.segments();
                Cow::Owned(format!("{a:x}:{b:x}:{c:x}::/48"))
            }
            Err(_) => Cow::Borrowed(class),
        }
    }
}

fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => {
            let [a, b, ..] = address.octets();
            address.is_private()
                || address.is_loopback()
                || address.is_link_local()
                || (a == 100 && (64..128).contains(&b))
        }
        IpAddr::V6(address) => {
            address.is_loopback() || matches!(address.segments()[0] & 0xfe00, 0xfc00 | 0xfe00)
        }
    }
}

#[cfg(test)]
mod tests {
    use heptagon_model::{ActorKind, Limits};

    use crate::{Record, testing::first_record};

    fn check(json: &str, expect: impl Fn(&crate::CloudTrailRecord<'_>)) {
        first_record(json, &Limits::DEFAULT, |record| match record {
            Record::CloudTrail(record) => expect(record),
            Record::Invocation(_) => panic!("not CloudTrail"),
        });
    }

    #[test]
    fn names_callers_of_every_type() {
        let base = r#""eventTime":"2026-01-01T00:00:00Z","eventSource":"s3.amazonaws.com","eventName":"ListBuckets","eventVersion":"1.11""#;
        for (identity, principal, kind) in [
            (
                r#"{"type":"IAMUser","arn":"arn:aws:iam::111122223333:user/u","accessKeyId":"AKIAX"}"#,
                "arn:aws:iam::111122223333:user/u",
                ActorKind::AccessKey,
            ),
            (
                r#"{"type":"IAMUser","accountId":"111122223333","userName":"u"}"#,
                "arn:aws:iam::111122223333:user/u",
                ActorKind::User,
            ),
            (
                r#"{"type":"Root","accountId":"111122223333"}"#,
                "arn:aws:iam::111122223333:root",
                ActorKind::Root,
            ),
            (
                r#"{"type":"AWSService","invokedBy":"bedrock.amazonaws.com"}"#,
                "bedrock.amazonaws.com",
                ActorKind::AwsService,
            ),
            (
                r#"{"type":"AssumedRole","arn":"arn:aws:sts::111122223333:assumed-role/App/i-0123456789abcdef0"}"#,
                "arn:aws:sts::111122223333:assumed-role/App/i-0123456789abcdef0",
                ActorKind::ServiceCredential,
            ),
            (
                r#"{"type":"AssumedRole","arn":"arn:aws:sts::111122223333:assumed-role/App/alice"}"#,
                "arn:aws:sts::111122223333:assumed-role/App/alice",
                ActorKind::Session,
            ),
            (
                r#"{"type":"AWSAccount","principalId":"AIDAX","accountId":"444455556666"}"#,
                "AIDAX",
                ActorKind::Other,
            ),
            (
                r#"{"type":"AWSAccount","principalId":"","accountId":"ANONYMOUS_PRINCIPAL"}"#,
                "ANONYMOUS_PRINCIPAL",
                ActorKind::Other,
            ),
            (
                r#"{"accountId":"111122223333","invokedBy":"kms.amazonaws.com"}"#,
                "kms.amazonaws.com",
                ActorKind::AwsService,
            ),
            ("null", "unknown", ActorKind::Other),
        ] {
            check(&format!("{{{base},\"userIdentity\":{identity}}}"), |record| {
                assert_eq!(record.principal(), principal, "{identity}");
                assert_eq!(record.actor_kind(), kind, "{identity}");
            });
        }
    }

    #[test]
    fn sorts_events_into_categories() {
        let base = r#""eventTime":"2026-01-01T00:00:00Z","eventVersion":"1.08","eventSource":"s3.amazonaws.com","eventName":"GetObject""#;
        for (more, slug) in [
            (
                r#""eventCategory":"Data","resources":[{"type":"AWS::S3::Bucket"},{"type":"AWS::S3::Object"}]"#,
                "data:AWS::S3::Object",
            ),
            (r#""managementEvent":false"#, "data:AWS::S3::Object"),
            (r#""eventCategory":"Management","readOnly":true"#, "management-read"),
            (r#""eventCategory":"Management","readOnly":"false""#, "management-write"),
            (r#""eventCategory":"NetworkActivity""#, "network-activity"),
            (r#""eventType":"AwsVpceEvent""#, "network-activity"),
            (r#""eventCategory":"Insight""#, "insight"),
            (r#""apiVersion":null"#, "data:AWS::S3::Object"),
        ] {
            check(&format!("{{{base},{more}}}"), |record| {
                assert_eq!(record.category().slug(), slug, "{more}");
            });
        }
    }

    #[test]
    fn classes_networks() {
        let base = r#""eventTime":"2026-01-01T00:00:00Z","eventVersion":"1.08","eventSource":"s3.amazonaws.com","eventName":"GetObject""#;
        for (more, class, network) in [
            (r#""sourceIPAddress":"AWS Internal""#, "aws-service", "aws-service"),
            (r#""sourceIPAddress":"bedrock.amazonaws.com""#, "aws-service", "aws-service"),
            (r#""sourceIPAddress":"10.1.2.3""#, "private", "private"),
            (r#""sourceIPAddress":"10.1.2.3","vpcEndpointId":"vpce-1""#, "vpc-endpoint", "vpce-1"),
            (r#""sourceIPAddress":"203.0.113.9""#, "internet", "203.0.113.0/24"),
            (r#""sourceIPAddress":"2001:db8:1:2::3""#, "internet", "2001:db8:1::/48"),
            (r#""sourceIPAddress":"somewhere""#, "unknown", "unknown"),
        ] {
            check(&format!("{{{base},{more}}}"), |record| {
                assert_eq!((record.network_class(), record.network().as_ref()), (class, network));
            });
        }
    }
}
