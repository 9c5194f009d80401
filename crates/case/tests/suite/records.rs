//! Findings, problems and coverage there and back.

use heptagon_case::Tables;
use heptagon_case::records::{
    FindingRef, coverage_batch, finding_refs_batch, findings_batch, problems_batch, read_coverage,
    read_findings, read_problems,
};
use heptagon_model::{
    Basis, Confidence, CoverageRow, CoverageState, Element, EvidenceRef, Finding, Level, Problem,
    ProblemCode, Severity,
};

use super::support::{at, case, put};

fn uri(artifact: &str) -> String {
    format!("logs/{artifact}.json.gz")
}

fn reference(record: u64) -> EvidenceRef {
    EvidenceRef { artifact: "00aa".into(), uri: uri("00aa"), record }
}

#[test]
fn findings_keep_everything_and_at_most_a_thousand_references() {
    let root = tempfile::tempdir().unwrap();
    let case = case(root.path());
    let finding = |id: &str, refs: Vec<EvidenceRef>| Finding {
        finding_id: id.into(),
        rule_id: "r".into(),
        title: "Guardrail deleted".into(),
        level: Level::High,
        elements: vec![Element::AiChanges, Element::Agency],
        first_time: at("2026-05-07T01:02:03.000004Z"),
        last_time: at("2026-05-08"),
        count: refs.len() as u64,
        principals: vec!["arn:a".into(), "arn:b".into()],
        source_ips: vec!["203.0.113.9".into()],
        resources: Vec::new(),
        refs,
        attack: vec!["T1562.001".into()],
        atlas: Vec::new(),
        owasp: vec!["LLM01:2025".into()],
        confidence: Confidence::Medium,
        summary: "done, \"twice\"".into(),
    };
    let few = finding("f1", vec![reference(3), reference(5)]);
    let many = finding("f2", (0..1_500).map(reference).collect());
    let none = finding("f3", Vec::new());
    let refs: Vec<FindingRef> = [&few, &many]
        .iter()
        .flat_map(|f| {
            f.refs.iter().map(|r| FindingRef {
                finding_id: f.finding_id.clone(),
                event_time: f.first_time,
                artifact: r.artifact.clone(),
                record: r.record,
            })
        })
        .collect();
    let mut tables = Tables::default();
    let findings = [few.clone(), many.clone(), none.clone()];
    put(&case, &mut tables, "findings", &[findings_batch(&findings).unwrap()]);
    put(&case, &mut tables, "finding_refs", &[finding_refs_batch(&refs).unwrap()]);
    let back = read_findings(&case, &uri).unwrap();
    assert_eq!(back[0], few);
    assert_eq!(back[1].refs, many.refs[..1_000]);
    assert_eq!(back[2], none);
    assert_eq!(tables.rows("finding_refs"), 1_502);
}

#[test]
fn problems_and_coverage_come_back() {
    let root = tempfile::tempdir().unwrap();
    let case = case(root.path());
    let problems = vec![
        Problem {
            artifact: String::new(),
            uri: "a".into(),
            record: None,
            offset: None,
            severity: Severity::Lost,
            code: ProblemCode::Unreadable,
            reason: "permission denied".into(),
        },
        Problem {
            artifact: "00aa".into(),
            uri: "b".into(),
            record: Some(4),
            offset: Some(1 << 40),
            severity: Severity::Warning,
            code: ProblemCode::ChangedDuringRead,
            reason: "changed".into(),
        },
    ];
    let row = |evidence, trail: Option<&str>| CoverageRow {
        source: "cloudtrail".into(),
        category: "management-read".into(),
        account: "111122223333".into(),
        region: "us-east-1".into(),
        from: at("2026-05-07"),
        to: at("2026-05-08"),
        state: CoverageState::NotSelected,
        basis: Basis::DigestProven,
        trail: trail.map(str::to_owned),
        why: "write-only trail".into(),
        evidence,
    };
    let coverage = vec![row(Some(reference(7)), Some("t")), row(None, None)];
    let mut tables = Tables::default();
    put(&case, &mut tables, "problems", &[problems_batch(&problems).unwrap()]);
    put(&case, &mut tables, "coverage", &[coverage_batch(&coverage).unwrap()]);
    assert_eq!(read_problems(&case).unwrap(), problems);
    assert_eq!(read_coverage(&case, &uri).unwrap(), coverage);
}
