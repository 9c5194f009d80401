//! What rules see equals what `serde_json` reads, and the typed fields equal both.
#![allow(clippy::unwrap_used)]

use heptagon_model::{FieldValue, Fields, Limits, ProblemCode, Timestamp};
use heptagon_parse::{Record, RecordMeta, RecordProblem, Sink, parse_all};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

struct Each<F>(F, usize);

impl<F: FnMut(&Record<'_>)> Sink for Each<F> {
    fn record(&mut self, _: &RecordMeta, record: &Record<'_>) {
        self.1 += 1;
        (self.0)(record);
    }
    fn notice(&mut self, _: &RecordMeta, reason: &str) {
        panic!("{reason}");
    }
    fn problem(&mut self, problem: RecordProblem) {
        assert_eq!(problem.code, ProblemCode::UnknownVersion, "{problem:?}");
    }
}

fn field(value: &FieldValue<'_>) -> Value {
    match value {
        FieldValue::Str(text) => json!(text),
        FieldValue::Int(number) => json!(number),
        FieldValue::Float(number) => json!(number),
        FieldValue::Bool(flag) => json!(flag),
        FieldValue::Null => Value::Null,
        FieldValue::Array(items) => items.iter().map(field).collect(),
        FieldValue::Object(members) => {
            members.iter().map(|(name, value)| (name.to_string(), field(value))).collect()
        }
    }
}

/// Every path of objects in `value`, with what is there.
fn paths(prefix: &str, value: &Value, out: &mut Vec<(String, Value)>) {
    for (name, inner) in value.as_object().into_iter().flatten() {
        let path = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
        paths(&path, inner, out);
        out.push((path, inner.clone()));
    }
}

fn strings(value: &Value, out: &mut Vec<String>) {
    match value {
        Value::String(text) => out.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| strings(item, out)),
        Value::Object(members) => members.values().for_each(|item| strings(item, out)),
        _ => {}
    }
}

fn text() -> impl Strategy<Value = Value> {
    prop_oneof![3 => "\\PC{0,12}".prop_map(Value::from), 1 => "[\\x00-\\x20\"\\\\/]{1,6}".prop_map(Value::from), 1 => Just(Value::Null)]
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        text(),
        any::<i64>().prop_map(Value::from),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(|n| Value::from(f64::from(n) / 8.0))
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[a-zA-Z]{1,6}", inner, 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

fn object() -> impl Strategy<Value = Value> {
    prop::collection::btree_map("[a-zA-Z]{1,6}", any_json(), 0..5)
        .prop_map(|members| Value::Object(members.into_iter().collect()))
}

const TEXTS: [&str; 17] = [
    "eventVersion",
    "awsRegion",
    "sourceIPAddress",
    "userAgent",
    "errorCode",
    "errorMessage",
    "requestID",
    "eventID",
    "eventType",
    "eventCategory",
    "apiVersion",
    "recipientAccountId",
    "sharedEventID",
    "vpcEndpointId",
    "vpcEndpointAccountId",
    "sessionCredentialFromConsole",
    "other",
];
const PARTS: [&str; 9] = [
    "requestParameters",
    "responseElements",
    "additionalEventData",
    "serviceEventDetails",
    "tlsDetails",
    "addendum",
    "edgeDeviceDetails",
    "eventContext",
    "unknownPart",
];
const IDENTITY: [&str; 10] = [
    "type",
    "arn",
    "principalId",
    "accountId",
    "userName",
    "accessKeyId",
    "invokedBy",
    "identityProvider",
    "credentialId",
    "somethingNew",
];

fn record() -> impl Strategy<Value = Value> {
    let texts = prop::collection::vec(prop::option::of(text()), TEXTS.len());
    let parts =
        prop::collection::vec(prop::option::of(prop_oneof![object(), any_json()]), PARTS.len());
    let identity = prop::collection::vec(prop::option::of(text()), IDENTITY.len());
    let session = (text(), text(), text(), any::<bool>());
    (texts, parts, identity, session, any::<bool>(), 0i64..4_000_000_000).prop_map(
        |(texts, parts, identity, (issuer, mfa, source, deep), flag, secs)| {
            let mut members = Map::new();
            for (name, value) in TEXTS.iter().zip(texts).chain(PARTS.iter().zip(parts)) {
                if let Some(value) = value {
                    members.insert((*name).into(), value);
                }
            }
            let mut who = Map::new();
            for (name, value) in IDENTITY.iter().zip(identity) {
                if let Some(value) = value {
                    who.insert((*name).into(), value);
                }
            }
            if deep {
                who.insert("sessionContext".into(), json!({"sessionIssuer": {"arn": issuer, "extra": 1}, "attributes": {"mfaAuthenticated": mfa}, "sourceIdentity": source, "webIdFederationData": {}}));
            }
            members.insert("userIdentity".into(), Value::Object(who));
            members.insert("eventSource".into(), "s3.amazonaws.com".into());
            members.insert("eventName".into(), "GetObject".into());
            members.insert("eventTime".into(), Timestamp::from_secs(secs).to_string().into());
            members.insert("readOnly".into(), if secs % 3 == 0 { flag.to_string().into() } else { flag.into() });
            if secs % 2 == 0 {
                members.insert("managementEvent".into(), if flag { Value::Null } else { true.into() });
            }
            members.insert("resources".into(), json!([{"ARN": "arn:a", "type": "t"}, {"ARN": "arn:b"}]));
            Value::Object(members)
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn fields_equal_what_serde_json_reads(value in record(), pretty: bool) {
        let json = if pretty { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) }.unwrap();
        let mut expected = Vec::new();
        paths("", &value, &mut expected);
        let mut expected_strings = Vec::new();
        strings(&value, &mut expected_strings);
        expected_strings.sort();
        let mut sink = Each(|record: &Record<'_>| {
            for (path, value) in &expected {
                assert_eq!(record.field(path).as_ref().map(field).as_ref(), Some(value), "{path} of {json}");
            }
            assert_eq!(record.field("resources.ARN").as_ref().map(field), Some(json!(["arn:a", "arn:b"])));
            for absent in ["nothing", "requestParameters.nothing.nothing", "userIdentity.nothing", "eventname", "awsRegion.x"] {
                assert_eq!(record.field(absent), None, "{absent}");
            }
            assert_eq!(&record.to_json(), &value);
            let mut seen = Vec::new();
            record.visit_strings(&mut |text| seen.push(text.to_owned()));
            seen.sort();
            assert_eq!(&seen, &expected_strings);
            let Record::CloudTrail(event) = record else { panic!("not CloudTrail") };
            assert_eq!(event.raw, json.as_str());
            let typed = [
                ("eventVersion", &event.event_version), ("awsRegion", &event.aws_region), ("sourceIPAddress", &event.source_ip_address),
                ("userAgent", &event.user_agent), ("errorCode", &event.error_code), ("errorMessage", &event.error_message),
                ("requestID", &event.request_id), ("eventID", &event.event_id), ("eventType", &event.event_type),
                ("eventCategory", &event.event_category), ("apiVersion", &event.api_version), ("recipientAccountId", &event.recipient_account_id),
                ("sharedEventID", &event.shared_event_id), ("vpcEndpointId", &event.vpc_endpoint_id),
            ];
            for (name, text) in typed {
                assert_eq!(text.as_deref(), value[name].as_str(), "{name}");
            }
            let who = &event.user_identity;
            let typed = [
                ("/type", &who.type_), ("/arn", &who.arn), ("/principalId", &who.principal_id), ("/accountId", &who.account_id),
                ("/userName", &who.user_name), ("/accessKeyId", &who.access_key_id), ("/invokedBy", &who.invoked_by),
                ("/sessionContext/sessionIssuer/arn", &who.session_issuer_arn),
                ("/sessionContext/attributes/mfaAuthenticated", &who.mfa_authenticated), ("/sessionContext/sourceIdentity", &who.source_identity),
            ];
            for (pointer, text) in typed {
                assert_eq!(text.as_deref(), value["userIdentity"].pointer(pointer).and_then(Value::as_str), "{pointer}");
            }
            for (name, raw) in [("requestParameters", event.request_parameters), ("responseElements", event.response_elements), ("additionalEventData", event.additional_event_data), ("resources", event.resources)] {
                let read = raw.map(|raw| serde_json::from_str::<Value>(raw).unwrap());
                assert_eq!(read.unwrap_or_default(), value[name], "{name}");
            }
        }, 0);
        parse_all(json.as_bytes(), &Limits::DEFAULT, &mut sink);
        assert_eq!(sink.1, 1, "{json}");
    }
}
