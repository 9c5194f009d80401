//! The questions' own fixtures: a few lines of YAML to a verdict, for every verdict there is.

use std::collections::{BTreeMap, BTreeSet};

use heptagon_content::questions::{Adverse, Logic, NeedScope, Question, Questions};
use heptagon_model::{
    Attestation, Confidence, Element, Finding, Level, RuleInfo, RuleKind, Timestamp, Verdict,
};
use serde::Deserialize;

use crate::input::{
    Activity, ActorRow, FindingRow, Inputs, ModelCall, Observation, Origin, PresenceRow, Records,
    RecordsError, Ref, ServiceUse, StoreSeen,
};
use crate::workload::Workload;
use crate::{Options, Outcome, answer};

const ACCOUNT: &str = "111122223333";
const REGIONS: [&str; 2] = ["eu-west-1", "us-east-1"];
const HOUR_US: i64 = 3_600_000_000;
/// 2026-05-04, a Monday.
const START_US: i64 = 1_777_852_800_000_000;
const HOURS: i64 = 96;

/// One case of a question.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Fixture {
    name: String,
    expect: Verdict,
    /// Regions without any record.
    #[serde(default)]
    dark: Vec<String>,
    /// Types of data events that are recorded.
    #[serde(default)]
    data: Vec<String>,
    /// Stores that appear among data events.
    #[serde(default)]
    seen: Vec<String>,
    /// Stores declared, by class.
    #[serde(default)]
    stores: BTreeMap<String, Vec<String>>,
    /// Events, `bedrock:DeleteGuardrail AccessDenied on RESOURCE`, by who made them.
    #[serde(default)]
    suspect: Vec<String>,
    #[serde(default)]
    user: Vec<String>,
    #[serde(default)]
    pipeline: Vec<String>,
    #[serde(default)]
    application: Vec<String>,
    /// The application's role in the suspect's hands.
    #[serde(default)]
    stolen: Vec<String>,
    #[serde(default)]
    responder: Vec<String>,
    /// Findings, `access/root-activity by user`.
    #[serde(default)]
    findings: Vec<String>,
    /// Calls, `suspect logged` or `application unlogged`.
    #[serde(default)]
    calls: Vec<String>,
    /// The suspect has findings of level medium only.
    #[serde(default)]
    weak: bool,
    /// The suspect's last event is shortly before the evidence ends.
    #[serde(default)]
    late: bool,
    #[serde(default)]
    attest: Option<String>,
    #[serde(default)]
    decision: Option<String>,
}

#[derive(Debug, Clone)]
struct Event {
    time: Timestamp,
    actor: String,
    principal: String,
    ip: &'static str,
    source: String,
    name: String,
    outcome: String,
    resource: Option<String>,
    request: Option<String>,
    record: u64,
}

#[derive(Debug, Default)]
struct Book {
    events: Vec<Event>,
}

impl Records for Book {
    fn observations(
        &self,
        _with_parameters: bool,
        visit: &mut dyn FnMut(&Observation<'_>),
    ) -> Result<(), RecordsError> {
        for event in &self.events {
            visit(&Observation {
                time: event.time,
                account: ACCOUNT,
                region: "us-east-1",
                principal: &event.principal,
                actor: &event.actor,
                event_source: &event.source,
                event_name: &event.name,
                category: "management-write",
                resource: event.resource.as_deref(),
                outcome: &event.outcome,
                source_ip: Some(event.ip),
                request_parameters: event.request.as_deref(),
                artifact: "a1",
                record: event.record,
                ..Observation::default()
            });
        }
        Ok(())
    }

    fn activity(
        &self,
        by_address: &BTreeSet<String>,
        summed: &BTreeSet<String>,
    ) -> Result<Vec<Activity>, RecordsError> {
        let rows = self
            .events
            .iter()
            .filter(|event| by_address.contains(&event.actor) || summed.contains(&event.actor));
        Ok(rows
            .map(|event| Activity {
                actor: event.actor.clone(),
                principal: event.principal.clone(),
                source_ip: by_address.contains(&event.actor).then(|| event.ip.to_owned()),
                account: ACCOUNT.into(),
                region: "us-east-1".into(),
                event_source: event.source.clone(),
                event_name: event.name.clone(),
                category: String::new(),
                resource: event.resource.clone(),
                success: u64::from(event.outcome == "success"),
                denied: u64::from(crate::input::is_denial(&event.outcome)),
                failed: 0,
                first_time: event.time,
                last_time: event.time,
                first_ref: Ref { artifact: "a1".into(), record: event.record },
            })
            .collect())
    }
}

struct Person {
    actor: &'static str,
    kind: &'static str,
    principal: &'static str,
    ip: &'static str,
}

fn person(name: &str) -> Person {
    let person = |actor, kind, principal, ip| Person { actor, kind, principal, ip };
    match name {
        "suspect" => {
            person("AKIASUSPECT", "access-key", "arn:aws:iam::111122223333:user/ci", "203.0.113.9")
        }
        "user" => {
            person("AKIAUSER", "access-key", "arn:aws:iam::111122223333:user/ann", "198.51.100.7")
        }
        "pipeline" => person(
            "arn:aws:iam::111122223333:role/Pipeline",
            "session",
            "arn:aws:iam::111122223333:role/Pipeline",
            "192.0.2.4",
        ),
        "responder" => person(
            "arn:aws:iam::111122223333:role/Responder",
            "session",
            "arn:aws:iam::111122223333:role/Responder",
            "192.0.2.5",
        ),
        "application" => person(
            "arn:aws:iam::111122223333:role/App@lambda",
            "service-credential",
            "arn:aws:iam::111122223333:role/App",
            "lambda.amazonaws.com",
        ),
        "stolen" => person(
            "arn:aws:iam::111122223333:role/App@aws-cli",
            "service-credential",
            "arn:aws:iam::111122223333:role/App",
            "203.0.113.9",
        ),
        other => panic!("nobody is called {other}"),
    }
}

/// What a fixture says, built.
fn build(fixture: &Fixture, rules: &BTreeMap<String, RuleInfo>) -> (Inputs, Book, Workload) {
    let mut inputs = Inputs { case: "fixture".into(), ..Inputs::default() };
    for region in REGIONS {
        if !fixture.dark.iter().any(|dark| dark == region) {
            for category in ["management-read", "management-write"] {
                presence(&mut inputs, "cloudtrail", category, region);
            }
        }
    }
    for data_type in &fixture.data {
        presence(&mut inputs, "cloudtrail", &format!("data:{data_type}"), "us-east-1");
    }
    for store in &fixture.seen {
        inputs.stores.push(StoreSeen {
            data_type: "AWS::S3::Object".into(),
            store: store.clone(),
            account: ACCOUNT.into(),
            region: "us-east-1".into(),
            reads: 9,
            writes: 9,
            first_time: Timestamp(START_US),
            last_time: Timestamp(START_US + HOURS * HOUR_US),
        });
    }
    let mut book = Book::default();
    let mut people: BTreeMap<&str, Vec<Timestamp>> = BTreeMap::new();
    for (who, events) in [
        ("suspect", &fixture.suspect),
        ("user", &fixture.user),
        ("pipeline", &fixture.pipeline),
        ("application", &fixture.application),
        ("stolen", &fixture.stolen),
        ("responder", &fixture.responder),
    ] {
        let whom = person(who);
        for text in events {
            let hour = match who {
                // Before the suspect appears.
                "application" | "pipeline" => 20,
                "responder" => 60,
                _ if fixture.late => HOURS - 1,
                _ => 50,
            };
            let record = book.events.len() as u64;
            let time = Timestamp(START_US + hour * HOUR_US + 60_000_000 * record as i64);
            book.events.push(event(text, &whom, time, record));
            people.entry(who).or_default().push(time);
        }
    }
    for (number, text) in fixture.calls.iter().enumerate() {
        let (who, logged) = text.split_once(' ').expect("WHO logged|unlogged");
        let whom = person(who);
        let time = Timestamp(START_US + (52 + number as i64) * HOUR_US + 1);
        people
            .entry(if who == "suspect" { "suspect" } else { "application" })
            .or_default()
            .push(time);
        for source in ["cloudtrail", "bedrock-invocation"] {
            if source == "cloudtrail" || logged == "logged" {
                let mut call = call(source, &whom, time);
                call.logged = if logged == "logged" { call.calls } else { 0 };
                inputs.model_calls.push(call);
            }
        }
        if who == "suspect" {
            let record = book.events.len() as u64;
            book.events.push(event("bedrock:InvokeModel", &whom, time, record));
        }
    }
    book.events.sort_by_key(|event| event.time);
    for (who, times) in &people {
        actor(&mut inputs, who, times);
    }
    let accused = |who: &str| !fixture.weak && people.contains_key(who);
    for who in ["suspect", "stolen"] {
        if accused(who) {
            inputs.findings.push(finding("fixture-high", Level::High, &[who], &people));
        } else if people.contains_key(who) {
            for rule in ["fixture-medium-1", "fixture-medium-2"] {
                inputs.findings.push(finding(rule, Level::Medium, &[who], &people));
            }
        }
    }
    for text in &fixture.findings {
        let (file, who) = text.split_once(" by ").expect("FILE by WHO");
        let rule = rules.get(file).unwrap_or_else(|| panic!("no rule {file}"));
        let who = match who {
            "suspect" => "suspect",
            "application" => "application",
            "stolen" => "stolen",
            _ => "user",
        };
        if !people.contains_key(who) {
            actor(&mut inputs, who, &[Timestamp(START_US + 50 * HOUR_US)]);
        }
        inputs.findings.push(finding(&rule.rule_id, rule.level, &[who], &people));
    }
    let services: BTreeSet<&str> = book.events.iter().map(|e| e.source.as_str()).collect();
    inputs.services = services
        .into_iter()
        .map(|source| ServiceUse {
            event_source: source.to_owned(),
            account: ACCOUNT.into(),
            region: "us-east-1".into(),
            events: 1,
            uses: 1,
        })
        .collect();
    (inputs, book, workload(fixture))
}

fn workload(fixture: &Fixture) -> Workload {
    let mut text = format!(
        "[organisation]\naccounts = [\"{ACCOUNT}\"]\nregions = [\"eu-west-1\", \"us-east-1\"]\n"
    );
    for (arn, purpose, network, actions) in [
        ("role/Pipeline", "pipeline", "192.0.2.0/24", ""),
        ("role/Responder", "responder", "192.0.2.0/24", ""),
        ("role/App", "application", "aws", "\"bedrock:InvokeModel\", \"ses:SendEmail\""),
    ] {
        text.push_str(&format!(
            "[[role]]\narn = \"arn:aws:iam::{ACCOUNT}:{arn}\"\npurpose = \"{purpose}\"\n\
             networks = [\"{network}\"]\nactions = [{actions}]\n"
        ));
    }
    for (class, ids) in &fixture.stores {
        for id in ids {
            text.push_str(&format!(
                "[[store]]\nkind = \"s3\"\nid = \"{id}\"\nclass = \"{class}\"\n"
            ));
        }
    }
    if let Some(decision) = &fixture.decision {
        text.push_str(&format!(
            "[[decision]]\nwhat = \"{decision}\"\nby = \"board\"\nwhy = \"privacy\"\n"
        ));
    }
    Workload::parse(&text).expect("the fixture's workload")
}

fn presence(inputs: &mut Inputs, source: &str, category: &str, region: &str) {
    for hour in 0..HOURS {
        let start = START_US + hour * HOUR_US;
        inputs.presence.push(PresenceRow {
            source: source.into(),
            category: category.into(),
            account: ACCOUNT.into(),
            region: region.into(),
            hour: Timestamp(start),
            events: 30,
            first_time: Timestamp(start + 1),
            last_time: Timestamp(start + HOUR_US - 1),
            complete_source: true,
        });
    }
}

fn event(text: &str, whom: &Person, time: Timestamp, record: u64) -> Event {
    let (head, resource) = match text.split_once(" on ") {
        Some((head, resource)) => (head, Some(resource.to_owned())),
        None => (text, None),
    };
    let (action, outcome) = head.split_once(' ').unwrap_or((head, "success"));
    let (service, name) = action.split_once(':').expect("service:Name");
    Event {
        time,
        actor: whom.actor.into(),
        principal: whom.principal.into(),
        ip: whom.ip,
        source: format!("{service}.amazonaws.com"),
        name: name.into(),
        outcome: outcome.into(),
        resource,
        request: None,
        record,
    }
}

fn call(source: &str, whom: &Person, time: Timestamp) -> ModelCall {
    ModelCall {
        source: source.into(),
        account: ACCOUNT.into(),
        region: "us-east-1".into(),
        principal: whom.principal.into(),
        actor: whom.actor.into(),
        model: format!("model-of-{}", whom.kind),
        source_ip: Some(whom.ip.into()),
        hour: Timestamp(time.0.div_euclid(HOUR_US) * HOUR_US),
        calls: 3,
        failed: 0,
        logged: 0,
        tokens: 500,
        first_ref: Ref { artifact: "a1".into(), record: 77 },
        first_time: time,
    }
}

fn actor(inputs: &mut Inputs, who: &str, times: &[Timestamp]) {
    let whom = person(who);
    if inputs.actors.iter().any(|row| row.actor == whom.actor) {
        return;
    }
    let first = times.iter().min().copied().expect("somebody acts");
    let last = times.iter().max().copied().expect("somebody acts");
    inputs.actors.push(ActorRow {
        actor: whom.actor.into(),
        kind: whom.kind.into(),
        account: ACCOUNT.into(),
        principal: whom.principal.into(),
        access_keys: vec![whom.actor.into()],
        first_time: first,
        last_time: last,
        events: times.len() as u64,
        ..ActorRow::default()
    });
    inputs.origins.push(Origin {
        actor: whom.actor.into(),
        source_ip: whom.ip.into(),
        first_time: first,
        last_time: last,
        events: times.len() as u64,
        days: 1,
    });
}

fn finding(
    rule: &str,
    level: Level,
    who: &[&str],
    people: &BTreeMap<&str, Vec<Timestamp>>,
) -> FindingRow {
    let time = |who: &str| {
        people.get(who).and_then(|times| times.first()).copied().unwrap_or(Timestamp(START_US))
    };
    FindingRow {
        finding: Finding {
            finding_id: format!("{rule}-{}", who[0]),
            rule_id: rule.into(),
            title: format!("Rule {rule}"),
            level,
            elements: Vec::new(),
            first_time: time(who[0]),
            last_time: time(who[0]),
            count: 1,
            principals: who.iter().map(|who| person(who).principal.into()).collect(),
            source_ips: Vec::new(),
            resources: Vec::new(),
            refs: Vec::new(),
            attack: Vec::new(),
            atlas: Vec::new(),
            owasp: Vec::new(),
            confidence: Confidence::High,
            summary: String::new(),
        },
        actors: who
            .iter()
            .map(|who| (person(who).actor.to_owned(), vec![person(who).ip.to_owned()]))
            .collect(),
    }
}

#[derive(Deserialize)]
struct RuleFile {
    id: String,
    title: String,
    level: Option<String>,
    #[serde(default)]
    tags: Vec<String>,
    logsource: Option<BTreeMap<String, String>>,
}

/// Just enough of the rules to select among them.
fn rules() -> BTreeMap<String, RuleInfo> {
    let mut rules = BTreeMap::new();
    for file in heptagon_content::files("rules") {
        let Some(name) = file.path.strip_prefix("rules/").and_then(|p| p.strip_suffix(".yml"))
        else {
            continue;
        };
        if name.ends_with(".test") {
            continue;
        }
        let parsed: RuleFile = serde_saphyr::from_str(file.text).expect(file.path);
        let tagged = |prefix: &str| -> Vec<String> {
            parsed
                .tags
                .iter()
                .filter_map(|tag| tag.strip_prefix(prefix))
                .map(str::to_owned)
                .collect()
        };
        let owasp = tagged("owasp.").into_iter().map(|tag| {
            let (id, year) = tag.split_once('.').expect("owasp.llm01.2025");
            format!("{}:{year}", id.to_uppercase())
        });
        rules.insert(
            name.to_owned(),
            RuleInfo {
                rule_id: parsed.id.clone(),
                title: parsed.title.clone(),
                level: parsed
                    .level
                    .as_deref()
                    .and_then(Level::from_name)
                    .unwrap_or(Level::Informational),
                kind: RuleKind::Event,
                service: parsed.logsource.as_ref().map_or(String::new(), |l| l["service"].clone()),
                elements: tagged("heptagon.element.")
                    .iter()
                    .filter_map(|slug| Element::from_slug(slug))
                    .collect(),
                attack: tagged("attack.").iter().map(|t| t.to_uppercase()).collect(),
                atlas: tagged("atlas.").iter().map(|t| t.to_uppercase()).collect(),
                owasp: owasp.collect(),
                description: String::new(),
                false_positives: Vec::new(),
                triage: Vec::new(),
                confidence: Confidence::High,
            },
        );
    }
    rules
}

fn run(
    fixture: &Fixture,
    questions: &Questions,
    rules: &BTreeMap<String, RuleInfo>,
    id: &str,
) -> Outcome {
    let (inputs, book, workload) = build(fixture, rules);
    let infos: Vec<RuleInfo> = rules.values().cloned().collect();
    let attestations: Vec<Attestation> = fixture
        .attest
        .iter()
        .map(|statement| Attestation {
            question_id: id.to_owned(),
            statement: statement.clone(),
            by: "Ann".into(),
            at: Timestamp(START_US),
        })
        .collect();
    answer(
        &inputs,
        &book,
        questions,
        &questions.common,
        &infos,
        Some(&workload),
        &attestations,
        &Options::default(),
    )
    .expect("fixtures are readable")
}

/// The verdicts a question can give.
fn possible(question: &Question) -> BTreeSet<Verdict> {
    use Verdict::{CannotTell, Confirmed, Indicated, NotApplicable, NotObserved};
    // Where no source of ours records the thing, its absence is never said.
    let blind = question
        .needs
        .iter()
        .any(|need| !matches!(need.source.as_str(), "cloudtrail" | "bedrock-invocation"));
    let mut verdicts: BTreeSet<Verdict> = match question.logic {
        Logic::Unanswerable => [CannotTell].into(),
        Logic::Attested => [Confirmed, NotObserved, CannotTell].into(),
        _ => [Confirmed, Indicated, NotObserved, CannotTell].into(),
    };
    if blind {
        verdicts.remove(&NotObserved);
    }
    if question.not_applicable_when.is_some() {
        verdicts.insert(NotApplicable);
    }
    verdicts
}

#[test]
fn every_question_has_a_fixture_for_every_verdict_and_they_hold() {
    let (questions, faults) = heptagon_content::questions::load();
    assert_eq!(faults, []);
    let rules = rules();
    let mut failures = Vec::new();
    for question in questions.iter() {
        let path = format!("questions/{}/{}.test.yml", question.element.slug(), question.id);
        let Some(text) = heptagon_content::text(&path) else {
            failures.push(format!("{path} is missing"));
            continue;
        };
        let fixtures: Vec<Fixture> =
            serde_saphyr::from_str(text).unwrap_or_else(|error| panic!("{path}: {error}"));
        let mut reached = BTreeSet::new();
        for fixture in &fixtures {
            let outcome = run(fixture, &questions, &rules, &question.id);
            let answers = outcome.answers.elements.iter().flat_map(|element| &element.answers);
            let answer =
                answers.into_iter().find(|a| a.question_id == question.id).expect("answered");
            reached.insert(answer.verdict);
            if answer.verdict != fixture.expect {
                failures.push(format!(
                    "{} / {}: {:?} instead of {:?}: {} {:?}",
                    question.id,
                    fixture.name,
                    answer.verdict,
                    fixture.expect,
                    answer.summary,
                    answer.gaps.iter().map(|gap| &gap.what).collect::<Vec<_>>()
                ));
            }
            if answer.verdict == Verdict::CannotTell && question.logic != Logic::Attested {
                assert!(!answer.gaps.is_empty(), "{path}: a gap is named");
                assert!(answer.gaps.iter().all(|g| g.command.starts_with("aws ")), "{path}");
            }
            if matches!(answer.verdict, Verdict::Confirmed | Verdict::Indicated)
                && question.logic != Logic::Attested
            {
                assert!(answer.facts.iter().any(|fact| fact.adverse), "{path}: a fact is named");
            }
        }
        let wanted = possible(question);
        if reached != wanted {
            failures.push(format!("{}: fixtures reach {reached:?} of {wanted:?}", question.id));
        }
    }
    assert!(failures.is_empty(), "{}\n{} failures", failures.join("\n"), failures.len());
}

#[test]
fn without_a_record_nothing_is_denied() {
    let (questions, _) = heptagon_content::questions::load();
    let outcome = answer(
        &Inputs::default(),
        &Book::default(),
        &questions,
        &questions.common,
        &[],
        None,
        &[],
        &Options::default(),
    )
    .expect("nothing to read");
    for answer in outcome.answers.elements.iter().flat_map(|element| &element.answers) {
        assert_eq!(answer.verdict, Verdict::CannotTell, "{}", answer.question_id);
    }
    assert_eq!(outcome.answers.elements.len(), 7);
}

#[test]
fn attempts_and_needs_are_what_the_files_say() {
    let (questions, _) = heptagon_content::questions::load();
    let question = |id: &str| questions.iter().find(|q| q.id == id).expect("known");
    assert_eq!(question("access-probing").adverse, Adverse::Denied);
    assert_eq!(question("infra-evidence-tampering").adverse, Adverse::Attempt);
    assert_eq!(question("access-persistence").needs[0].scope, NeedScope::Global);
}
