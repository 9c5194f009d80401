//! A worker: artifacts in, sorted runs out.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use heptagon_detect::{Matcher, RuleSet};
use heptagon_evidence::{ArtifactDone, ArtifactHeader, Content, Opener, Visitor};
use heptagon_model::{Fields, Limits, Problem, ProblemCode, Timestamp};
use heptagon_parse::invocation::{BodyState, Invocation};
use heptagon_parse::{
    CloudTrailRecord, Configuration, ContentKind, End, Parser, Record, RecordMeta, RecordProblem,
    Sink,
};

use crate::IngestError;
use crate::artifact::Account;
use crate::bodies::{Bodies, Waiting};
use crate::columns::RunColumns;
use crate::counters::Counters;
use crate::journal::{FinishedArtifact, Journal};
use crate::rows::{cloudtrail, invocation, message};
use crate::run::{RunFile, RunTable, write_sorted};

/// Bytes of rows a worker holds before it writes a run.
pub(crate) const BUFFER_BYTES: usize = 16 << 20;

/// What all workers share.
pub(crate) struct Shared<'a> {
    pub(crate) limits: Limits,
    pub(crate) since: Option<Timestamp>,
    pub(crate) until: Option<Timestamp>,
    pub(crate) rules: &'a RuleSet,
    pub(crate) matcher: &'a Matcher,
    pub(crate) work: PathBuf,
    pub(crate) bodies: Bodies,
    pub(crate) journal: Journal,
    pub(crate) counters: &'a Counters,
    /// SHA-256 of artifacts that are in the case, finished by an earlier attempt, or being read.
    pub(crate) claimed: Mutex<BTreeSet<String>>,
    /// Artifacts met again under another URI: (SHA-256, URI, bytes).
    pub(crate) again: Mutex<Vec<(String, String, u64)>>,
    /// Problems of files that never became artifacts.
    pub(crate) problems: Mutex<Vec<Problem>>,
    pub(crate) next_file: AtomicUsize,
    pub(crate) next_run: AtomicUsize,
    pub(crate) runs: Mutex<Vec<RunFile>>,
    pub(crate) finished: Mutex<Vec<FinishedArtifact>>,
    pub(crate) failed: Mutex<Option<IngestError>>,
}

/// Builders of all run tables, and the matching that every record goes through.
pub(crate) struct Rows<'a> {
    shared: &'a Shared<'a>,
    pub(crate) cloudtrail: RunColumns,
    pub(crate) invocations: RunColumns,
    pub(crate) messages: RunColumns,
    matched: Vec<u32>,
    rule_ids: String,
    correlation: String,
    scratch: cloudtrail::Scratch,
    pub(crate) n_matches: u64,
}

impl<'a> Rows<'a> {
    pub(crate) fn new(shared: &'a Shared<'a>) -> Rows<'a> {
        Rows {
            shared,
            cloudtrail: cloudtrail::builders(),
            invocations: invocation::builders(),
            messages: message::builders(),
            matched: Vec::new(),
            rule_ids: String::new(),
            correlation: String::new(),
            scratch: cloudtrail::Scratch::default(),
            n_matches: 0,
        }
    }

    /// Evaluates all rules; fills `rule_ids` and `correlation`.
    fn evaluate<F: Fields>(&mut self, record: &F) {
        self.matched.clear();
        self.rule_ids.clear();
        self.correlation.clear();
        self.shared.matcher.evaluate(record, &mut self.matched);
        if self.matched.is_empty() {
            return;
        }
        self.n_matches += self.matched.len() as u64;
        self.matched.sort_unstable();
        for &rule in &self.matched {
            let id = &self.shared.rules.rules()[rule as usize].rule_id;
            if !self.rule_ids.is_empty() {
                self.rule_ids.push(invocation::LIST_SEPARATOR);
            }
            self.rule_ids.push_str(id);
            if let Some(fields) = self.shared.matcher.correlation_fields(rule, record) {
                self.correlation.push(if self.correlation.is_empty() { '{' } else { ',' });
                self.correlation.push_str(&serde_json::Value::from(id.as_str()).to_string());
                self.correlation.push(':');
                self.correlation.push_str(&fields);
            }
        }
        if !self.correlation.is_empty() {
            self.correlation.push('}');
        }
    }

    pub(crate) fn add_cloudtrail(
        &mut self,
        meta: &RecordMeta,
        record: &CloudTrailRecord<'_>,
        artifact: &str,
    ) {
        self.evaluate(record);
        let context = cloudtrail::Context {
            artifact,
            rules: some(&self.rule_ids),
            correlation: some(&self.correlation),
        };
        cloudtrail::append(&mut self.cloudtrail, &mut self.scratch, meta, record, &context);
    }

    pub(crate) fn add_invocation(
        &mut self,
        meta: &RecordMeta,
        record: &Invocation<'_>,
        artifact: &str,
    ) {
        self.evaluate(record);
        let context = cloudtrail::Context {
            artifact,
            rules: some(&self.rule_ids),
            correlation: some(&self.correlation),
        };
        invocation::append(&mut self.invocations, meta, record, &context);
        let mut hashed = String::new();
        let key_id = invocation::filled(&record.request_id).unwrap_or_else(|| {
            cloudtrail::content_key(&mut hashed, record.raw);
            &hashed
        });
        message::append(&mut self.messages, meta, record, key_id, artifact);
    }

    pub(crate) fn bytes(&self) -> usize {
        self.cloudtrail.bytes() + self.invocations.bytes() + self.messages.bytes()
    }

    /// Writes everything held as runs of this attempt.
    pub(crate) fn flush(&mut self) -> Result<Vec<RunFile>, IngestError> {
        self.flush_as(self.shared.journal.attempt)
    }

    /// Writes everything held as runs of an attempt.
    pub(crate) fn flush_as(&mut self, attempt: u32) -> Result<Vec<RunFile>, IngestError> {
        let mut runs = Vec::new();
        for (table, rows) in [
            (RunTable::CloudTrail, &mut self.cloudtrail),
            (RunTable::Invocations, &mut self.invocations),
            (RunTable::Messages, &mut self.messages),
        ] {
            if rows.is_empty() {
                continue;
            }
            let number = self.shared.next_run.fetch_add(1, Ordering::Relaxed);
            let started = self.shared.journal.attempt;
            let path = self.shared.work.join(format!("run-{started}-{number}.arrow"));
            runs.push(write_sorted(&path, table, attempt, rows)?);
            rows.clear();
        }
        Ok(runs)
    }
}

fn some(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}

/// One thread's work.
pub(crate) struct Worker<'a> {
    shared: &'a Shared<'a>,
    rows: Rows<'a>,
    finished: Vec<FinishedArtifact>,
    waiting: Vec<Waiting>,
    window: Vec<u8>,
    open: Option<(Account, ContentKind)>,
    error: Option<IngestError>,
}

impl<'a> Worker<'a> {
    pub(crate) fn new(shared: &'a Shared<'a>) -> Worker<'a> {
        Worker {
            shared,
            rows: Rows::new(shared),
            finished: Vec::new(),
            waiting: Vec::new(),
            window: Vec::new(),
            open: None,
            error: None,
        }
    }

    /// Takes files until there are no more.
    pub(crate) fn run(mut self, files: &[heptagon_evidence::FoundFile]) {
        let scratch = self.shared.work.join("spill");
        let mut opener = Opener::new(&self.shared.limits, &scratch);
        loop {
            let at = self.shared.next_file.fetch_add(1, Ordering::Relaxed);
            let Some(file) = files.get(at) else { break };
            if self.shared.failed.lock().expect("no panics under lock").is_some() {
                return;
            }
            let visited = opener.visit(file, &mut self).map_err(IngestError::from);
            self.note(visited);
            self.shared.counters.file(file.bytes);
            if self.rows.bytes() >= BUFFER_BYTES && self.error.is_none() {
                let flushed = self.flush();
                self.note(flushed);
            }
            if let Some(error) = self.error.take() {
                *self.shared.failed.lock().expect("no panics under lock") = Some(error);
                return;
            }
        }
        if let Err(error) = self.flush() {
            *self.shared.failed.lock().expect("no panics under lock") = Some(error);
        }
    }

    fn note(&mut self, result: Result<(), IngestError>) {
        if let Err(error) = result {
            self.error.get_or_insert(error);
        }
    }

    /// Writes rows, waiting records and the artifacts they complete, in that order.
    fn flush(&mut self) -> Result<(), IngestError> {
        let runs = self.rows.flush()?;
        if !self.waiting.is_empty() {
            let number = self.shared.next_run.fetch_add(1, Ordering::Relaxed);
            let name = format!("{}-{number}", self.shared.journal.attempt);
            self.shared.bodies.wait(&name, &self.waiting)?;
            self.waiting.clear();
        }
        let finished = std::mem::take(&mut self.finished);
        if runs.is_empty() && finished.is_empty() {
            return Ok(());
        }
        self.shared.journal.flush(runs.clone(), finished.clone())?;
        self.shared.runs.lock().expect("no panics under lock").extend(runs);
        self.shared.finished.lock().expect("no panics under lock").extend(finished);
        Ok(())
    }
}

/// Feeds the parser, in windows when the content is streamed.
fn read(
    parser: &mut Parser,
    content: Content<'_>,
    sink: &mut RowSink<'_, '_>,
    window: &mut Vec<u8>,
) {
    match content {
        Content::Whole { bytes, truncated } => {
            let end = if truncated { End::Truncated } else { End::Eof };
            parser.feed(bytes, end, sink);
        }
        Content::Stream(reader) => {
            let window_bytes = sink.shared.limits.window_bytes;
            let mut start = 0;
            let mut filled = 0;
            loop {
                if start > 0 {
                    window.copy_within(start..filled, 0);
                    filled -= start;
                }
                // A record longer than the window makes the window grow; the parser bounds records.
                let target = (filled + window_bytes).next_multiple_of(window_bytes);
                if window.len() < target {
                    window.resize(target, 0);
                }
                let mut ended = false;
                while filled < target {
                    match reader.read(&mut window[filled..target]) {
                        Ok(0) => {
                            ended = true;
                            break;
                        }
                        Ok(n) => filled += n,
                        Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                        // The container reports the reason in `done`.
                        Err(_) => {
                            ended = true;
                            break;
                        }
                    }
                }
                let end = match (ended, reader.truncated()) {
                    (false, _) => End::More,
                    (true, false) => End::Eof,
                    (true, true) => End::Truncated,
                };
                start = parser.feed(&window[..filled], end, sink);
                if ended {
                    break;
                }
                if sink.rows.bytes() >= BUFFER_BYTES {
                    sink.flush_runs();
                }
            }
        }
    }
}

/// Takes records of one artifact.
struct RowSink<'r, 'a> {
    shared: &'a Shared<'a>,
    rows: &'r mut Rows<'a>,
    account: &'r mut Account,
    waiting: &'r mut Vec<Waiting>,
    error: &'r mut Option<IngestError>,
}

impl RowSink<'_, '_> {
    fn in_scope(&self, time: Timestamp) -> bool {
        self.shared.since.is_none_or(|since| time >= since)
            && self.shared.until.is_none_or(|until| time < until)
    }

    /// Rows of an artifact too large for memory go to disk before it is finished.
    fn flush_runs(&mut self) {
        let written = self.rows.flush().and_then(|runs| {
            self.shared.journal.flush(runs.clone(), Vec::new())?;
            self.shared.runs.lock().expect("no panics under lock").extend(runs);
            Ok(())
        });
        if let Err(error) = written {
            self.error.get_or_insert(error);
        }
    }
}

impl Sink for RowSink<'_, '_> {
    fn record(&mut self, meta: &RecordMeta, record: &Record<'_>) {
        let time = match record {
            Record::CloudTrail(record) => record.event_time,
            Record::Invocation(record) => record.event_time,
        };
        if !self.in_scope(time) {
            self.account.notice(
                meta.ordinal,
                meta.offset,
                ProblemCode::OutOfScope,
                "outside --since and --until",
            );
            return;
        }
        match record {
            Record::CloudTrail(record) => {
                let account = record.account();
                self.account.row(time, &account, record.region(), meta.complete_source);
                self.rows.add_cloudtrail(meta, record, &self.account.short);
            }
            Record::Invocation(record) => {
                let complete = meta.complete_source;
                self.account.row(time, &record.account_id, &record.region, complete);
                let waits =
                    [record.input_body_state, record.output_body_state].contains(&BodyState::S3);
                if waits {
                    self.waiting.push(Waiting {
                        attempt: self.shared.journal.attempt,
                        artifact: self.account.short.clone(),
                        record: meta.ordinal,
                        offset: meta.offset,
                        length: meta.length,
                        complete_source: meta.complete_source,
                        raw: record.raw.to_owned(),
                    });
                } else {
                    self.rows.add_invocation(meta, record, &self.account.short);
                }
            }
        }
    }

    fn notice(&mut self, meta: &RecordMeta, reason: &str) {
        self.account.notice(meta.ordinal, meta.offset, ProblemCode::ControlMessage, reason);
    }

    fn configuration(&mut self, meta: &RecordMeta, configuration: &Configuration<'_>) {
        self.account.configuration(meta, configuration.document);
    }

    fn problem(&mut self, problem: RecordProblem) {
        self.account.problem(problem);
    }
}

impl Visitor for Worker<'_> {
    fn wants(&mut self, header: &ArtifactHeader) -> bool {
        let sha256 = header.id.hex();
        let fresh =
            self.shared.claimed.lock().expect("no panics under lock").insert(sha256.clone());
        if !fresh {
            let mut again = self.shared.again.lock().expect("no panics under lock");
            again.push((sha256, header.uri.clone(), header.bytes));
        }
        fresh
    }

    fn artifact(&mut self, header: &ArtifactHeader, content: Content<'_>) {
        let shared = self.shared;
        let mut account = Account::new(header, &shared.limits);
        let mut parser = Parser::new(&shared.limits).with_name_hint(&header.uri);
        let body = match &content {
            Content::Whole { bytes, .. } => Some(*bytes),
            Content::Stream(_) => None,
        };
        let matches_before = self.rows.n_matches;
        let mut sink = RowSink {
            shared,
            rows: &mut self.rows,
            account: &mut account,
            waiting: &mut self.waiting,
            error: &mut self.error,
        };
        read(&mut parser, content, &mut sink, &mut self.window);
        let n_matches = self.rows.n_matches - matches_before;
        let kind = parser.kind();
        if let (ContentKind::BedrockBody, Some(bytes)) = (&kind, body) {
            let kept = shared.bodies.keep(&header.uri, bytes);
            self.note(kept);
        }
        shared.counters.add_records(parser.records(), n_matches, account.lost());
        self.open = Some((account, kind));
    }

    fn problem(&mut self, problem: Problem) {
        self.shared.problems.lock().expect("no panics under lock").push(problem);
    }

    fn done(&mut self, done: &ArtifactDone) {
        let attempt = self.shared.journal.attempt;
        let (account, kind, reason) = match (self.open.take(), done.container) {
            (_, Some(container)) => {
                (Account::new(&done.header, &self.shared.limits), container.to_owned(), None)
            }
            (Some((account, kind)), None) => {
                (account, kind.slug().to_owned(), kind.reason().map(str::to_owned))
            }
            (None, None) => {
                (Account::new(&done.header, &self.shared.limits), "unreadable".to_owned(), None)
            }
        };
        self.finished.push(account.finish(done, kind, reason, attempt));
    }
}
