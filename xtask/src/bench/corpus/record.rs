//! One CloudTrail record, in the shape of its service.

use std::fmt::Write as _;

use super::names::Call;
use super::random::{BASE32, BASE64, Random};
use super::world::{self, Actor, Kind, World};

/// Where and when a record belongs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place<'a> {
    pub(crate) account: &'a str,
    pub(crate) region: &'a str,
    /// Seconds since 1970.
    pub(crate) time: i64,
}

/// Appends a record.
pub(crate) fn write(
    world: &World,
    random: &mut Random,
    call: &Call,
    at: Place<'_>,
    out: &mut String,
) {
    let actor = world.actor(random, at.account, call.is_administration());
    let denied = random.permille(15);
    out.push_str("{\"eventVersion\":\"1.11\",");
    identity(&actor, random, at, out);
    out.push_str("\"eventTime\":\"");
    time(at.time, out);
    let (service, name, region) = (call.service, call.name, at.region);
    let _ = write!(
        out,
        "\",\"eventSource\":\"{service}.amazonaws.com\",\"eventName\":\"{name}\",\
         \"awsRegion\":\"{region}\",\"sourceIPAddress\":\"{}\",\"userAgent\":\"{}\",",
        actor.address, actor.agent
    );
    if denied {
        let _ = write!(
            out,
            "\"errorCode\":\"AccessDenied\",\"errorMessage\":\"User: {} is not authorized to perform: \
             {service}:{name} because no identity-based policy allows the {service}:{name} action\",",
            actor.arn
        );
    }
    parameters(world, random, call, at, denied, out);
    out.push_str("\"requestID\":\"");
    random.uuid(out);
    out.push_str("\",\"eventID\":\"");
    random.uuid(out);
    let data = is_data(call);
    let _ = write!(out, "\",\"readOnly\":{},", call.read_only);
    if data {
        resources(world, random, call, at, out);
    }
    let _ = write!(
        out,
        "\"eventType\":\"AwsApiCall\",\"managementEvent\":{},\"recipientAccountId\":\"{}\",",
        !data, at.account
    );
    if actor.kind == Kind::Service {
        out.push_str("\"sharedEventID\":\"");
        random.uuid(out);
        out.push_str("\",");
    }
    if random.permille(80) {
        let _ = write!(out, "\"vpcEndpointId\":\"vpce-0{:016x}\",", random.skewed(40) * 0x1F3_5D7B);
    }
    let category = if data { "Data" } else { "Management" };
    let _ = write!(out, "\"eventCategory\":\"{category}\"");
    if actor.kind != Kind::Service {
        let _ = write!(
            out,
            ",\"tlsDetails\":{{\"tlsVersion\":\"TLSv1.3\",\"cipherSuite\":\"TLS_AES_128_GCM_SHA256\",\
             \"clientProvidedHostHeader\":\"{service}.{region}.amazonaws.com\"}}"
        );
        if actor.kind == Kind::User && random.permille(200) {
            out.push_str(",\"sessionCredentialFromConsole\":\"true\"");
        }
    }
    out.push('}');
}

fn identity(actor: &Actor, random: &mut Random, at: Place<'_>, out: &mut String) {
    let account = at.account;
    let _ = match actor.kind {
        Kind::Service => write!(
            out,
            "\"userIdentity\":{{\"type\":\"AWSService\",\"invokedBy\":\"{}\"}},",
            actor.name
        ),
        Kind::Root => write!(
            out,
            "\"userIdentity\":{{\"type\":\"Root\",\"principalId\":\"{account}\",\
             \"arn\":\"{}\",\"accountId\":\"{account}\"}},",
            actor.arn
        ),
        Kind::User => write!(
            out,
            "\"userIdentity\":{{\"type\":\"IAMUser\",\"principalId\":\"{}\",\"arn\":\"{}\",\
             \"accountId\":\"{account}\",\"accessKeyId\":\"{}\",\"userName\":\"{}\"}},",
            actor.principal, actor.arn, actor.key, actor.name
        ),
        Kind::Role => write!(
            out,
            "\"userIdentity\":{{\"type\":\"AssumedRole\",\"principalId\":\"{}:{}\",\"arn\":\"{}\",\
             \"accountId\":\"{account}\",\"accessKeyId\":\"{}\",\"sessionContext\":{{\
             \"sessionIssuer\":{{\"type\":\"Role\",\"principalId\":\"{}\",\
             \"arn\":\"arn:aws:iam::{account}:role/{}\",\"accountId\":\"{account}\",\
             \"userName\":\"{}\"}},\"attributes\":{{\"creationDate\":\"",
            actor.principal,
            actor.session,
            actor.arn,
            actor.key,
            actor.principal,
            actor.name,
            actor.name
        ),
    };
    if actor.kind == Kind::Role {
        // Sessions begin on the hour, so that one session has one date.
        time(at.time - at.time % 3_600, out);
        let mfa = random.permille(50);
        let _ = write!(out, "\",\"mfaAuthenticated\":\"{mfa}\"}}}}}},");
    }
}

fn parameters(
    world: &World,
    random: &mut Random,
    call: &Call,
    at: Place<'_>,
    denied: bool,
    out: &mut String,
) {
    let (account, region) = (at.account, at.region);
    let n = random.skewed(400);
    let mut response = String::from("null");
    let mut additional = String::new();
    let _ = match (call.service, call.name) {
        ("s3", name) => {
            let bucket = world.bucket(n);
            let _ = write!(
                out,
                "\"requestParameters\":{{\"bucketName\":\"{bucket}\",\
                 \"Host\":\"{bucket}.s3.{region}.amazonaws.com\""
            );
            if name.contains("Object") {
                let _ = write!(out, ",\"key\":\"{}\"", world::object_key(random));
            }
            out.push_str("},");
            let _ = write!(
                additional,
                "{{\"SignatureVersion\":\"SigV4\",\"CipherSuite\":\"TLS_AES_128_GCM_SHA256\",\
                 \"bytesTransferredIn\":{},\"SSEApplied\":\"Default_SSE_S3\",\
                 \"AuthenticationMethod\":\"AuthHeader\",\"x-amz-id-2\":\"",
                random.below(4)
            );
            random.text(BASE64, 44, &mut additional);
            write!(additional, "\",\"bytesTransferredOut\":{}}}", random.below(1 << 16))
        }
        ("sts", "AssumeRole" | "AssumeRoleWithWebIdentity" | "AssumeRoleWithSAML") => {
            let _ = write!(
                out,
                "\"requestParameters\":{{\"roleArn\":\"arn:aws:iam::{account}:role/{}\",\
                 \"roleSessionName\":\"session-{}\",\"durationSeconds\":3600}},",
                world.role(n),
                random.below(20_000)
            );
            response = String::from("{\"credentials\":{\"accessKeyId\":\"ASIA");
            random.text(BASE32, 16, &mut response);
            response.push_str("\",\"sessionToken\":\"");
            random.text(BASE64, 120, &mut response);
            response.push_str("\",\"expiration\":\"");
            time(at.time + 3_600, &mut response);
            write!(
                response,
                "\"}},\"assumedRoleUser\":{{\"assumedRoleId\":\"AROA{n:016}:session\",\
                 \"arn\":\"arn:aws:sts::{account}:assumed-role/{}/session\"}}}}",
                world.role(n)
            )
        }
        ("kms", _) => write!(
            out,
            "\"requestParameters\":{{\"encryptionContext\":{{\"aws:s3:arn\":\"arn:aws:s3:::{}\"}},\
             \"encryptionAlgorithm\":\"SYMMETRIC_DEFAULT\",\
             \"keyId\":\"arn:aws:kms:{region}:{account}:key/{}\"}},",
            world.bucket(n),
            world.id(n % 40)
        ),
        ("bedrock", name)
            if call.read_only && (name.starts_with("Invoke") || name.starts_with("Converse")) =>
        {
            additional.push_str("{\"inferenceRegion\":\"us-east-2\"}");
            write!(out, "\"requestParameters\":{{\"modelId\":\"{}\"}},", world::model(random))
        }
        ("bedrock", _) => write!(
            out,
            "\"requestParameters\":{{\"knowledgeBaseId\":\"KB{:08}\",\"guardrailIdentifier\":\"gr{:08}\",\
             \"maxResults\":50,\"description\":\"{}\"}},",
            n % 12,
            n % 5,
            world::sentence(random)
        ),
        ("ec2", name) if call.read_only => write!(
            out,
            "\"requestParameters\":{{\"maxResults\":1000,\"{}Set\":{{\"items\":[{{\"id\":\"i-0{:016x}\"}}]}},\
             \"filterSet\":{{\"items\":[{{\"name\":\"tag:Service\",\"valueSet\":{{\"items\":[{{\"value\":\
             \"{}\"}}]}}}}]}}}},",
            name.trim_start_matches("Describe").to_lowercase(),
            n * 0x9_2B17,
            world.role(n)
        ),
        (service, _) if call.read_only => write!(
            out,
            "\"requestParameters\":{{\"maxResults\":100,\"resourceName\":\"{service}-{}\",\
             \"includeDetails\":true}},",
            world.role(n)
        ),
        (service, name) => {
            response.clear();
            let _ = write!(
                response,
                "{{\"arn\":\"arn:aws:{service}:{region}:{account}:resource/{}\",\
                 \"status\":\"CREATING\",\"requestId\":\"{}\"}}",
                world.id(n),
                world.id(random.below(1 << 20))
            );
            write!(
                out,
                "\"requestParameters\":{{\"name\":\"{}-{n}\",\"clientToken\":\"{}\",\"description\":\"{}\",\
                 \"tags\":[{{\"key\":\"stage\",\"value\":\"production\"}},{{\"key\":\"action\",\
                 \"value\":\"{name}\"}}]}},",
                world.role(n),
                world.id(random.below(1 << 20)),
                world::sentence(random)
            )
        }
    };
    let response = if denied { "null" } else { &response };
    let _ = write!(out, "\"responseElements\":{response},");
    if !additional.is_empty() {
        let _ = write!(out, "\"additionalEventData\":{additional},");
    }
}

fn is_data(call: &Call) -> bool {
    let object = call.service == "s3" && call.name.contains("Object") || call.name == "UploadPart";
    let item = call.service == "dynamodb" && !call.name.contains("Table");
    object || item || (call.service == "lambda" && call.name == "Invoke") || call.name == "Retrieve"
}

fn resources(world: &World, random: &mut Random, call: &Call, at: Place<'_>, out: &mut String) {
    let kind = match call.service {
        "s3" => "AWS::S3::Object",
        "dynamodb" => "AWS::DynamoDB::Table",
        "lambda" => "AWS::Lambda::Function",
        _ => "AWS::Bedrock::KnowledgeBase",
    };
    let name = world.bucket(random.skewed(400));
    let _ = write!(
        out,
        "\"resources\":[{{\"type\":\"{kind}\",\"ARN\":\"arn:aws:{}:::{name}/item\"}},\
         {{\"accountId\":\"{}\",\"type\":\"{kind}\",\"ARN\":\"arn:aws:{}:::{name}\"}}],",
        call.service, at.account, call.service
    );
}

/// Appends a time as `2026-10-07T08:15:00Z`.
pub(crate) fn time(seconds: i64, out: &mut String) {
    let (year, month, day) = date(seconds.div_euclid(86_400));
    let second = seconds.rem_euclid(86_400);
    let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
    let _ = write!(out, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z");
}

/// Year, month and day of a number of days since 1970.
pub(crate) fn date(days: i64) -> (i64, i64, i64) {
    // Counted in eras of 400 years that begin in March, so that leap days come last.
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (year + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::super::names;
    use super::*;

    #[test]
    fn every_call_makes_one_json_object() {
        let world = World::new(1);
        let mut random = Random::new(1, 1);
        for call in names::all() {
            for _ in 0..20 {
                let place =
                    Place { account: "111122223333", region: "us-east-1", time: 1_791_360_000 };
                let mut text = String::new();
                write(&world, &mut random, &call, place, &mut text);
                let value: serde_json::Value = serde_json::from_str(&text)
                    .unwrap_or_else(|error| panic!("{}: {error}: {text}", call.name));
                assert_eq!(value["eventName"], call.name);
                assert_eq!(value["eventTime"], "2026-10-07T08:00:00Z");
            }
        }
    }

    #[test]
    fn dates_are_those_of_the_calendar() {
        assert_eq!(date(0), (1970, 1, 1));
        assert_eq!(date(11_016), (2000, 2, 29));
        assert_eq!(date(20_733), (2026, 10, 7));
    }
}
