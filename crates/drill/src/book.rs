//! A book collects the records of a stretch of time and turns them into files.

use std::collections::BTreeSet;

use crate::clock::{DAY, HOUR, parts};
use crate::cloudtrail::{Call, envelope};
use crate::gap::Gap;
use crate::identity::Caller;
use crate::invocation::Invocation;
use crate::output::gzip;
use crate::place::{Account, Log, Region};
use crate::rng::Rng;

/// A file holds at most this many records, as deliveries of busy trails do.
const RECORDS_PER_FILE: usize = 4_000;
/// Bodies larger than this are stored beside the invocation log, not in it.
const BODY_BYTES_MAX: usize = 100_000;

/// One record, serialised.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) secs: i64,
    pub(crate) log: Log,
    pub(crate) account: Account,
    pub(crate) region: Region,
    /// The step of the story it belongs to.
    pub(crate) step: Option<usize>,
    line: String,
}

/// A body too large for the invocation log.
#[derive(Debug, Clone)]
struct Body {
    secs: i64,
    region: Region,
    account: Account,
    path: String,
    content: String,
}

/// A finished file, with the records of the story in it.
#[derive(Debug)]
pub(crate) struct File {
    pub(crate) path: String,
    pub(crate) log: &'static str,
    pub(crate) content: Vec<u8>,
    pub(crate) records: u64,
    pub(crate) steps: Vec<(usize, u64)>,
}

/// Records of a stretch of time.
#[derive(Debug)]
pub(crate) struct Book {
    pub(crate) rng: Rng,
    pub(crate) from: i64,
    pub(crate) to: i64,
    /// The step of the story that what follows belongs to.
    pub(crate) step: Option<usize>,
    entries: Vec<Entry>,
    bodies: Vec<Body>,
    principals: BTreeSet<String>,
}

impl Book {
    /// An empty book over `[from, to)`.
    pub(crate) fn new(rng: Rng, from: i64, to: i64) -> Book {
        Book {
            rng,
            from,
            to,
            step: None,
            entries: Vec::new(),
            bodies: Vec::new(),
            principals: BTreeSet::new(),
        }
    }

    /// A moment at which something of `lasting` seconds fits into the book's stretch.
    pub(crate) fn moment(&mut self, lasting: i64) -> i64 {
        let last = (self.to - 1 - lasting).max(self.from);
        self.rng.between(self.from, last)
    }

    /// The moment of every day at this second, when it lies in the stretch.
    pub(crate) fn daily(&self, second: i64) -> Option<i64> {
        let at = self.from.div_euclid(DAY) * DAY + second;
        (self.from..self.to).contains(&at).then_some(at)
    }

    /// The moment of every hour at this second, when it lies in the stretch.
    pub(crate) fn hourly(&self, second: i64) -> Option<i64> {
        let at = self.from.div_euclid(HOUR) * HOUR + second;
        (self.from..self.to).contains(&at).then_some(at)
    }

    /// Records an API call.
    pub(crate) fn call(&mut self, secs: i64, region: Region, caller: &Caller, call: Call) {
        let line = call.record(secs, region, caller, &mut self.rng).line();
        if !self.principals.contains(&caller.principal) {
            self.principals.insert(caller.principal.clone());
        }
        self.push(secs, Log::CloudTrail, caller.recorded_in, region, line);
    }

    /// Records a model invocation: in CloudTrail always, in the invocation log where it is on.
    pub(crate) fn invoke(
        &mut self,
        secs: i64,
        region: Region,
        caller: &Caller,
        invocation: Invocation,
        logged: bool,
    ) {
        let request_id = self.rng.uuid();
        self.call(secs, region, caller, invocation.call(&request_id));
        if logged && invocation.is_logged() {
            let account = caller.recorded_in;
            let input = invocation.input.line();
            let path = (input.len() > BODY_BYTES_MAX).then(|| {
                let at = parts(secs);
                let folder = folder(Log::Invocations, account, region, &at[..4].join("/"));
                let path = format!("{folder}/data/{request_id}_input.json.gz");
                self.bodies.push(Body {
                    secs,
                    region,
                    account,
                    path: path.clone(),
                    content: input,
                });
                format!("s3://{}/{path}", crate::world::LOG_BUCKET)
            });
            let record = invocation.record(secs, account, region, caller, &request_id, path);
            self.push(secs, Log::Invocations, account, region, record.line());
        }
    }

    fn push(&mut self, secs: i64, log: Log, account: Account, region: Region, line: String) {
        self.entries.push(Entry { secs, log, account, region, step: self.step, line });
    }

    /// Who made the calls.
    pub(crate) fn principals(&self) -> BTreeSet<String> {
        self.principals.clone()
    }

    /// The entries, in order of time.
    pub(crate) fn into_entries(mut self) -> Vec<Entry> {
        self.entries.sort_by_key(|entry| entry.secs);
        self.entries
    }

    /// Adds entries of another book that fall into this one's stretch.
    pub(crate) fn add(&mut self, entries: &[Entry]) {
        let start = entries.partition_point(|entry| entry.secs < self.from);
        let end = entries.partition_point(|entry| entry.secs < self.to);
        self.entries.extend_from_slice(&entries[start..end]);
    }

    /// CloudTrail delivers at least once: a few events come again.
    fn deliver_twice(&mut self) {
        let mut again = Vec::new();
        for entry in self.entries.iter().filter(|entry| entry.log == Log::CloudTrail) {
            if self.rng.below(1_500) == 0 {
                again.push(Entry { step: None, ..entry.clone() });
            }
        }
        self.entries.append(&mut again);
    }

    /// The files of the stretch, without what falls into a gap or after the end of the window.
    pub(crate) fn files(mut self, gaps: &[Gap], end: i64) -> Vec<File> {
        let lost = |log, account, region, secs| {
            secs >= end || gaps.iter().any(|gap| gap.covers(log, account, region, secs))
        };
        self.entries.retain(|at| !lost(at.log, at.account, at.region, at.secs));
        self.deliver_twice();
        self.entries.sort_by_key(|entry| (entry.log, entry.account, entry.region, entry.secs));
        let mut files = Vec::new();
        let same =
            |a: &Entry, b: &Entry| (a.log, a.account, a.region) == (b.log, b.account, b.region);
        for cell in self.entries.chunk_by(same) {
            for chunk in cell.chunks(RECORDS_PER_FILE) {
                files.push(file(chunk, self.from, self.to, &mut self.rng));
            }
        }
        for body in &self.bodies {
            if !lost(Log::Invocations, body.account, body.region, body.secs) {
                let content = gzip(body.content.as_bytes());
                files.push(File {
                    path: body.path.clone(),
                    log: Log::Invocations.folder(),
                    content,
                    records: 0,
                    steps: Vec::new(),
                });
            }
        }
        files
    }
}

fn file(entries: &[Entry], from: i64, to: i64, rng: &mut Rng) -> File {
    let Entry { log, account, region, .. } = entries[0];
    let lines: Vec<&str> = entries.iter().map(|entry| entry.line.as_str()).collect();
    let (path, text) = match log {
        Log::CloudTrail => {
            // Delivered some minutes after the last event, named after the delivery.
            let at = parts(to / 300 * 300 + 300);
            let unique =
                rng.letters(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", 16);
            let path = format!(
                "{}/{}_CloudTrail_{}_{}{}{}T{}{}Z_{unique}.json.gz",
                folder(log, account, region, &at[..3].join("/")),
                account.id(),
                region.name(),
                at[0],
                at[1],
                at[2],
                at[3],
                at[4],
            );
            (path, envelope(&lines))
        }
        Log::Invocations => {
            let at = parts(from / HOUR * HOUR);
            let last = parts(to - 1);
            let path = format!(
                "{}/{}{}{}T{}{}{:02}{:03}Z_{}.json.gz",
                folder(log, account, region, &at[..4].join("/")),
                last[0],
                last[1],
                last[2],
                last[3],
                last[4],
                rng.below(60),
                rng.below(1000),
                rng.hex(16)
            );
            let mut text = lines.join("\n");
            text.push('\n');
            (path, text)
        }
    };
    let steps = entries.iter().zip(0..).filter_map(|(entry, n)| entry.step.map(|step| (step, n)));
    File {
        path,
        log: log.folder(),
        content: gzip(text.as_bytes()),
        records: entries.len() as u64,
        steps: steps.collect(),
    }
}

fn folder(log: Log, account: Account, region: Region, rest: &str) -> String {
    format!("AWSLogs/{}/{}/{}/{rest}", account.id(), log.folder(), region.name())
}
