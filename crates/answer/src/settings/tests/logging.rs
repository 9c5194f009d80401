//! Invocation logging.

use heptagon_model::{Basis, CoverageState};

use super::*;
use Basis::{Configured as Set, Inferred};
use CoverageState::{NotSelected, Off, Recorded, Unknown};

const ON: &str =
    r#"{"loggingConfig":{"s3Config":{"bucketName":"b"},"textDataDeliveryEnabled":true}}"#;
const NO_TEXT: &str =
    r#"{"loggingConfig":{"s3Config":{"bucketName":"b"},"textDataDeliveryEnabled":false}}"#;

fn call(source: &str, logged: bool) -> ModelCall {
    ModelCall {
        source: source.into(),
        account: ACCOUNT.into(),
        region: "us-east-1".into(),
        principal: "p".into(),
        actor: "p".into(),
        model: "m".into(),
        source_ip: None,
        hour: hour(5),
        calls: 3,
        failed: 0,
        logged: if logged { 3 } else { 0 },
        tokens: 1,
        first_ref: Ref::default(),
        first_time: hour(5),
    }
}

fn logged() -> Scene {
    let mut scene = Scene::new();
    scene.inputs.model_calls = vec![call("cloudtrail", true), call("bedrock-invocation", false)];
    scene
}

fn unlogged() -> Scene {
    let mut scene = Scene::new();
    scene.inputs.model_calls = vec![call("cloudtrail", false)];
    scene
}

fn of(scene: &Scene, category: &str) -> Vec<(CoverageState, Basis)> {
    scene.states(category, "us-east-1").into_iter().map(|(s, b, _)| (s, b)).collect()
}

#[test]
fn logging_that_was_found_on_is_configured() {
    assert_eq!(of(&logged(), "invocation"), [(Recorded, Inferred)]);
    let scene = logged().logging("us-east-1", ON);
    assert_eq!(of(&scene, "invocation"), [(Recorded, Set)]);
    let evidence = scene.rows("invocation", "us-east-1")[0].evidence.clone();
    assert_eq!(evidence.expect("the snapshot").artifact, "s0");
    assert_eq!(of(&scene, "text"), []);
    let elsewhere = logged().logging("eu-west-1", ON);
    assert_eq!(of(&elsewhere, "invocation"), [(Recorded, Inferred)]);
    assert_eq!(elsewhere.states("invocation", "eu-west-1"), [], "no call, no claim");
}

#[test]
fn a_change_or_answers_that_differ_make_the_snapshot_mute() {
    let on = LoggingChange::InvocationsOn { text: true };
    let changed = logged().logging("us-east-1", ON).changed(9, on, None);
    assert_eq!(of(&changed, "invocation"), [(Recorded, Inferred)]);
    let differ = logged().logging("us-east-1", ON).logging("us-east-1", NO_TEXT);
    assert_eq!(of(&differ, "invocation"), [(Recorded, Inferred)]);
    assert_eq!(of(&differ, "text"), []);
}

#[test]
fn logging_that_was_found_on_without_records_was_not_collected() {
    let scene = unlogged().logging("us-east-1", ON);
    assert_eq!(of(&scene, "invocation"), [(Unknown, Set)]);
    let why = &scene.rows("invocation", "us-east-1")[0].why;
    assert!(why.contains("on, to bucket b") && why.contains("not collected"), "{why}");
}

#[test]
fn logging_that_was_found_off_is_off_unless_records_say_otherwise() {
    assert_eq!(of(&unlogged(), "invocation"), [(Unknown, Inferred)]);
    assert_eq!(of(&unlogged().logging("us-east-1", "{}"), "invocation"), [(Off, Set)]);
    let contradicted = logged().logging("us-east-1", "{}");
    assert_eq!(of(&contradicted, "invocation"), [(Recorded, Inferred)]);
    let quiet = Scene::new().logging("eu-west-1", "{}");
    assert_eq!(quiet.states("invocation", "eu-west-1"), expect(Off, Set, "-"));
    let unreadable = unlogged().logging("us-east-1", r#"{"loggingConfig":{}}"#);
    assert_eq!(of(&unreadable, "invocation"), [(Unknown, Inferred)]);
}

#[test]
fn text_that_is_not_delivered_is_not_selected_unless_it_is_there() {
    let scene = logged().logging("us-east-1", NO_TEXT);
    assert_eq!(of(&scene, "invocation"), [(Recorded, Set)]);
    assert_eq!(of(&scene, "text"), [(NotSelected, Set)]);
    let mut contradicted = logged().logging("us-east-1", NO_TEXT);
    contradicted.inputs.text_places.insert((ACCOUNT.into(), "us-east-1".into()));
    assert_eq!(of(&contradicted, "text"), []);
}
