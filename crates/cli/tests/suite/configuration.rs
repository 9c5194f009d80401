//! Configuration snapshots beside the logs: kept, shown, and never more than an explanation.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::evidence::{write, zip};
use super::support::{
    assert_same, balanced_sources, command, copy, example, example_case, investigate,
    investigate_with, sql, verdicts,
};

const ACCOUNT: &str = "111122223333";
const ARN: &str = "arn:aws:cloudtrail:us-east-1:111122223333:trail/audit";

/// Snapshots as the collecting guide names them.
fn snapshots() -> Vec<(String, String)> {
    let logging = r#"{"loggingConfig":{"s3Config":{"bucketName":"logs","keyPrefix":"p"},"textDataDeliveryEnabled":true}}"#;
    let named = |name: &str, text: &str| (name.to_owned(), text.to_owned());
    vec![
        named(
            "regions.json",
            r#"{
    "Regions": [
        {"Endpoint": "e", "RegionName": "us-east-1", "OptInStatus": "opt-in-not-required"},
        {"Endpoint": "e", "RegionName": "us-west-2", "OptInStatus": "opt-in-not-required"},
        {"Endpoint": "e", "RegionName": "af-south-1", "OptInStatus": "opted-in"},
        {"Endpoint": "e", "RegionName": "me-south-1", "OptInStatus": "not-opted-in"}
    ]
}
"#,
        ),
        named(
            "accounts.json",
            r#"{"Accounts":[{"Id":"111122223333","Arn":"arn:aws:organizations::111122223333:account/o-a/111122223333","Status":"ACTIVE"},{"Id":"444455556666","Arn":"arn:aws:organizations::111122223333:account/o-a/444455556666","Status":"ACTIVE"}]}"#,
        ),
        (
            "trails.json".to_owned(),
            format!(
                r#"{{"trailList":[{{"Name":"audit","TrailARN":"{ARN}","S3BucketName":"logs","HomeRegion":"us-east-1","IsMultiRegionTrail":true,"IncludeGlobalServiceEvents":true,"IsOrganizationTrail":true,"HasCustomEventSelectors":false}}]}}"#
            ),
        ),
        ("selectors-audit.json".to_owned(), selectors_document()),
        named("status-audit.json", r#"{"IsLogging":true,"LatestDeliveryTime":1791500000.5}"#),
        (format!("invocation-logging-{ACCOUNT}-us-east-1.json"), logging.to_owned()),
        (format!("invocation-logging-{ACCOUNT}-us-west-2.json"), logging.to_owned()),
        (format!("invocation-logging-{ACCOUNT}-eu-west-1.json"), "{}\n".to_owned()),
    ]
}

/// All management events, and the data events that the example has.
fn selectors_document() -> String {
    let mut selectors = vec![
        r#"{"Name":"m","FieldSelectors":[{"Field":"eventCategory","Equals":["Management"]}]}"#
            .to_owned(),
    ];
    for data_type in [
        "AWS::S3::Object",
        "AWS::Lambda::Function",
        "AWS::Bedrock::KnowledgeBase",
        "AWS::Bedrock::AgentAlias",
        "AWS::SES::EmailIdentity",
    ] {
        selectors.push(format!(
            r#"{{"Name":"d","FieldSelectors":[{{"Field":"eventCategory","Equals":["Data"]}},{{"Field":"resources.type","Equals":["{data_type}"]}}]}}"#
        ));
    }
    format!(r#"{{"TrailARN":"{ARN}","AdvancedEventSelectors":[{}]}}"#, selectors.join(","))
}

/// The example's evidence with snapshots beside it.
fn arranged(temp: &Path, snapshots: &[(String, String)]) -> PathBuf {
    fs::copy(example().join("workload.toml"), temp.join("workload.toml")).unwrap();
    let evidence = temp.join("evidence");
    copy(&example().join("evidence"), &evidence, &|_| true);
    put(&evidence, snapshots);
    evidence
}

fn put(evidence: &Path, snapshots: &[(String, String)]) {
    for (name, text) in snapshots {
        write(&evidence.join("settings").join(name), text);
    }
}

fn settings(case: &Path) -> Vec<Value> {
    sql(case, "SELECT kind, account, region, resource, document FROM config_state")
}

#[test]
fn snapshots_are_accounted_for_kept_and_explain_coverage() {
    let temp = tempfile::tempdir().unwrap();
    let case = temp.path().join("case");
    investigate(&[arranged(temp.path(), &snapshots())], &case);

    let sources = balanced_sources(&case);
    let of_settings: Vec<&Value> = sources
        .iter()
        .filter(|source| source["uri"].as_str().unwrap().contains("settings/"))
        .collect();
    assert_eq!(of_settings.len(), snapshots().len());
    for source in of_settings {
        assert_eq!(source["kind"], "aws-configuration", "{source}");
        assert_eq!((source["records"].as_u64(), source["notices"].as_u64()), (Some(1), Some(1)));
        assert_eq!(source["problems"], 0);
    }
    assert_eq!(sql(&case, "SELECT * FROM problems WHERE uri LIKE '%settings/%'"), [] as [Value; 0]);

    let rows = settings(&case);
    assert_eq!(rows.len(), snapshots().len(), "equal files are kept once for every place");
    let selectors = rows.iter().find(|row| row["kind"] == "cloudtrail:GetEventSelectors").unwrap();
    assert_eq!((&selectors["account"], &selectors["resource"]), (&ACCOUNT.into(), &ARN.into()));
    let logging: BTreeSet<&str> = rows
        .iter()
        .filter(|row| row["kind"] == "bedrock:GetModelInvocationLoggingConfiguration")
        .map(|row| row["region"].as_str().unwrap())
        .collect();
    assert_eq!(logging, ["eu-west-1", "us-east-1", "us-west-2"].into());

    let raw = "SELECT artifact, record, raw(artifact, record) AS r FROM config_state \
               WHERE kind = 'cloudtrail:GetEventSelectors'";
    let raw = &sql(&case, raw)[0];
    assert_eq!(raw["r"], selectors_document());
    let reference = format!("{}:{}", raw["artifact"].as_str().unwrap(), raw["record"]);
    let shown = heptagon!("show", reference, "--case", case).exits(0);
    assert!(shown.out.contains("AdvancedEventSelectors"), "{}", shown.out);

    let coverage = heptagon!("coverage", "--case", case, "--format", "jsonl").exits(0).jsonl();
    let of = |source: &str, state: &str| -> Vec<&Value> {
        let rows = coverage.iter();
        rows.filter(|row| row["source"] == source && row["state"] == state).collect()
    };
    let recorded = of("cloudtrail", "recorded");
    let configured: Vec<&&Value> = recorded
        .iter()
        .filter(|row| row["basis"] == "configured" && row["trail"] == "audit")
        .collect();
    let categories: BTreeSet<&str> =
        configured.iter().map(|row| row["category"].as_str().unwrap()).collect();
    for category in ["management-read", "management-write", "data:AWS::S3::Object"] {
        assert!(categories.contains(category), "{categories:?}");
    }
    for row in configured {
        assert!(row["ref"]["uri"].as_str().unwrap().ends_with("selectors-audit.json"), "{row}");
    }
    let off = of("bedrock-invocation", "off");
    assert!(off.iter().any(|row| row["region"] == "eu-west-1" && row["basis"] == "configured"));
    let unselected = of("cloudtrail", "not_selected");
    for row in &unselected {
        assert!(row["why"].as_str().unwrap().contains("trail audit selects no"), "{row}");
    }
    assert!(!unselected.is_empty());
}

#[test]
fn snapshots_deny_nothing_that_was_open_and_hide_nothing_that_was_found() {
    let temp = tempfile::tempdir().unwrap();
    let case = temp.path().join("case");
    investigate(&[arranged(temp.path(), &snapshots())], &case);
    let usual = verdicts(&example_case());
    for (question, verdict) in verdicts(&case) {
        let before = &usual[&question];
        assert!(verdict != "not_observed" || before == "not_observed", "{question}: {before}");
        let adverse = ["confirmed", "indicated"];
        let is = |verdict: &str| adverse.contains(&verdict);
        assert_eq!(is(&verdict), is(before), "{question}: {verdict}, was {before}");
    }
}

#[test]
fn snapshots_in_parts_in_other_runs_and_in_archives_give_the_same() {
    let together = tempfile::tempdir().unwrap();
    let expected = together.path().join("case");
    investigate(&[arranged(together.path(), &snapshots())], &expected);

    for of_first in [0, 1] {
        let temp = tempfile::tempdir().unwrap();
        let case = temp.path().join("case");
        let all = snapshots();
        let (first, second): (Vec<_>, Vec<_>) =
            all.into_iter().enumerate().partition(|(at, _)| at % 2 == of_first);
        let texts = |part: Vec<(usize, (String, String))>| -> Vec<(String, String)> {
            part.into_iter().map(|(_, snapshot)| snapshot).collect()
        };
        let evidence = arranged(temp.path(), &texts(first));
        investigate(std::slice::from_ref(&evidence), &case);
        assert!(settings(&case).len() < snapshots().len());
        put(&evidence, &texts(second));
        investigate(std::slice::from_ref(&evidence), &case);
        assert_same(&case, &expected);
        // Other rules make it necessary to read everything again.
        let again = std::slice::from_ref(&evidence);
        investigate_with(again, &case, &[OsStr::new("--no-default-rules")]);
        assert_eq!(settings(&case), settings(&expected));
        investigate(&[evidence], &case);
        assert_same(&case, &expected);
    }

    let temp = tempfile::tempdir().unwrap();
    let case = temp.path().join("case");
    let evidence = arranged(temp.path(), &[]);
    let members: Vec<(String, Vec<u8>)> =
        snapshots().into_iter().map(|(name, text)| (name, text.into_bytes())).collect();
    zip(&evidence.join("settings.zip"), &members);
    investigate(&[evidence], &case);
    balanced_sources(&case);
    assert_eq!(settings(&case), settings(&expected));
}

#[test]
fn killed_runs_lose_no_snapshot() {
    const KILLS: u32 = 12;
    let temp = tempfile::tempdir().unwrap();
    let evidence = arranged(temp.path(), &snapshots());
    let (case, expected) = (temp.path().join("case"), temp.path().join("expected"));
    let started = Instant::now();
    investigate(std::slice::from_ref(&evidence), &expected);
    let whole = started.elapsed();
    let args: Vec<OsString> =
        ["investigate".into(), evidence.into(), "--case".into(), case.clone().into()].to_vec();
    for kill in 0..KILLS {
        let spawned = command(&args).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let mut child = spawned.unwrap();
        std::thread::sleep(Duration::from_secs_f64(
            whole.as_secs_f64() * f64::from(kill + 1) / f64::from(KILLS),
        ));
        if child.try_wait().unwrap().is_none() {
            child.kill().unwrap();
        }
        child.wait().unwrap();
    }
    assert!(command(&args).output().unwrap().status.success());
    assert_same(&case, &expected);
}

#[test]
fn enabled_regions_join_those_that_are_asked_for() {
    let without = |snapshots: &[(String, String)]| -> BTreeSet<String> {
        let temp = tempfile::tempdir().unwrap();
        let case = temp.path().join("case");
        let evidence = arranged(temp.path(), snapshots);
        fs::write(temp.path().join("workload.toml"), "").unwrap();
        investigate(&[evidence], &case);
        let coverage = heptagon!("coverage", "--case", case, "--format", "jsonl").exits(0).jsonl();
        let rows = coverage.iter().filter(|row| row["source"] == "cloudtrail");
        rows.map(|row| row["region"].as_str().unwrap().to_owned()).collect()
    };
    let regions: Vec<(String, String)> =
        snapshots().into_iter().filter(|(name, _)| name == "regions.json").collect();
    let default = without(&[]);
    assert!(default.len() >= 17 && !default.contains("af-south-1"));
    let mut expected = default;
    expected.insert("af-south-1".to_owned());
    assert_eq!(without(&regions), expected);
}
