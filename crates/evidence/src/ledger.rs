//! The custody ledger: append-only, each line holds the hash of the one before.
//!
//! A line is `{"seq":n,"at":...,"action":...,"detail":{...},"prev":H,"hash":H}`; `hash` is the
//! SHA-256 of the line's text before `,"hash":`, so a changed bit anywhere breaks the chain. What
//! a chain alone cannot show is a cut at a line's end; [`LedgerState::Sound`] gives the head to
//! whoever wants to keep it elsewhere.

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use heptagon_model::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::EvidenceError;
use crate::hash::{hex, sha256};

/// `prev` of the first line.
const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";
const HASH_KEY: &str = ",\"hash\":\"";
const HASH_END: &str = "\"}";
const HEX: usize = 64;

/// What was done, when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerEntry {
    /// Number of the line, from 0.
    pub seq: u64,
    /// When it was done, as told by the caller.
    pub at: Timestamp,
    /// What was done: `intake`, `export`, `reveal`, ...
    pub action: String,
    /// Particulars of the action.
    pub detail: Value,
    /// Hash of the line before.
    pub prev: String,
}

/// Whether a ledger's chain holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LedgerState {
    /// Every line is as it was written and follows the one before.
    Sound {
        /// Number of lines.
        entries: u64,
        /// Hash of the last line.
        head: String,
    },
    /// The line `at`, counted from 0, is the first that does not hold.
    Broken {
        /// Number of the line.
        at: u64,
        /// What does not hold.
        why: String,
    },
}

impl fmt::Display for LedgerState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LedgerState::Sound { .. } => f.write_str("ok"),
            LedgerState::Broken { at, .. } => write!(f, "broken at {at}"),
        }
    }
}

/// A ledger that can be added to.
#[derive(Debug)]
pub struct Ledger {
    path: PathBuf,
    file: File,
    tail: Tail,
}

/// Where the next line goes.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Tail {
    bytes: u64,
    entries: u64,
    head: String,
}

impl Ledger {
    /// Opens the ledger at `path`, or begins it.
    ///
    /// A last line that was cut by a crash is removed, and the ledger gets an entry
    /// `ledger-repaired` with what was removed. A chain that is broken elsewhere is left as it is
    /// and goes on behind the break: [`check`] still finds it.
    pub fn open(path: &Path, at: Timestamp) -> Result<Ledger, EvidenceError> {
        let file = OpenOptions::new()
            .read(true)
            .append(true)
            .create(true)
            .open(path)
            .map_err(|source| write_error(path, source))?;
        let tail = Tail { bytes: 0, entries: 0, head: GENESIS.to_owned() };
        let mut ledger = Ledger { path: path.to_owned(), file, tail };
        ledger.locked(|ledger| ledger.catch_up(at))?;
        Ok(ledger)
    }

    /// Adds an entry; when this returns it is on the disk.
    pub fn append(
        &mut self,
        at: Timestamp,
        action: &str,
        detail: &Value,
    ) -> Result<(), EvidenceError> {
        self.locked(|ledger| {
            ledger.catch_up(at)?;
            ledger.write(at, action, detail)
        })
    }

    /// Hash of the last line.
    pub fn head(&self) -> &str {
        &self.tail.head
    }

    fn locked(
        &mut self,
        action: impl FnOnce(&mut Ledger) -> io::Result<()>,
    ) -> Result<(), EvidenceError> {
        // Another run on the same case may add lines between ours.
        let result = self.file.lock().and_then(|()| action(self));
        let unlocked = self.file.unlock();
        result.and(unlocked).map_err(|source| write_error(&self.path, source))
    }

    /// Reads the lines that were added since the last look, and repairs the last one.
    fn catch_up(&mut self, at: Timestamp) -> io::Result<()> {
        let bytes = self.file.metadata()?.len();
        if bytes == self.tail.bytes {
            return Ok(());
        }
        if bytes < self.tail.bytes {
            self.tail = Tail { bytes: 0, entries: 0, head: GENESIS.to_owned() };
        }
        let mut text = Vec::new();
        self.file.seek(SeekFrom::Start(self.tail.bytes))?;
        self.file.read_to_end(&mut text)?;
        let whole = memchr::memrchr(b'\n', &text).map_or(0, |end| end + 1);
        for line in text[..whole].split_inclusive(|byte| *byte == b'\n') {
            let line = &line[..line.len() - 1];
            self.tail.head = match split(line) {
                Some((_, hash)) => hash.to_owned(),
                None => hex(&sha256(line)),
            };
            self.tail.entries += 1;
            self.tail.bytes += line.len() as u64 + 1;
        }
        let torn = &text[whole..];
        if torn.is_empty() {
            return Ok(());
        }
        self.file.set_len(self.tail.bytes)?;
        let detail = json!({
            "removed_bytes": torn.len(),
            "removed_sha256": hex(&sha256(torn)),
            "why": "the last line was cut",
        });
        self.write(at, "ledger-repaired", &detail)
    }

    fn write(&mut self, at: Timestamp, action: &str, detail: &Value) -> io::Result<()> {
        let entry = LedgerEntry {
            seq: self.tail.entries,
            at,
            action: action.to_owned(),
            detail: detail.clone(),
            prev: self.tail.head.clone(),
        };
        let mut line = serde_json::to_string(&entry)?;
        line.pop();
        let hash = hex(&sha256(line.as_bytes()));
        line.push_str(HASH_KEY);
        line.push_str(&hash);
        line.push_str(HASH_END);
        line.push('\n');
        self.file.write_all(line.as_bytes())?;
        self.file.sync_data()?;
        self.tail.bytes += line.len() as u64;
        self.tail.entries += 1;
        self.tail.head = hash;
        Ok(())
    }
}

/// The entries of a ledger, up to the first line that does not hold.
pub fn entries(path: &Path) -> Result<Vec<LedgerEntry>, EvidenceError> {
    let text = std::fs::read(path)
        .map_err(|source| EvidenceError::Read { path: path.to_owned(), source })?;
    let mut entries = Vec::new();
    let _ = walk(&text, |entry| entries.push(entry));
    Ok(entries)
}

/// Walks the chain of the ledger at `path`; no ledger is a broken one.
pub fn check(path: &Path) -> LedgerState {
    match std::fs::read(path) {
        Ok(text) => walk(&text, |_| ()),
        Err(error) => LedgerState::Broken {
            at: 0,
            why: format!("the ledger cannot be read: {}", crate::discover::describe(&error)),
        },
    }
}

fn walk(text: &[u8], mut each: impl FnMut(LedgerEntry)) -> LedgerState {
    let mut head = GENESIS.to_owned();
    let mut count = 0;
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        match verified(line, count, &head) {
            Ok((entry, hash)) => {
                each(entry);
                head = hash;
            }
            Err(why) => return LedgerState::Broken { at: count, why: why.to_owned() },
        }
        count += 1;
    }
    LedgerState::Sound { entries: count, head }
}

fn verified(line: &[u8], seq: u64, prev: &str) -> Result<(LedgerEntry, String), &'static str> {
    let line = line.strip_suffix(b"\n").ok_or("the last line is cut")?;
    let (body, hash) = split(line).ok_or("not a ledger line")?;
    if hex(&sha256(body)) != hash {
        return Err("the line was changed");
    }
    let mut text = body.to_vec();
    text.push(b'}');
    let entry: LedgerEntry = serde_json::from_slice(&text).map_err(|_| "not a ledger line")?;
    if entry.prev != prev || entry.seq != seq {
        return Err("a line before it was removed, added or changed");
    }
    Ok((entry, hash.to_owned()))
}

/// The hashed text of a line, and the hash it carries.
fn split(line: &[u8]) -> Option<(&[u8], &str)> {
    let rest = line.strip_suffix(HASH_END.as_bytes())?;
    let (rest, hash) = rest.split_at_checked(rest.len().checked_sub(HEX)?)?;
    let body = rest.strip_suffix(HASH_KEY.as_bytes())?;
    let hash = std::str::from_utf8(hash).ok()?;
    hash.bytes().all(|byte| byte.is_ascii_hexdigit()).then_some((body, hash))
}

fn write_error(path: &Path, source: io::Error) -> EvidenceError {
    EvidenceError::Write { path: path.to_owned(), source }
}
