//! An exercise as a whole: the same every time, consistent in itself, and true.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Read;
use std::path::Path;

use flate2::read::MultiGzDecoder;
use heptagon_drill::{Gap, GapSource, Memory, Options, Scenario, Truth, generate, score_verdicts};
use heptagon_model::{Timestamp, Verdict};
use serde_json::Value;

/// An exercise, read back.
struct Exercise {
    truth: Truth,
    files: BTreeMap<String, Vec<u8>>,
    /// File, number in it, record.
    trail: Vec<(String, usize, Value)>,
    invocations: Vec<(String, usize, Value)>,
}

fn options() -> Options {
    let mut options = Options::new(Scenario::ExposedKey, 1);
    options.events = 9_000;
    options
}

fn made(options: &Options) -> (Truth, Vec<(String, Vec<u8>)>) {
    let mut memory = Memory::default();
    let truth = generate(options, &mut memory).unwrap();
    (truth, memory.files)
}

fn text(content: &[u8]) -> String {
    let mut text = String::new();
    MultiGzDecoder::new(content).read_to_string(&mut text).unwrap();
    text
}

fn exercise(options: &Options) -> Exercise {
    let (truth, files) = made(options);
    let (mut trail, mut invocations) = (Vec::new(), Vec::new());
    for (path, content) in &files {
        let Some(uri) = path.strip_prefix("evidence/") else { continue };
        if uri.contains("/data/") {
            continue;
        }
        let text = text(content);
        if uri.contains("/CloudTrail/") {
            let mut file: Value = serde_json::from_str(&text).unwrap();
            let Value::Array(records) = file["Records"].take() else {
                panic!("no records in {uri}")
            };
            trail.extend(records.into_iter().enumerate().map(|(n, at)| (uri.to_owned(), n, at)));
        } else {
            let lines = text.lines().map(|line| serde_json::from_str(line).unwrap());
            invocations.extend(lines.enumerate().map(|(n, at)| (uri.to_owned(), n, at)));
        }
    }
    Exercise { truth, files: files.into_iter().collect(), trail, invocations }
}

fn of<'a>(record: &'a Value, path: &str) -> &'a str {
    record.pointer(path).and_then(Value::as_str).unwrap_or("")
}

fn secs(time: &str) -> i64 {
    Timestamp::parse(time).unwrap().secs()
}

#[test]
fn the_same_options_give_the_same_bytes() {
    let (first, second) = (made(&options()), made(&options()));
    assert!(first == second);
    let mut other = options();
    other.seed = 2;
    assert!(made(&other).1 != first.1);
}

#[test]
fn it_is_about_as_large_as_asked() {
    let (truth, files) = made(&Options::new(Scenario::ExposedKey, 1));
    let records: u64 = truth.records.values().sum();
    assert!((18_000..22_000).contains(&records), "{records} records");
    let bytes: usize = files.iter().map(|(_, content)| content.len()).sum();
    assert!(bytes < 6_000_000, "{bytes} bytes");
}

#[test]
fn ids_times_and_principals_agree_across_the_logs() {
    let exercise = exercise(&options());
    let calls: BTreeMap<&str, &Value> = exercise
        .trail
        .iter()
        .filter(|(_, _, record)| of(record, "/eventName").contains("nv"))
        .map(|(_, _, record)| (of(record, "/requestID"), record))
        .collect();
    for (uri, _, logged) in &exercise.invocations {
        let call = calls[of(logged, "/requestId")];
        assert_eq!(of(call, "/eventTime"), of(logged, "/timestamp"));
        assert_eq!(of(call, "/eventName"), of(logged, "/operation"));
        assert_eq!(of(call, "/userIdentity/arn"), of(logged, "/identity/arn"));
        assert_eq!(of(call, "/requestParameters/modelId"), of(logged, "/modelId"));
        assert_eq!(of(call, "/awsRegion"), of(logged, "/region"));
        assert_eq!(of(call, "/errorCode"), of(logged, "/errorCode"));
        assert_eq!(
            of(call, "/additionalEventData/inferenceRegion"),
            of(logged, "/inferenceRegion")
        );
        assert_eq!(call["readOnly"], Value::Bool(true));
        assert!(uri.contains(of(logged, "/accountId")) && uri.contains(of(logged, "/region")));
        if let Some(path) = logged.pointer("/input/inputBodyS3Path").and_then(Value::as_str) {
            let key = path.split_once("/AWSLogs/").unwrap().1;
            let body = text(&exercise.files[&format!("evidence/AWSLogs/{key}")]);
            assert!(body.len() > 100_000 && serde_json::from_str::<Value>(&body).is_ok());
        }
    }
    let mut seen: BTreeMap<&str, &Value> = BTreeMap::new();
    for (uri, _, record) in &exercise.trail {
        assert!(uri.contains(of(record, "/recipientAccountId")), "{uri}");
        assert!(uri.contains(of(record, "/awsRegion")), "{uri}");
        // Delivered twice is delivered alike.
        if let Some(before) = seen.insert(of(record, "/eventID"), record) {
            assert_eq!(before, record);
        }
    }
    assert!(seen.len() < exercise.trail.len(), "some events are delivered twice");
}

#[test]
fn every_account_and_region_has_events_in_every_hour() {
    let exercise = exercise(&options());
    let mut hours: BTreeMap<(&str, &str), BTreeSet<&str>> = BTreeMap::new();
    let (from, to) = (exercise.truth.window.from.secs(), exercise.truth.window.to.secs());
    for (_, _, record) in &exercise.trail {
        let time = of(record, "/eventTime");
        assert!((from..to).contains(&secs(time)), "{time}");
        let cell = (of(record, "/recipientAccountId"), of(record, "/awsRegion"));
        hours.entry(cell).or_default().insert(&time[..13]);
    }
    assert_eq!(hours.len(), 4);
    for (cell, hours) in hours {
        assert_eq!(hours.len(), 96, "{cell:?}");
    }
}

#[test]
fn the_invocation_log_is_silent_exactly_while_it_is_off() {
    let exercise = exercise(&options());
    let east = |record: &&Value| of(record, "/awsRegion") == "us-east-1";
    let time_of = |name: &str, user: &str| {
        let records = exercise.trail.iter().map(|(_, _, record)| record).filter(east);
        let mut times = records
            .filter(|at| of(at, "/eventName") == name && of(at, "/userIdentity/arn").contains(user))
            .map(|at| secs(of(at, "/eventTime")));
        times.next().unwrap()
    };
    let off = time_of("DeleteModelInvocationLoggingConfiguration", "ci-deploy-legacy");
    let on = time_of("PutModelInvocationLoggingConfiguration", "IncidentResponder");
    let logged: BTreeSet<&str> =
        exercise.invocations.iter().map(|(_, _, record)| of(record, "/requestId")).collect();
    let mut silent = 0;
    for (_, _, call) in &exercise.trail {
        let name = of(call, "/eventName");
        let model = call.pointer("/requestParameters/modelId").is_some();
        let invokes = model && (name.starts_with("Invoke") || name.starts_with("Converse"));
        if !invokes || of(call, "/errorCode").starts_with("AccessDenied") {
            continue;
        }
        let time = secs(of(call, "/eventTime"));
        let recorded = of(call, "/awsRegion") != "us-east-1" || !(off..on).contains(&time);
        assert_eq!(logged.contains(of(call, "/requestID")), recorded, "{call}");
        silent += u64::from(!recorded);
    }
    assert!(silent > 100, "{silent} invocations left no log");
}

#[test]
fn the_story_is_the_intruders_and_only_the_intruders() {
    let exercise = exercise(&options());
    let truth = &exercise.truth;
    let told: BTreeSet<(&str, usize)> = truth
        .story
        .iter()
        .flat_map(|step| &step.refs)
        .map(|at| (at.uri.as_str(), usize::try_from(at.record).unwrap()))
        .collect();
    assert!(truth.story.iter().all(|step| !step.refs.is_empty()));
    assert!(truth.story.windows(2).all(|pair| pair[0].time <= pair[1].time));
    let seen = |list: &[String], value: &str| list.iter().any(|item| item == value);
    let mut by_event: BTreeMap<&str, bool> = BTreeMap::new();
    for (uri, number, record) in &exercise.trail {
        let guilty = seen(&truth.intruders.source_ips, of(record, "/sourceIPAddress"));
        let in_story = told.contains(&(uri.as_str(), *number));
        let quarantine = of(record, "/requestParameters/policyArn").contains("Quarantine");
        if in_story {
            assert!(guilty || quarantine, "{record}");
        }
        if guilty {
            let key = of(record, "/userIdentity/accessKeyId");
            assert!(seen(&truth.intruders.access_keys, key), "{record}");
            assert!(seen(&truth.intruders.user_agents, of(record, "/userAgent")), "{record}");
            // A second delivery is not in the story, the first is.
            *by_event.entry(of(record, "/eventID")).or_default() |= in_story;
        }
    }
    assert!(by_event.len() > 200 && by_event.values().all(|told| *told));
    for look_alike in &truth.benign.look_alikes {
        let acts = exercise.trail.iter().any(|(_, _, record)| {
            let name = look_alike.principal.rsplit('/').next().unwrap_or_default();
            of(record, "/userIdentity/arn").contains(name)
        });
        assert!(acts, "{}", look_alike.principal);
    }
}

#[test]
fn what_is_withheld_cannot_be_told() {
    let mut gapped = options();
    gapped.gaps = vec![Gap::all(GapSource::InvocationLogs)];
    let exercise = exercise(&gapped);
    assert!(exercise.invocations.is_empty());
    assert!(exercise.files.keys().all(|path| !path.contains("InvocationLogs")));
    assert_eq!(exercise.truth.verdicts["invocation-content"], Verdict::CannotTell);
    assert_eq!(exercise.truth.verdicts["invocation-injection"], Verdict::CannotTell);
    assert_eq!(exercise.truth.verdicts["invocation-unauthorized"], Verdict::Confirmed);

    gapped.gaps = vec![Gap::parse("cloudtrail:us-west-2").unwrap()];
    let (truth, _) = made(&gapped);
    assert!(truth.verdicts.values().all(|verdict| *verdict != Verdict::NotObserved));
    assert_eq!(truth.verdicts["ai-guardrails"], Verdict::Confirmed);
}

#[test]
fn the_truth_survives_its_file_and_scores_itself_full() {
    let (truth, files) = made(&options());
    let file = files.iter().find(|(path, _)| path == "truth.json").unwrap();
    assert!(file.1.starts_with(b"{\n  \"heptagon_truth\": 1,"));
    assert_eq!(serde_json::from_slice::<Truth>(&file.1).unwrap(), truth);
    let score = score_verdicts(&truth, &truth.verdicts, &truth.elements);
    assert_eq!((score.right, score.questions), (43, 43));
    assert!(score.wrong.is_empty());

    let mut cautious = truth.verdicts.clone();
    cautious.insert("invocation-injection".to_owned(), Verdict::Indicated);
    assert_eq!(score_verdicts(&truth, &cautious, &truth.elements).right, 43);

    let mut careless = truth.verdicts.clone();
    careless.insert("ai-guardrails".to_owned(), Verdict::NotObserved);
    careless.insert("infra-compute".to_owned(), Verdict::Confirmed);
    careless.insert("private-access".to_owned(), Verdict::CannotTell);
    let score = score_verdicts(&truth, &careless, &truth.elements);
    assert_eq!(score.right, 40);
    let element = |slug: &str| score.elements.iter().find(|at| at.element.slug() == slug).unwrap();
    assert_eq!(element("ai-changes").wrong_no, 1);
    assert!(element("ai-changes").recall < 1.0);
    assert!(element("infrastructure-changes").precision < 1.0);
    assert_eq!(element("private-data").wrong_cannot_tell, 1);
}

#[test]
fn the_workload_file_is_toml_and_declares_the_roles_that_act() {
    let (_, files) = made(&options());
    let file = files.iter().find(|(path, _)| path == "workload.toml").unwrap();
    let text = std::str::from_utf8(&file.1).unwrap();
    let declared: toml::Table = toml::from_str(text).unwrap();
    for section in ["organisation", "application", "component", "role", "store", "announced"] {
        assert!(declared.contains_key(section), "{section}");
    }
    assert!(!text.contains("svc-backup-sync"));
}

#[test]
fn the_committed_example_is_what_the_command_makes() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples");
    let (_, files) = made(&Options::new(Scenario::ExposedKey, 1));
    let mut expected = BTreeSet::new();
    for (path, content) in &files {
        let file = match path.as_str() {
            "truth.json" => root.join("truth/exposed-key.json"),
            path => root.join("exposed-key").join(path),
        };
        let committed = fs::read(&file).unwrap_or_default();
        assert!(committed == *content, "{} is not what is made", file.display());
        expected.insert(file);
    }
    let mut folders = vec![root.join("exposed-key")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                assert!(expected.contains(&path), "{} is left over", path.display());
            }
        }
    }
}
