//! Trails and their selectors.

use heptagon_content::questions::NeedScope;
use heptagon_model::{Basis, CoverageState};

use super::*;
use Basis::{Configured as Set, Inferred};
use CoverageState::{NotSelected, Off, Recorded, Unknown};

#[test]
fn what_is_recorded_names_the_trail_that_selects_it() {
    let scene = Scene::new().trail("main", true).selectors("main", ALL);
    assert_eq!(scene.states("management-read", "us-east-1"), expect(Recorded, Set, "main"));
    let row = &scene.rows("management-read", "us-east-1")[0];
    assert_eq!(row.evidence.as_ref().expect("the selectors").artifact, "s1");
    // Selected is not recorded: a region without records stays unknown.
    let dark = scene.states("management-read", "eu-west-1");
    assert!(dark.iter().all(|(state, basis, _)| (*state, *basis) == (Unknown, Inferred)));
}

#[test]
fn without_selectors_nothing_is_claimed() {
    let scene = Scene::new().trail("main", true);
    assert_eq!(scene.states("management-read", "us-east-1"), expect(Recorded, Inferred, "-"));
    let scene = Scene::new().trail("main", true).trail("other", true).selectors("main", WRITES);
    assert_eq!(scene.states("management-read", "eu-west-1"), expect(Unknown, Inferred, "-"));
    // Answers for one trail that differ are none.
    let scene = Scene::new().trail("main", true).selectors("main", ALL).selectors("main", WRITES);
    assert_eq!(scene.states("management-read", "us-east-1"), expect(Recorded, Inferred, "-"));
}

#[test]
fn what_no_trail_selects_and_no_record_shows_is_not_selected() {
    let mut scene = Scene::new().trail("main", true).selectors("main", WRITES);
    scene.inputs.presence.retain(|row| row.category == "management-write");
    for region in ["us-east-1", "eu-west-1"] {
        assert_eq!(
            scene.states("management-read", region),
            expect(NotSelected, Set, "main"),
            "{region}"
        );
    }
    let why = &scene.rows("management-read", "us-east-1")[0].why;
    assert_eq!(why, "trail main selects no read-only management events");
    assert_eq!(scene.states("management-write", "us-east-1"), expect(Recorded, Set, "main"));
    let blind = scene.blind("management-read", NeedScope::RegionsAndGlobal);
    assert_eq!(blind.len(), 2);
    assert!(blind.iter().all(|cell| cell.state == NotSelected));
}

#[test]
fn records_win_over_selectors() {
    let scene = Scene::new().trail("main", true).selectors("main", WRITES);
    assert_eq!(scene.states("management-read", "us-east-1"), expect(Recorded, Inferred, "-"));
    // A trail that is contradicted in one place is not believed in another.
    assert_eq!(scene.states("management-read", "eu-west-1"), expect(Unknown, Inferred, "-"));
    // The event history has what no trail selects: it contradicts where it is, and nowhere else.
    let mut history = Scene::new().trail("main", true).selectors("main", WRITES);
    for row in &mut history.inputs.presence {
        row.complete_source = row.category == "management-write";
    }
    assert!(history.states("management-read", "us-east-1").iter().all(|s| s.0 != NotSelected));
    assert_eq!(history.states("management-read", "eu-west-1"), expect(NotSelected, Set, "main"));
}

#[test]
fn a_trail_of_one_region_says_nothing_of_others() {
    let mut scene = Scene::new().trail("main", false).selectors("main", WRITES);
    scene.inputs.presence.retain(|row| row.category == "management-write");
    assert_eq!(scene.states("management-read", "us-east-1"), expect(NotSelected, Set, "main"));
    assert_eq!(scene.states("management-read", "eu-west-1"), expect(Unknown, Inferred, "-"));
}

#[test]
fn a_second_trail_may_select_what_the_first_does_not() {
    let scene = Scene::new()
        .trail("main", true)
        .selectors("main", WRITES)
        .trail("reads", true)
        .selectors("reads", ALL);
    assert_eq!(scene.states("management-read", "us-east-1"), expect(Recorded, Set, "reads"));
    assert_eq!(scene.states("management-write", "us-east-1"), expect(Recorded, Set, "main, reads"));
}

#[test]
fn before_a_change_of_the_trail_nothing_is_claimed() {
    let scene = || Scene::new().trail("main", true).selectors("main", ALL);
    let changed = scene().changed(24, LoggingChange::Altered, Some("main"));
    assert_eq!(
        changed.states("management-read", "us-east-1"),
        [(Recorded, Inferred, "-".into()), (Recorded, Set, "main".into())]
    );
    let by_arn = scene().changed(24, LoggingChange::Altered, Some(&arn("main")));
    assert_eq!(by_arn.states("management-read", "us-east-1").len(), 2);
    let other = scene().changed(24, LoggingChange::Altered, Some("other"));
    assert_eq!(other.states("management-read", "us-east-1").len(), 1);

    let unselected = Scene::new().trail("main", true).selectors("main", ALL).changed(
        24,
        LoggingChange::Narrowed,
        Some("main"),
    );
    assert_eq!(
        unselected.states(BASES, "us-east-1"),
        [(Unknown, Inferred, "-".into()), (NotSelected, Set, "main".into())]
    );
    let blind = unselected.blind(BASES, NeedScope::Regions);
    let states: Vec<_> = blind.iter().map(|cell| (cell.state, cell.from, cell.to)).collect();
    assert_eq!(states[0].0, Unknown);
    assert_eq!((states[1].0, states[1].1), (NotSelected, hour(24)));
}

#[test]
fn data_events_that_no_trail_selects_are_named_by_the_gap() {
    let scene = Scene::new().trail("main", true).selectors("main", ALL);
    let blind = scene.blind(BASES, NeedScope::Regions);
    assert_eq!(blind.len(), 1, "{blind:?}");
    assert_eq!(blind[0].state, NotSelected);
    assert_eq!(
        blind[0].why,
        "trail main selects no data events of type AWS::Bedrock::KnowledgeBase"
    );
    assert_eq!(scene.states(BASES, "us-east-1"), expect(NotSelected, Set, "main"));

    let none = Scene::new().blind(BASES, NeedScope::Regions);
    assert_eq!(none[0].state, Unknown);
}

#[test]
fn data_events_that_are_there_contradict_the_selectors() {
    let scene = Scene::new()
        .records(BASES, "us-east-1", 0..HOURS)
        .trail("main", true)
        .selectors("main", ALL);
    assert_eq!(scene.states(BASES, "us-east-1"), expect(Recorded, Inferred, "-"));
    assert_eq!(scene.states(BASES, "eu-west-1"), []);
    // Another trail, which is not known, may select other data events as well.
    assert_eq!(scene.states(OBJECTS, "us-east-1"), []);
    assert_eq!(scene.states("management-read", "us-east-1"), expect(Recorded, Set, "main"));
    assert_eq!(scene.blind(BASES, NeedScope::Regions), []);
}

#[test]
fn data_events_that_are_selected_and_absent_stay_unknown() {
    let selector = r#"{"TrailARN":"ARN","AdvancedEventSelectors":[{"FieldSelectors":[
        {"Field":"eventCategory","Equals":["Data"]},
        {"Field":"resources.type","Equals":["AWS::Bedrock::KnowledgeBase"]}]}]}"#;
    let scene = Scene::new().trail("main", true).snapshot(
        "cloudtrail:GetEventSelectors",
        (ACCOUNT, "us-east-1"),
        &selector.replace("ARN\":\"ARN", &format!("ARN\":\"{}", arn("main"))),
    );
    let blind = scene.blind(BASES, NeedScope::Regions);
    assert_eq!(blind.len(), 1, "{blind:?}");
    assert_eq!(blind[0].state, Unknown);
    assert!(blind[0].why.contains("trail main selects data events of this type"), "{blind:?}");
    let recorded = scene.records(BASES, "us-east-1", 0..HOURS);
    assert_eq!(recorded.states(BASES, "us-east-1"), expect(Recorded, Set, "main"));
    assert_eq!(recorded.blind(BASES, NeedScope::Regions), []);
}

#[test]
fn stores_that_no_trail_selects_are_named() {
    let with = |value: &str| {
        let selector = format!(
            r#"{{"ReadWriteType":"All","IncludeManagementEvents":true,
               "DataResources":[{{"Type":"AWS::S3::Object","Values":["{value}"]}}]}}"#
        );
        let mut scene = Scene::new().trail("main", true).selectors("main", &selector);
        scene.workload = Workload::parse(
            "[organisation]\nregions = [\"us-east-1\"]\n[[store]]\nkind = \"s3\"\nid = \"records\"\nclass = \"private\"\n",
        )
        .expect("a workload");
        scene
    };
    let scene = with("arn:aws:s3:::other/");
    let blind = scene.blind(OBJECTS, NeedScope::PrivateStores);
    assert_eq!(blind[0].state, NotSelected);
    assert_eq!(blind[0].why, "trail main selects no data events of this store");
    let blind = with("arn:aws:s3:::records/").blind(OBJECTS, NeedScope::PrivateStores);
    assert_eq!(blind[0].state, Unknown);
    assert!(blind[0].why.contains("none is in the evidence"), "{blind:?}");

    let mut seen = with("arn:aws:s3:::other/").records(OBJECTS, "us-east-1", 0..HOURS);
    seen.inputs.stores.push(StoreSeen {
        data_type: "AWS::S3::Object".into(),
        store: "records".into(),
        account: ACCOUNT.into(),
        region: "us-east-1".into(),
        reads: 1,
        writes: 1,
        first_time: hour(0),
        last_time: hour(HOURS),
    });
    assert_eq!(seen.blind(OBJECTS, NeedScope::PrivateStores), [], "records win");
}

#[test]
fn a_trail_of_the_organisation_covers_every_account() {
    let document = format!(
        r#"{{"Trail":{{"Name":"org","TrailARN":"{}","HomeRegion":"us-east-1",
            "IsMultiRegionTrail":true,"IsOrganizationTrail":true}}}}"#,
        arn("org")
    );
    let mut scene = Scene::new()
        .snapshot("cloudtrail:GetTrail", (ACCOUNT, "us-east-1"), &document)
        .selectors("org", ALL);
    for row in &mut scene.inputs.presence {
        row.account = "444455556666".into();
    }
    assert_eq!(scene.states("management-read", "us-east-1"), expect(Recorded, Set, "org"));
}

fn status(scene: Scene, file: &str, document: &str) -> Scene {
    let artifact = format!("s{}", scene.inputs.snapshots.len());
    let mut scene = scene.snapshot("cloudtrail:GetTrailStatus", ("", ""), document);
    scene.inputs.artifacts.push(heptagon_model::ArtifactRow {
        artifact,
        uri: file.into(),
        bytes: 1,
        sha256: String::new(),
        content_sha256: String::new(),
        content_bytes: 1,
        kind: "aws-configuration".into(),
        accounting: heptagon_model::Accounting::default(),
        first_event_time: None,
        last_event_time: None,
        accounts: Vec::new(),
        regions: Vec::new(),
        reason: None,
    });
    scene
}

/// A trail that was stopped after a day, and records in another region until the end.
fn stopped_scene() -> Scene {
    let mut scene = Scene::new().trail("main", true).selectors("main", ALL);
    scene.inputs.presence.retain(|row| row.hour < hour(24));
    scene.records("management-write", "eu-west-1", 0..HOURS)
}

/// With the trail that made those records.
fn with_second(scene: Scene) -> Scene {
    let arn = arn("other").replace("us-east-1", "eu-west-1");
    let trail = format!(r#"{{"Trail":{{"TrailARN":"{arn}","HomeRegion":"eu-west-1"}}}}"#);
    let selectors = format!(r#"{{"TrailARN":"{arn}","EventSelectors":[{ALL}]}}"#);
    let place = (ACCOUNT, "eu-west-1");
    scene.snapshot("cloudtrail:GetTrail", place, &trail).snapshot(
        "cloudtrail:GetEventSelectors",
        place,
        &selectors,
    )
}

#[test]
fn a_stopped_trail_is_named_by_the_name_of_the_file() {
    let stopped = format!(r#"{{"IsLogging":false,"StopLoggingTime":"{}"}}"#, hour(24));
    let scene = || with_second(stopped_scene());
    let found = status(scene(), "x/status-main.json", &stopped);
    let states = found.states("management-read", "us-east-1");
    assert_eq!(states.last().expect("stretches"), &(Off, Set, "main".to_owned()), "{states:?}");
    assert_eq!(states[0].0, Recorded);
    let elsewhere = found.states("management-write", "eu-west-1");
    assert_eq!(elsewhere, expect(Recorded, Set, "other"));

    for file in ["status.json", "status-maintenance.json", "status-main2.json"] {
        let nobody = status(scene(), file, &stopped);
        let states = nobody.states("management-read", "us-east-1");
        assert!(states.iter().all(|(state, _, _)| *state != Off), "{file}: {states:?}");
    }
    let again = status(found, "status-main-later.json", r#"{"IsLogging":true}"#);
    let states = again.states("management-read", "us-east-1");
    assert!(states.iter().all(|(state, _, _)| *state != Off), "{states:?}");
}

#[test]
fn records_after_a_stop_that_no_known_trail_made_contradict_it() {
    let stopped = format!(r#"{{"IsLogging":false,"StopLoggingTime":"{}"}}"#, hour(24));
    let scene = status(stopped_scene(), "status-main.json", &stopped);
    for region in ["us-east-1", "eu-west-1"] {
        let states = scene.states("management-write", region);
        assert!(states.iter().all(|(state, _, _)| *state != Off), "{region}: {states:?}");
    }
    let never = status(with_second(stopped_scene()), "status-main.json", r#"{"IsLogging":false}"#);
    let states = never.states("management-read", "us-east-1");
    assert!(states.iter().all(|(state, _, _)| *state != Off), "it has records: {states:?}");
}
