//! An invented incident, big enough to fill every part of a report.

mod answers;
mod evidence;

use heptagon_model::{EventRow, EvidenceRef, Finding, Level, Timestamp};
use heptagon_report::{
    ActivityHour, ActorLine, CaseMeta, Custody, DisableFirst, Document, Scope, ScopeBasis,
    Timeline, WorkloadText,
};

pub(crate) const ACCOUNT: &str = "111122223333";
pub(crate) const KEY: &str = "AKIAEXAMPLE0KEY00001";
pub(crate) const THIEF: &str = "arn:aws:iam::111122223333:user/ci-deployer";
pub(crate) const STOLEN: &str =
    "arn:aws:sts::111122223333:assumed-role/support-assistant/i-0abc@outside";
pub(crate) const TRAIL: &str = "9f31c2ab77e0d1f4";
pub(crate) const MODEL_LOG: &str = "41c0e5d2a8b97f06";

/// The whole document.
pub(crate) fn document() -> Document {
    Document {
        case: CaseMeta {
            id: "exposed-key".into(),
            tool_version: "0.1.0".into(),
            content_hash: "5c1e0b7d9a4f33e2c8d6a1b0f4e7d2936a5b8c0d1e2f3a4b5c6d7e8f90a1b2c3".into(),
            created: at("2026-11-12T08:00:00Z"),
            scope: Some(Scope {
                from: at("2026-11-03T00:00:00Z"),
                to: at("2026-11-10T00:00:00Z"),
                basis: ScopeBasis::Inferred,
            }),
            evidence_roots: vec!["evidence".into()],
        },
        answers: answers::answers(),
        disable_first: vec![
            DisableFirst {
                kind: "access-key".into(),
                id: KEY.into(),
                account: ACCOUNT.into(),
                why: "Used from 198.51.100.23 to delete a guardrail and stop invocation logging; still active in the last hour of the evidence.".into(),
                command: format!("aws iam update-access-key --user-name ci-deployer --access-key-id {KEY} --status Inactive"),
            },
            DisableFirst {
                kind: "role-sessions".into(),
                id: "arn:aws:iam::111122223333:role/support-assistant".into(),
                account: ACCOUNT.into(),
                why: "The application's own credentials were used from outside its network to send mail.".into(),
                command: "aws iam put-role-policy --role-name support-assistant --policy-name revoke-older-sessions --policy-document file://revoke.json".into(),
            },
        ],
        actors: actors(),
        findings: findings(),
        timeline: Timeline { entries: entries(), entries_total: 61, activity: activity() },
        coverage: evidence::coverage(),
        workload: WorkloadText {
            toml: "[workload]\naccounts = [\"111122223333\"]\nexposure = \"external\"\n\n[[roles]]\narn = \"arn:aws:iam::111122223333:role/support-assistant\"\npurpose = \"application\"\nnetworks = [\"203.0.113.0/24\"]\n\n[[components]]\nkind = \"guardrail\"\nid = \"gr1support\"\n".into(),
            basis: "inferred".into(),
        },
        artifacts: evidence::artifacts(),
        problems: evidence::problems(),
        custody: Custody {
            ledger_head: "7ad1c4e90b3f5566778899aabbccddeeff00112233445566778899aabbccddee".into(),
            ledger_entries: 9,
            manifest_sha256: "0c4b1f3e5d7a99887766554433221100ffeeddccbbaa99887766554433221100".into(),
        },
        records: evidence::records(),
    }
}

pub(crate) fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).expect("a time")
}

pub(crate) fn reference(artifact: &str, record: u64) -> EvidenceRef {
    let uri = if artifact == TRAIL {
        "AWSLogs/111122223333/CloudTrail/us-east-1/2026/11/07/111122223333_CloudTrail_us-east-1_20261107T0315Z_k3JhQ9.json.gz"
    } else {
        "AWSLogs/111122223333/BedrockModelInvocationLogs/us-east-1/2026/11/07/03/20261107T031455Z_5f1a.json.gz"
    };
    EvidenceRef { artifact: artifact.into(), uri: uri.into(), record }
}

fn strings(items: &[&str]) -> Vec<String> {
    items.iter().map(|item| (*item).to_owned()).collect()
}

fn actors() -> Vec<ActorLine> {
    let mut actors = vec![
        ActorLine {
            actor: KEY.into(),
            kind: "access-key".into(),
            account: ACCOUNT.into(),
            principal: THIEF.into(),
            access_keys: strings(&[KEY]),
            source_ips: strings(&["198.51.100.23", "198.51.100.77"]),
            user_agents: strings(&[
                "aws-cli/2.15.1 Python/3.11.6 Linux/6.5",
                "python-requests/2.31.0",
            ]),
            regions: strings(&["eu-west-1", "us-east-1", "us-west-2"]),
            first_time: at("2026-11-06T22:41:07Z"),
            last_time: at("2026-11-09T23:12:40Z"),
            events: 412,
            writes: 31,
            denied: 57,
            findings: strings(&["aa01", "aa02", "aa03", "aa04"]),
            suspicion: 94,
            suspect: true,
            reasons: strings(&[
                "first seen 2026-11-06 from a network nobody else uses",
                "deleted guardrail gr1support, then called a model it never called before",
                "57 refused calls over 14 services in 20 minutes",
            ]),
        },
        ActorLine {
            actor: STOLEN.into(),
            kind: "service-credential".into(),
            account: ACCOUNT.into(),
            principal: "arn:aws:sts::111122223333:assumed-role/support-assistant/i-0abc".into(),
            access_keys: strings(&["ASIAEXAMPLE000000077"]),
            source_ips: strings(&["198.51.100.77"]),
            user_agents: strings(&["Boto3/1.34 \u{202e}txt.exe <script>alert(1)</script>"]),
            regions: strings(&["us-east-1"]),
            first_time: at("2026-11-08T01:02:03Z"),
            last_time: at("2026-11-08T01:55:10Z"),
            events: 38,
            writes: 12,
            denied: 0,
            findings: strings(&["aa07"]),
            suspicion: 71,
            suspect: true,
            reasons: strings(&["a service's credentials used outside of its network"]),
        },
    ];
    for (name, score) in [("app-backend", 6), ("data-engineer", 4), ("auditor", 0)] {
        actors.push(ActorLine {
            actor: format!("arn:aws:sts::111122223333:assumed-role/{name}/session"),
            kind: "session".into(),
            account: ACCOUNT.into(),
            principal: format!("arn:aws:sts::111122223333:assumed-role/{name}/session"),
            access_keys: strings(&[
                "ASIAEXAMPLE000000001",
                "ASIAEXAMPLE000000002",
                "ASIAEXAMPLE000000003",
                "ASIAEXAMPLE000000004",
                "ASIAEXAMPLE000000005",
            ]),
            source_ips: strings(&["203.0.113.10"]),
            user_agents: strings(&["Boto3/1.34.11"]),
            regions: strings(&["us-east-1"]),
            first_time: at("2026-11-03T00:00:12Z"),
            last_time: at("2026-11-09T23:58:40Z"),
            events: 6_231,
            writes: 17,
            denied: 2,
            findings: Vec::new(),
            suspicion: score,
            suspect: false,
            reasons: Vec::new(),
        });
    }
    actors
}

fn findings() -> Vec<Finding> {
    use heptagon_model::Element::{
        Access, Agency, AiChanges, DataStoreChanges, InfrastructureChanges, Invocation,
    };
    let rows = [
        (
            "aa01",
            "Guardrail deleted",
            Level::High,
            AiChanges,
            "2026-11-07T03:15:21Z",
            "2026-11-07T03:15:21Z",
            1,
            "T1562.001",
        ),
        (
            "aa02",
            "Model invocation logging removed",
            Level::Critical,
            AiChanges,
            "2026-11-07T12:04:10Z",
            "2026-11-07T12:04:10Z",
            1,
            "T1562.008",
        ),
        (
            "aa03",
            "Many calls refused over many services",
            Level::Medium,
            Access,
            "2026-11-06T22:44:00Z",
            "2026-11-06T23:04:59Z",
            57,
            "T1526",
        ),
        (
            "aa04",
            "Foundation model access requested",
            Level::Medium,
            AiChanges,
            "2026-11-07T02:50:12Z",
            "2026-11-07T02:52:40Z",
            3,
            "T1098",
        ),
        (
            "aa05",
            "Knowledge base's bucket written by a stranger",
            Level::High,
            DataStoreChanges,
            "2026-11-07T20:31:00Z",
            "2026-11-07T20:33:18Z",
            2,
            "T1565.001",
        ),
        (
            "aa06",
            "Model called by a principal that never did",
            Level::High,
            Invocation,
            "2026-11-07T03:20:00Z",
            "2026-11-09T23:12:40Z",
            180,
            "T1496.004",
        ),
        (
            "aa07",
            "Application's role used outside its network",
            Level::High,
            Agency,
            "2026-11-08T01:02:03Z",
            "2026-11-08T01:55:10Z",
            38,
            "T1550.001",
        ),
        (
            "aa08",
            "Identity asked who it is",
            Level::Low,
            Access,
            "2026-11-06T22:41:07Z",
            "2026-11-06T22:41:07Z",
            1,
            "T1087.004",
        ),
        (
            "aa09",
            "Trail's event selectors changed",
            Level::Informational,
            InfrastructureChanges,
            "2026-11-04T09:12:00Z",
            "2026-11-04T09:12:00Z",
            1,
            "T1562.008",
        ),
    ];
    rows.into_iter()
        .enumerate()
        .map(|(n, (id, title, level, element, first, last, count, technique))| Finding {
            finding_id: id.into(),
            rule_id: format!("rule-{id}"),
            title: title.into(),
            level,
            elements: vec![element],
            first_time: at(first),
            last_time: at(last),
            count,
            principals: strings(&[if id == "aa07" { STOLEN } else { THIEF }]),
            source_ips: strings(&["198.51.100.23"]),
            resources: if n % 2 == 0 {
                strings(&["arn:aws:bedrock:us-east-1:111122223333:guardrail/gr1support"])
            } else {
                Vec::new()
            },
            refs: (0..count.min(20))
                .map(|record| {
                    reference(if id == "aa06" { MODEL_LOG } else { TRAIL }, record + n as u64)
                })
                .collect(),
            attack: strings(&[technique]),
            atlas: if n % 3 == 0 { strings(&["AML.T0054"]) } else { Vec::new() },
            owasp: strings(&["LLM10:2025"]),
            confidence: heptagon_model::Confidence::High,
            summary: format!("{title} by ci-deployer from 198.51.100.23."),
        })
        .collect()
}

fn entries() -> Vec<EventRow> {
    let rows = [
        ("2026-11-06T22:41:07Z", "sts:GetCallerIdentity", "success", "aa08"),
        ("2026-11-06T22:44:00Z", "bedrock:ListFoundationModels", "success", "aa03"),
        ("2026-11-06T22:51:30Z", "iam:ListUsers", "AccessDenied", "aa03"),
        ("2026-11-06T23:04:59Z", "s3:ListBuckets", "AccessDenied", "aa03"),
        ("2026-11-07T02:50:12Z", "bedrock:PutUseCaseForModelAccess", "success", "aa04"),
        ("2026-11-07T02:52:40Z", "bedrock:CreateFoundationModelAgreement", "success", "aa04"),
        ("2026-11-07T03:15:21Z", "bedrock:DeleteGuardrail", "success", "aa01"),
        ("2026-11-07T03:20:00Z", "bedrock:InvokeModel", "success", "aa06"),
        (
            "2026-11-07T12:04:10Z",
            "bedrock:DeleteModelInvocationLoggingConfiguration",
            "success",
            "aa02",
        ),
        ("2026-11-07T20:31:00Z", "s3:PutObject", "success", "aa05"),
        ("2026-11-07T20:33:18Z", "bedrock:StartIngestionJob", "success", "aa05"),
        ("2026-11-08T01:02:03Z", "ses:SendEmail", "success", "aa07"),
        ("2026-11-08T01:55:10Z", "ses:SendEmail", "success", "aa07"),
        ("2026-11-09T23:12:40Z", "bedrock:InvokeModel", "ThrottlingException", "aa06"),
    ];
    rows.into_iter()
        .enumerate()
        .map(|(n, (time, action, outcome, finding))| EventRow {
            event_time: at(time),
            source: "cloudtrail".into(),
            account: ACCOUNT.into(),
            region: "us-east-1".into(),
            principal: if finding == "aa07" { STOLEN.into() } else { THIEF.into() },
            action: action.into(),
            resource: (n % 2 == 0)
                .then(|| "arn:aws:bedrock:us-east-1:111122223333:guardrail/gr1support".into()),
            outcome: outcome.into(),
            source_ip: Some("198.51.100.23".into()),
            user_agent: Some("aws-cli/2.15.1 Python/3.11.6 Linux/6.5".into()),
            evidence: reference(TRAIL, n as u64),
            findings: strings(&[finding]),
        })
        .collect()
}

fn activity() -> Vec<ActivityHour> {
    let start = at("2026-11-03T00:00:00Z");
    let mut rows = Vec::new();
    for hour in 0..168u64 {
        let of_day = hour % 24;
        let busy = if (7..19).contains(&of_day) { 180 } else { 40 };
        let wave = (hour * 37 % 23) * 3;
        let intruder = matches!(hour, 94..=95 | 98..=100 | 108 | 116 | 121..=122 | 167);
        let hour_start = Timestamp(start.0 + hour as i64 * 3_600_000_000);
        rows.push(ActivityHour {
            source: "cloudtrail".into(),
            hour: hour_start,
            events: busy + wave + if intruder { 60 } else { 0 },
            findings: if intruder { 12 } else { 0 },
        });
        if hour < 108 {
            rows.push(ActivityHour {
                source: "bedrock-invocation".into(),
                hour: hour_start,
                events: busy / 3 + wave / 2,
                findings: if intruder { 5 } else { 0 },
            });
        }
    }
    rows.sort();
    rows
}
