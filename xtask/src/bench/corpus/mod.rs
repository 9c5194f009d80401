//! A corpus like a busy organisation's trail: the same seed gives the same bytes.
//!
//! A corpus has parts of equal size, so that twice the evidence is two parts: the same accounts,
//! regions, people and days, twice as busy.

pub(crate) mod names;
mod random;
mod record;
mod world;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::{fs, io};

use anyhow::{Context as _, Result};
use libdeflater::{CompressionLvl, Compressor};
use serde::{Deserialize, Serialize};

use names::Calls;
use random::Random;
use record::Place;
use world::{ACCOUNTS, REGIONS, World};

/// Raised when the same seed makes other bytes than before.
const VERSION: u32 = 2;
/// 2026-10-05, a Monday.
const FIRST_DAY: i64 = 20_731;
const DAYS: u64 = 5;
const GENAI_PERMILLE: u64 = 80;
/// gzip level: what makes files about as large as AWS's.
const LEVEL: i32 = 6;

/// What a corpus holds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Content {
    pub(crate) files: u64,
    /// Files under 50 KB, as found (compressed) or not.
    pub(crate) small_files: u64,
    pub(crate) json_bytes: u64,
    pub(crate) gz_bytes: u64,
    pub(crate) records: u64,
    pub(crate) event_names: u64,
    pub(crate) genai_records: u64,
}

impl Content {
    /// Uncompressed over compressed size.
    pub(crate) fn ratio(&self) -> f64 {
        self.json_bytes as f64 / self.gz_bytes.max(1) as f64
    }
}

/// A corpus on disk: the same evidence in one or several parts.
#[derive(Debug, Clone)]
pub(crate) struct Corpus {
    pub(crate) parts: Vec<(PathBuf, Content)>,
}

impl Corpus {
    /// The folders of the first parts, and what they hold together.
    pub(crate) fn first(&self, n: usize) -> (Vec<PathBuf>, Content) {
        let mut whole = Content::default();
        for (_, part) in &self.parts[..n] {
            whole.files += part.files;
            whole.small_files += part.small_files;
            whole.json_bytes += part.json_bytes;
            whole.gz_bytes += part.gz_bytes;
            whole.records += part.records;
            whole.genai_records += part.genai_records;
            whole.event_names = whole.event_names.max(part.event_names);
        }
        (self.parts[..n].iter().map(|(folder, _)| folder.clone()).collect(), whole)
    }
}

/// Makes the parts that are not there yet.
pub(crate) fn make(folder: &Path, bytes: u64, seed: u64, n_parts: usize) -> Result<Corpus> {
    let mut parts = Vec::new();
    for part in 0..n_parts {
        let name = format!("v{VERSION}-seed{seed}-{bytes}-part{part}");
        let place = folder.join(&name);
        let summary = folder.join(format!("{name}.json"));
        let known = fs::read(&summary).ok().and_then(|text| serde_json::from_slice(&text).ok());
        let content = if let Some(content) = known {
            content
        } else {
            eprintln!("making {name} ({} MB of JSON)", bytes / 1_000_000);
            if place.exists() {
                fs::remove_dir_all(&place).context("cannot remove an unfinished corpus")?;
            }
            let content = make_part(&place, bytes, seed, part as u64)
                .with_context(|| format!("cannot write {}", place.display()))?;
            // Written last: a corpus without it is unfinished.
            fs::write(&summary, serde_json::to_vec(&content)?).context("cannot write")?;
            content
        };
        parts.push((place, content));
    }
    Ok(Corpus { parts })
}

fn make_part(folder: &Path, bytes: u64, seed: u64, part: u64) -> io::Result<Content> {
    let mut random = Random::new(seed, part);
    let world = World::new(seed);
    let mut writer = Writer {
        genai: Calls::new(|call| call.service == names::GENAI),
        others: Calls::new(|call| call.service != names::GENAI),
        compressor: Compressor::new(CompressionLvl::new(LEVEL).expect("6 is a level")),
        text: String::new(),
        compressed: Vec::new(),
        names: BTreeSet::new(),
        content: Content::default(),
    };
    while writer.content.json_bytes < bytes {
        let left = bytes - writer.content.json_bytes;
        let size = file_bytes(&mut random, writer.content.files).min(left.max(2_000));
        writer.file(&world, &mut random, folder, size)?;
    }
    writer.content.event_names = writer.names.len() as u64;
    Ok(writer.content)
}

/// Every third file is small; the others are spread evenly over the orders of magnitude.
fn file_bytes(random: &mut Random, index: u64) -> u64 {
    if index % 3 == 1 {
        return 2_000 + random.below(44_000);
    }
    let octave = random.below(6);
    (120_000 << octave) + random.below(120_000 << octave)
}

struct Writer {
    genai: Calls,
    others: Calls,
    compressor: Compressor,
    text: String,
    compressed: Vec<u8>,
    names: BTreeSet<(&'static str, &'static str)>,
    content: Content,
}

impl Writer {
    fn file(
        &mut self,
        world: &World,
        random: &mut Random,
        folder: &Path,
        size: u64,
    ) -> io::Result<()> {
        let account = random.pick(&ACCOUNTS);
        let region = random.pick(&REGIONS);
        // A delivery holds about five minutes.
        let slot = random.below(DAYS * 288) as i64;
        let start = FIRST_DAY * 86_400 + slot * 300;
        self.text.clear();
        self.text.push_str("{\"Records\":[");
        while (self.text.len() as u64) < size {
            if !self.text.ends_with('[') {
                self.text.push(',');
            }
            let genai = random.permille(GENAI_PERMILLE);
            let calls = if genai { &self.genai } else { &self.others };
            let call = calls.at(random.next());
            // In order on the whole, as delivered files are, but not exactly.
            let done = self.text.len() as u64 * 240 / size;
            let time = start + (done + random.below(60)) as i64;
            let place = Place { account, region, time };
            record::write(world, random, call, place, &mut self.text);
            self.names.insert((call.service, call.name));
            self.content.records += 1;
            self.content.genai_records += u64::from(genai);
        }
        self.text.push_str("]}");
        let path = folder.join(path(random, account, region, start));
        fs::create_dir_all(path.parent().expect("the path has folders"))?;
        let bound = self.compressor.gzip_compress_bound(self.text.len());
        self.compressed.resize(bound, 0);
        let n = self
            .compressor
            .gzip_compress(self.text.as_bytes(), &mut self.compressed)
            .map_err(|error| io::Error::other(format!("{error:?}")))?;
        fs::write(path, &self.compressed[..n])?;
        self.content.files += 1;
        self.content.small_files += u64::from(self.text.len() < 50_000);
        self.content.json_bytes += self.text.len() as u64;
        self.content.gz_bytes += n as u64;
        Ok(())
    }
}

fn path(random: &mut Random, account: &str, region: &str, start: i64) -> String {
    let (year, month, day) = record::date(start.div_euclid(86_400));
    let minute = start.rem_euclid(86_400) / 60;
    let mut unique = String::new();
    random.text(random::BASE32, 16, &mut unique);
    format!(
        "AWSLogs/{account}/CloudTrail/{region}/{year:04}/{month:02}/{day:02}/{account}_CloudTrail_\
         {region}_{year:04}{month:02}{day:02}T{:02}{:02}Z_{unique}.json.gz",
        minute / 60,
        minute % 60
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_corpus_is_as_promised_and_the_same_each_time() {
        let folder = std::env::temp_dir().join(format!("xtask-corpus-{}", std::process::id()));
        let first = make_part(&folder.join("a"), 30_000_000, 1, 0).unwrap();
        let second = make_part(&folder.join("b"), 30_000_000, 1, 0).unwrap();
        let other = make_part(&folder.join("c"), 2_000_000, 1, 1).unwrap();
        fs::remove_dir_all(&folder).unwrap();
        assert_eq!(first, second);
        assert_ne!(first.records, other.records);
        assert!((5.0..8.0).contains(&first.ratio()), "ratio {}", first.ratio());
        assert!(first.event_names >= 250, "{first:?}");
        let share = first.genai_records * 1_000 / first.records;
        assert!((70..90).contains(&share), "{share}");
        let small = first.small_files * 100 / first.files;
        assert!((30..40).contains(&small), "{first:?}");
    }
}
