//! CloudTrail records, member for member in the order the service writes them.

use crate::clock::iso;
use crate::identity::Caller;
use crate::json::{Json, obj};
use crate::place::Region;
use crate::rng::Rng;

/// One API call, before it is known who made it, when and where.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    service: &'static str,
    name: &'static str,
    read_only: bool,
    host: Option<String>,
    error: Option<(&'static str, String)>,
    request: Json,
    response: Json,
    additional: Option<Json>,
    resources: Vec<(&'static str, String)>,
    data: bool,
    event_type: &'static str,
    request_id: Option<String>,
    shared_event_id: Option<String>,
}

impl Call {
    fn new(service: &'static str, name: &'static str, read_only: bool) -> Call {
        Call {
            service,
            name,
            read_only,
            host: None,
            error: None,
            request: Json::Null,
            response: Json::Null,
            additional: None,
            resources: Vec::new(),
            data: false,
            event_type: "AwsApiCall",
            request_id: None,
            shared_event_id: None,
        }
    }

    /// A call that only reads; `service` is the event source without its domain.
    pub(crate) fn read(service: &'static str, name: &'static str) -> Call {
        Call::new(service, name, true)
    }

    /// A call that changes something.
    pub(crate) fn write(service: &'static str, name: &'static str) -> Call {
        Call::new(service, name, false)
    }

    /// The first label of the endpoint's name where it is not the service's.
    pub(crate) fn host(mut self, prefix: impl Into<String>) -> Call {
        self.host = Some(prefix.into());
        self
    }

    /// What was asked.
    pub(crate) fn request(mut self, request: Json) -> Call {
        self.request = request;
        self
    }

    /// What was answered; CloudTrail keeps it for calls that change something.
    pub(crate) fn response(mut self, response: Json) -> Call {
        self.response = response;
        self
    }

    /// The service's additional data.
    pub(crate) fn additional(mut self, additional: Json) -> Call {
        self.additional = Some(additional);
        self
    }

    /// A resource that was touched.
    pub(crate) fn resource(mut self, kind: &'static str, arn: impl Into<String>) -> Call {
        self.resources.push((kind, arn.into()));
        self
    }

    /// Makes it a data event.
    pub(crate) fn data(mut self) -> Call {
        self.data = true;
        self
    }

    /// The call failed; a failed call has no response.
    pub(crate) fn error(mut self, code: &'static str, message: impl Into<String>) -> Call {
        self.error = Some((code, message.into()));
        self.response = Json::Null;
        self
    }

    /// The kind of event where it is not an API call.
    pub(crate) fn event_type(mut self, event_type: &'static str) -> Call {
        self.event_type = event_type;
        self
    }

    /// The request's id where another log has it too.
    pub(crate) fn request_id(mut self, id: impl Into<String>) -> Call {
        self.request_id = Some(id.into());
        self
    }

    /// The id that links the copies of one event in two accounts.
    pub(crate) fn shared(mut self, id: impl Into<String>) -> Call {
        self.shared_event_id = Some(id.into());
        self
    }

    /// The whole record.
    pub(crate) fn record(self, secs: i64, region: Region, caller: &Caller, rng: &mut Rng) -> Json {
        let account = caller.recorded_in.id();
        let request_id = self.request_id.unwrap_or_else(|| request_id(self.service, rng));
        let mut record = obj! {
            "eventVersion" => version(self.service),
            "userIdentity" => caller.identity.clone(),
            "eventTime" => iso(secs),
            "eventSource" => format!("{}.amazonaws.com", self.service),
            "eventName" => self.name,
            "awsRegion" => region.name(),
            "sourceIPAddress" => caller.source_ip.clone(),
            "userAgent" => caller.user_agent.clone(),
        };
        if let Some((code, message)) = self.error {
            record.push("errorCode", code);
            if !message.is_empty() {
                record.push("errorMessage", message);
            }
        }
        record.push("requestParameters", self.request);
        record.push("responseElements", self.response);
        if let Some(additional) = self.additional {
            record.push("additionalEventData", additional);
        }
        if self.event_type == "AwsApiCall" {
            record.push("requestID", request_id);
        }
        record.push("eventID", rng.uuid());
        record.push("readOnly", self.read_only);
        if !self.resources.is_empty() {
            let list = self.resources.into_iter().map(|(kind, arn)| {
                obj! { "accountId" => account, "type" => kind, "ARN" => arn }
            });
            record.push("resources", Json::List(list.collect()));
        }
        record.push("eventType", self.event_type);
        record.push("managementEvent", !self.data);
        record.push("recipientAccountId", account);
        if let Some(id) = self.shared_event_id {
            record.push("sharedEventID", id);
        }
        if let Some(endpoint) = &caller.vpc_endpoint {
            record.push("vpcEndpointId", endpoint);
            record.push("vpcEndpointAccountId", account);
        }
        record.push("eventCategory", if self.data { "Data" } else { "Management" });
        if caller.over_tls {
            let host = self.host.unwrap_or_else(|| default_host(self.service));
            record.push("tlsDetails", tls(&host, self.service, region));
        }
        if caller.console {
            record.push("sessionCredentialFromConsole", "true");
        }
        record
    }
}

fn tls(host: &str, service: &str, region: Region) -> Json {
    let header = match service {
        "iam" => "iam.amazonaws.com".to_owned(),
        "signin" => format!("{}.signin.aws.amazon.com", region.name()),
        _ => format!("{host}.{}.amazonaws.com", region.name()),
    };
    obj! {
        "tlsVersion" => "TLSv1.3",
        "cipherSuite" => "TLS_AES_128_GCM_SHA256",
        "clientProvidedHostHeader" => header,
    }
}

fn default_host(service: &str) -> String {
    match service {
        "ses" => "email".to_owned(),
        "monitoring" => "monitoring".to_owned(),
        other => other.to_owned(),
    }
}

/// The version each service writes: services move at their own pace.
fn version(service: &str) -> &'static str {
    match service {
        "sts" | "signin" | "config" | "autoscaling" => "1.08",
        "ec2" | "rds" | "elasticloadbalancing" => "1.10",
        "guardduty" | "trustedadvisor" | "support" => "1.09",
        _ => "1.11",
    }
}

fn request_id(service: &str, rng: &mut Rng) -> String {
    match service {
        "s3" => rng.letters(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", 16),
        _ => rng.uuid(),
    }
}

/// The role as STS answers for it.
pub(crate) fn assumed(role_arn: &str, role_id: &str, session: &str, key: &str, until: i64) -> Json {
    let arn = role_arn.replacen(":iam:", ":sts:", 1).replacen(":role/", ":assumed-role/", 1);
    obj! {
        "credentials" => obj! {
            "accessKeyId" => key.to_owned(),
            "sessionToken" => "HIDDEN_DUE_TO_SECURITY_REASONS",
            "expiration" => crate::clock::us(until),
        },
        "assumedRoleUser" => obj! {
            "assumedRoleId" => format!("{role_id}:{session}"),
            "arn" => format!("{arn}/{session}"),
        },
    }
}

/// A file's content: the records in the envelope of the service.
pub(crate) fn envelope(lines: &[&str]) -> String {
    let mut text =
        String::with_capacity(lines.iter().map(|line| line.len() + 1).sum::<usize>() + 16);
    text.push_str("{\"Records\":[");
    for (index, line) in lines.iter().enumerate() {
        if index > 0 {
            text.push(',');
        }
        text.push_str(line);
    }
    text.push_str("]}");
    text
}

/// An S3 object's resources, in the order S3 writes them.
pub(crate) fn s3_object(call: Call, bucket: &str, key: &str) -> Call {
    call.data()
        .host(format!("{bucket}.s3"))
        .resource("AWS::S3::Object", format!("arn:aws:s3:::{bucket}/{key}"))
        .resource("AWS::S3::Bucket", format!("arn:aws:s3:::{bucket}"))
}

/// Items in a list under their names, as S3 and EC2 write sets.
pub(crate) fn items(values: Vec<Json>) -> Json {
    obj! { "items" => Json::List(values) }
}

/// A filter as EC2 writes it.
pub(crate) fn filter(name: &'static str, value: &str) -> Json {
    let value_set = items(vec![obj! { "value" => value.to_owned() }]);
    items(vec![obj! { "name" => name, "valueSet" => value_set }])
}
