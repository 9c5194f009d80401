//! One ingest from start to commit.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::AtomicUsize;

use heptagon_case::configuration::{configuration_batch, read_configuration};
use heptagon_case::records::{problems_batch, read_problems};
use heptagon_case::{CaseDir, Tables};
use heptagon_detect::RuleSet;
use heptagon_evidence::{discover, manifest as manifest_file};
use heptagon_model::{ArtifactRow, Limits, Problem, ProblemCode, Severity, Timestamp};

use crate::IngestError;
use crate::bodies::Bodies;
use crate::commit::{INPUTS, commit, recover};
use crate::configuration::Snapshots;
use crate::counters::Counters;
use crate::day::{DayContext, Select};
use crate::findings::correlate;
use crate::journal::{FinishedArtifact, Journal};
use crate::late::Earlier;
use crate::manifest::Assembly;
use crate::resolve::resolve;
use crate::run::ALWAYS;
use crate::worker::{Shared, Worker};

/// What to read and how.
#[derive(Debug, Clone)]
pub struct IngestOptions {
    /// Files and folders.
    pub roots: Vec<PathBuf>,
    /// Where earlier evidence of the case is: read again when its rows have to be made anew.
    pub known_roots: Vec<PathBuf>,
    /// Records before are notices, not rows.
    pub since: Option<Timestamp>,
    /// Records from here on are notices, not rows.
    pub until: Option<Timestamp>,
    /// Threads.
    pub threads: usize,
    /// Bounds on evidence.
    pub limits: Limits,
    /// Hash of everything besides evidence that rows depend on: content, rules, version.
    pub inputs: String,
}

/// What an ingest works with.
pub struct Ingest<'a> {
    /// The case.
    pub case: &'a CaseDir,
    /// The rules.
    pub rules: &'a RuleSet,
    /// Which events are kept in `observations`.
    pub select: &'a dyn Select,
    /// Numbers for a progress display.
    pub counters: &'a Counters,
}

/// What an ingest did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Summary {
    /// Files found under the roots.
    pub files: u64,
    /// Artifacts that were not in the case before.
    pub new_artifacts: u64,
    /// UTC days whose tables were written.
    pub days: u64,
    /// Findings of the case.
    pub findings: u64,
    /// Whether earlier rows were discarded because content, rules or scope changed.
    pub rebuilt: bool,
    /// The manifest as it is now.
    pub manifest: Vec<ArtifactRow>,
}

impl Ingest<'_> {
    /// Reads everything that is new under the roots into the case.
    pub fn run(&self, options: &IngestOptions) -> Result<Summary, IngestError> {
        recover(self.case)?;
        let inputs = format!("{}|{:?}|{:?}", options.inputs, options.since, options.until);
        let known_inputs = std::fs::read_to_string(self.case.path().join(INPUTS)).ok();
        let rebuilt = known_inputs.as_ref().is_some_and(|known| *known != inputs);
        let mut all_roots = options.roots.clone();
        // Evidence that has gone since is named below, artifact by artifact.
        all_roots.extend(options.known_roots.iter().filter(|root| root.exists()).cloned());
        let roots = if rebuilt { &all_roots } else { &options.roots };
        let found = discover(roots, &[self.case.path().to_owned()])?;
        self.counters
            .found(found.files.len() as u64, found.files.iter().map(|file| file.bytes).sum());
        let before = if rebuilt { read_manifest(self.case.path())? } else { Vec::new() };
        let (existing, manifest, problems, settings) = if rebuilt {
            (Tables::default(), Vec::new(), Vec::new(), Vec::new())
        } else {
            (
                self.case.tables()?,
                read_manifest(self.case.path())?,
                read_problems(self.case)?,
                read_configuration(self.case)?,
            )
        };
        let work = self.case.work_dir("ingest")?;
        let (journal, achieved) = Journal::open(&work, &inputs)?;
        let mut claimed: BTreeSet<String> = manifest.iter().map(|row| row.sha256.clone()).collect();
        claimed.extend(achieved.artifacts.keys().map(|(sha256, _)| sha256.clone()));
        let matcher = self.rules.matcher();
        let shared = Shared {
            limits: options.limits,
            since: options.since,
            until: options.until,
            rules: self.rules,
            matcher: &matcher,
            bodies: Bodies::create(&work)?,
            work: work.clone(),
            journal,
            counters: self.counters,
            claimed: Mutex::new(claimed),
            again: Mutex::new(Vec::new()),
            problems: Mutex::new(found.problems),
            next_file: AtomicUsize::new(0),
            next_run: AtomicUsize::new(0),
            runs: Mutex::new(achieved.runs),
            finished: Mutex::new(achieved.artifacts.into_values().collect()),
            failed: Mutex::new(None),
        };
        std::thread::scope(|scope| {
            for _ in 0..options.threads.max(1).min(found.files.len()) {
                scope.spawn(|| Worker::new(&shared).run(&found.files));
            }
        });
        if let Some(error) = take(&shared.failed) {
            return Err(error);
        }
        let finished = take(&shared.finished);
        let attempts: BTreeMap<String, u32> =
            finished.iter().map(|f| (f.row.artifact.clone(), f.attempt)).collect();
        let mut runs = take(&shared.runs);
        // Every artifact that this attempt began it has finished.
        for run in runs.iter_mut().filter(|run| run.attempt == shared.journal.attempt) {
            run.attempt = ALWAYS;
        }
        let mut earlier = Earlier::new(&manifest, all_roots, &options.limits, &work);
        let again = earlier.completed(self.case, &existing, &shared.bodies)?;
        runs.extend(resolve(&shared, &attempts, &again, &mut earlier)?);
        let superseded = again.into_iter().map(|w| (w.artifact, w.record.cast_signed())).collect();

        let context = DayContext {
            case: self.case,
            work: work.clone(),
            runs: &runs,
            attempts: &attempts,
            select: self.select,
            superseded: &superseded,
        };
        let merged = crate::tables::merge(
            self.case,
            &existing,
            &context,
            options.threads.max(1),
            self.counters,
        )?;
        let mut tables = merged.tables;
        let correlated = correlate(self.case, &tables, self.rules)?;
        for (table, files) in correlated.files {
            tables.set(table, files);
        }

        let known: BTreeSet<(String, String)> =
            manifest.iter().map(|row| (row.sha256.clone(), row.uri.clone())).collect();
        let mut assembly = Assembly::new(manifest, problems);
        assembly.problems.extend(take(&shared.problems));
        assembly.problems.extend(correlated.problems);
        let mut snapshots = Snapshots::new(settings);
        let mut new_artifacts = 0;
        for FinishedArtifact { row, problems, snapshots: found, .. } in finished {
            snapshots.add(&row.artifact, found);
            if !known.contains(&(row.sha256.clone(), row.uri.clone())) {
                new_artifacts += 1;
                assembly.add(row);
            }
            assembly.problems.extend(problems);
        }
        for (sha256, uri, _) in take(&shared.again) {
            assembly.again(&sha256, &uri);
        }
        for row in before {
            if !assembly.knows(&row.sha256) {
                assembly.problems.insert(gone(row));
            }
        }
        let (manifest, problems) = assembly.settle(&merged.rows);
        let mut writer = self.case.writer("problems")?;
        writer.write(&problems_batch(&problems)?)?;
        tables.set("problems", writer.finish()?);
        let mut writer = self.case.writer("config_state")?;
        writer.write(&configuration_batch(&snapshots.settle(&manifest, &options.limits))?)?;
        tables.set("config_state", writer.finish()?);

        let manifest = commit(self.case, &tables, manifest, inputs)?;
        Ok(Summary {
            files: found.files.len() as u64,
            new_artifacts,
            days: merged.days,
            findings: correlated.n_findings,
            rebuilt,
            manifest,
        })
    }
}

fn take<T: Default>(of: &Mutex<T>) -> T {
    std::mem::take(&mut *of.lock().expect("no panics under lock"))
}

/// An artifact of the case that was not met again when everything had to be read again.
fn gone(row: ArtifactRow) -> Problem {
    Problem {
        artifact: row.artifact,
        uri: row.uri,
        record: None,
        offset: None,
        severity: Severity::Lost,
        code: ProblemCode::Unreadable,
        reason: "was in the case and is no longer to be found; other rules, another version or \
                 another scope made it necessary to read everything again"
            .to_owned(),
    }
}

fn read_manifest(case: &Path) -> Result<Vec<ArtifactRow>, IngestError> {
    let path = case.join(manifest_file::MANIFEST);
    if path.exists() { Ok(manifest_file::read(&path)?) } else { Ok(Vec::new()) }
}
