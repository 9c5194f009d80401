//! `heptagon rules`: list, lint, test, match.

use std::io::Write;
use std::path::{Path, PathBuf};

use heptagon_detect::session::Session;
use heptagon_detect::{RuleFault, RuleSet, fixtures, lint};
use heptagon_evidence::{ArtifactDone, ArtifactHeader, Content, Opener, Visitor, discover};
use heptagon_model::{Limits, Problem};
use heptagon_parse::{End, Parser, Record, RecordMeta, RecordProblem, Sink};
use serde_json::{Value, json};

use crate::args::{Format, RuleSourceArgs, RulesCommand};
use crate::content;
use crate::failure::{Exit, Outcome};
use crate::print::{Rows, Talk};

pub(crate) fn run(command: RulesCommand, talk: Talk) -> Outcome {
    match command {
        RulesCommand::List(args) => list(&args, talk),
        RulesCommand::Lint(args) => lint_rules(&args, talk),
        RulesCommand::Test(args) => test(&args, talk),
        RulesCommand::Match { source, evidence } => match_rules(&source, &evidence, talk),
        RulesCommand::Docs(args) => docs(&args),
    }
}

fn load(args: &RuleSourceArgs) -> Result<(RuleSet, Vec<RuleFault>), crate::failure::Failure> {
    let own = args.rules.is_empty();
    let (rules, faults, _) = content::rule_set(&args.rules, own)?;
    Ok((rules, faults))
}

const RULES: &[&str] =
    &["level", "title", "kind", "service", "elements", "attack", "atlas", "owasp", "rule_id"];

fn list(args: &RuleSourceArgs, talk: Talk) -> Outcome {
    let (rules, faults) = load(args)?;
    let mut infos = rules.rules().to_vec();
    infos.sort_by(|a, b| a.rule_id.cmp(&b.rule_id));
    let mut rows = Rows::new(args.format, RULES);
    for info in &infos {
        rows.push(&json!({
            "rule_id": info.rule_id, "title": info.title, "level": info.level, "kind": info.kind,
            "service": info.service, "elements": info.elements, "attack": info.attack,
            "atlas": info.atlas, "owasp": info.owasp,
        }))?;
    }
    rows.finish()?;
    notes(&rules, &faults, talk);
    Ok(Exit::Done)
}

/// Says what a pack holds that is not used.
fn notes(rules: &RuleSet, faults: &[RuleFault], talk: Talk) {
    if !faults.is_empty() {
        talk.say(&format!("{} faults; `heptagon rules lint` lists them", faults.len()));
    }
    let aside = rules.not_applicable().len();
    if aside > 0 {
        talk.say(&format!("{aside} rules are for other log sources and are not used"));
    }
}

fn lint_rules(args: &RuleSourceArgs, talk: Talk) -> Outcome {
    let (files, fixture_files) = if args.rules.is_empty() {
        (content::own_rules(), content::own_fixtures())
    } else {
        content::read_rules(&args.rules)?
    };
    let (rules, mut faults) = RuleSet::load(&files);
    // What only our own rules must have is not asked of a pack that has no fixtures.
    if args.rules.is_empty() || !fixture_files.is_empty() {
        faults.extend(lint::own_pack(&files, &fixture_files));
    }
    faults.sort();
    let mut rows = Rows::new(args.format, &["path", "code", "message", "hint", "rule_id"]);
    for fault in &faults {
        rows.push(fault)?;
    }
    rows.finish()?;
    talk.say(&format!("{} rules, {} faults", rules.rules().len(), faults.len()));
    let aside = rules.not_applicable().len();
    if aside > 0 {
        talk.say(&format!("{aside} rules are for other log sources and are not used"));
    }
    Ok(if faults.is_empty() { Exit::Done } else { Exit::Negative })
}

fn test(args: &RuleSourceArgs, talk: Talk) -> Outcome {
    let (files, fixture_files) = if args.rules.is_empty() {
        (content::own_rules(), content::own_fixtures())
    } else {
        content::read_rules(&args.rules)?
    };
    let (rules, faults) = RuleSet::load(&files);
    let outcomes = fixtures::run(&rules, &fixture_files, &|text, show| {
        let mut sink = Show { show };
        heptagon_parse::parse_all(text.as_bytes(), &Limits::DEFAULT, &mut sink);
    });
    let failed = outcomes.iter().filter(|outcome| !outcome.passed).count();
    let mut rows = Rows::new(args.format, &["path", "fixture", "positive", "passed", "reason"]);
    for outcome in &outcomes {
        // People read what failed; programs read all.
        if args.format != Format::Table || !outcome.passed {
            rows.push(outcome)?;
        }
    }
    if args.format != Format::Table || failed > 0 {
        rows.finish()?;
    }
    talk.say(&format!(
        "{} rules, {} fixtures, {} failed, {} faults",
        rules.rules().len(),
        outcomes.len(),
        failed,
        faults.len()
    ));
    Ok(if failed == 0 && faults.is_empty() { Exit::Done } else { Exit::Negative })
}

struct Show<'s> {
    show: &'s mut dyn FnMut(&dyn heptagon_model::Fields),
}

impl Sink for Show<'_> {
    fn record(&mut self, _: &RecordMeta, record: &Record<'_>) {
        (self.show)(record.fields());
    }

    fn notice(&mut self, _: &RecordMeta, _: &str) {}

    fn problem(&mut self, _: RecordProblem) {}
}

/// Rules against evidence without a case.
struct Matching {
    session: Session,
    uris: std::collections::BTreeMap<String, String>,
    lost: u64,
}

struct MatchSink<'m> {
    session: &'m mut Session,
    artifact: [u8; 8],
    rows: Vec<heptagon_detect::session::Row>,
    lost: u64,
}

impl Sink for MatchSink<'_> {
    fn record(&mut self, meta: &RecordMeta, record: &Record<'_>) {
        let rows = self.session.record(record.fields(), self.artifact, meta.ordinal);
        self.rows.extend(rows);
    }

    fn notice(&mut self, _: &RecordMeta, _: &str) {}

    fn problem(&mut self, problem: RecordProblem) {
        self.lost += u64::from(problem.severity == heptagon_model::Severity::Lost);
    }
}

struct Matcher<'m> {
    matching: &'m mut Matching,
    found: Vec<heptagon_detect::session::Row>,
    seen: std::collections::BTreeSet<String>,
}

impl Visitor for Matcher<'_> {
    fn wants(&mut self, header: &ArtifactHeader) -> bool {
        self.seen.insert(header.id.hex())
    }

    fn artifact(&mut self, header: &ArtifactHeader, content: Content<'_>) {
        let mut artifact = [0; 8];
        artifact.copy_from_slice(&header.id.0[..8]);
        self.matching.uris.insert(header.id.short(), header.uri.clone());
        let mut sink =
            MatchSink { session: &mut self.matching.session, artifact, rows: Vec::new(), lost: 0 };
        let mut parser = Parser::new(&Limits::DEFAULT).with_name_hint(&header.uri);
        match content {
            Content::Whole { bytes, truncated } => {
                parser.feed(bytes, if truncated { End::Truncated } else { End::Eof }, &mut sink);
            }
            Content::Stream(mut stream) => {
                // The stream never fails; what it lacks is in the artifact's problems.
                let _ = parser.read(&mut stream, false, &mut sink);
            }
        }
        self.matching.lost += sink.lost;
        self.found.append(&mut sink.rows);
    }

    fn problem(&mut self, _: Problem) {
        self.matching.lost += 1;
    }

    fn done(&mut self, _: &ArtifactDone) {}
}

fn match_rules(args: &RuleSourceArgs, evidence: &[PathBuf], talk: Talk) -> Outcome {
    let (rules, faults) = load(args)?;
    let found = discover(evidence, &[])?;
    let mut matching = Matching {
        session: Session::new(&rules),
        uris: std::collections::BTreeMap::new(),
        lost: 0,
    };
    let scratch = tempfile::tempdir()?;
    let mut opener = Opener::new(&Limits::DEFAULT, scratch.path());
    let mut all = Vec::new();
    let mut visitor = Matcher {
        matching: &mut matching,
        found: Vec::new(),
        seen: std::collections::BTreeSet::new(),
    };
    for file in &found.files {
        opener.visit(file, &mut visitor)?;
    }
    all.append(&mut visitor.found);
    let Matching { session, uris, lost } = matching;
    let (correlated, overflows) = session.finish();
    all.extend(correlated);
    all.sort_by(|a, b| {
        (a.event_time, &a.refs, &a.rule_id).cmp(&(b.event_time, &b.refs, &b.rule_id))
    });
    let mut rows = Rows::new(
        args.format,
        &["event_time", "level", "title", "kind", "event_name", "rule_id", "refs"],
    );
    for row in &all {
        let refs: Vec<Value> = row
            .refs
            .iter()
            .map(|r| {
                let artifact = r.artifact_hex();
                let uri = uris.get(&artifact).cloned().unwrap_or_default();
                json!({"artifact": artifact, "uri": uri, "record": r.record})
            })
            .collect();
        rows.push(&json!({
            "rule_id": row.rule_id, "title": row.title, "level": row.level, "kind": row.kind,
            "event_time": row.event_time, "event_name": row.event_name, "refs": refs,
        }))?;
    }
    rows.finish()?;
    notes(&rules, &faults, talk);
    for overflow in overflows {
        talk.say(&overflow.message);
    }
    if lost > 0 {
        talk.say(&format!(
            "{lost} records or files could not be read; `heptagon investigate` names each"
        ));
    }
    Ok(Exit::Done)
}

fn docs(args: &RuleSourceArgs) -> Outcome {
    let (rules, _) = load(args)?;
    let mut out = std::io::stdout().lock();
    writeln!(out, "# Detection rules\n\nGenerated by `heptagon rules docs`; do not edit.\n")?;
    writeln!(out, "| level | rule | kind | elements | ATT&CK | ATLAS | OWASP | file |")?;
    writeln!(out, "|---|---|---|---|---|---|---|---|")?;
    let mut at: Vec<usize> = (0..rules.rules().len()).collect();
    at.sort_by_key(|rule| rules.path(*rule).to_owned());
    for rule in at {
        let info = &rules.rules()[rule];
        let elements: Vec<&str> = info.elements.iter().map(|element| element.slug()).collect();
        let kind = match info.kind {
            heptagon_model::RuleKind::Event => "event",
            heptagon_model::RuleKind::Correlation => "correlation",
        };
        writeln!(
            out,
            "| {} | {} | {kind} | {} | {} | {} | {} | {} |",
            info.level.name(),
            info.title.replace('|', "\\|"),
            elements.join(" "),
            info.attack.join(" "),
            info.atlas.join(" "),
            info.owasp.join(" "),
            Path::new(rules.path(rule)).display()
        )?;
    }
    Ok(Exit::Done)
}
