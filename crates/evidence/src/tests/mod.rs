//! Tests over whole files and archives; the data are made here.

mod archives;
mod custody;
mod discovery;
mod properties;
mod streams;

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use heptagon_model::{Limits, Problem, ProblemCode};

use crate::{ArtifactDone, ArtifactHeader, Content, Opener, Visitor, discover};

/// A visitor that keeps everything, in order.
#[derive(Default)]
pub(crate) struct Recorder {
    /// URI, content, truncated, streamed.
    pub(crate) leaves: Vec<(String, Vec<u8>, bool, bool)>,
    pub(crate) done: Vec<ArtifactDone>,
    pub(crate) problems: Vec<Problem>,
    pub(crate) unwanted: Vec<String>,
}

impl Visitor for Recorder {
    fn wants(&mut self, header: &ArtifactHeader) -> bool {
        !self.unwanted.contains(&header.uri)
    }

    fn artifact(&mut self, header: &ArtifactHeader, content: Content<'_>) {
        let leaf = match content {
            Content::Whole { bytes, truncated } => (bytes.to_vec(), truncated, false),
            Content::Stream(stream) => {
                let mut bytes = Vec::new();
                stream.read_to_end(&mut bytes).unwrap();
                (bytes, stream.truncated(), true)
            }
        };
        self.leaves.push((header.uri.clone(), leaf.0, leaf.1, leaf.2));
    }

    fn problem(&mut self, problem: Problem) {
        self.problems.push(problem);
    }

    fn done(&mut self, done: &ArtifactDone) {
        self.done.push(done.clone());
    }
}

impl Recorder {
    /// Everything that was said to be wrong: code and URI.
    pub(crate) fn faults(&self) -> Vec<(ProblemCode, &str)> {
        let inner = self.done.iter().flat_map(|done| &done.problems);
        self.problems.iter().chain(inner).map(|p| (p.code, p.uri.as_str())).collect()
    }

    pub(crate) fn reasons(&self) -> String {
        let inner = self.done.iter().flat_map(|done| &done.problems);
        self.problems.iter().chain(inner).map(|p| p.reason.clone() + "\n").collect()
    }

    pub(crate) fn leaf(&self, uri: &str) -> &[u8] {
        &self.leaves.iter().find(|leaf| leaf.0 == uri).unwrap_or_else(|| panic!("no {uri}")).1
    }

    pub(crate) fn uris(&self) -> Vec<&str> {
        self.leaves.iter().map(|leaf| leaf.0.as_str()).collect()
    }

    pub(crate) fn contents(&self) -> BTreeMap<&str, &[u8]> {
        self.leaves.iter().map(|leaf| (leaf.0.as_str(), leaf.1.as_slice())).collect()
    }
}

/// A folder of evidence that is gone after the test.
pub(crate) struct Evidence {
    pub(crate) folder: tempfile::TempDir,
}

impl Evidence {
    pub(crate) fn new() -> Evidence {
        Evidence { folder: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn root(&self) -> PathBuf {
        self.folder.path().join("evidence")
    }

    pub(crate) fn scratch(&self) -> PathBuf {
        self.folder.path().join("scratch")
    }

    pub(crate) fn with(self, name: &str, bytes: &[u8]) -> Evidence {
        let path = self.root().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
        self
    }

    pub(crate) fn read(&self, limits: &Limits) -> Recorder {
        let mut recorder = Recorder::default();
        self.read_into(limits, &mut recorder);
        recorder
    }

    pub(crate) fn read_into(&self, limits: &Limits, recorder: &mut Recorder) {
        let discovery = discover(&[self.root()], &[]).unwrap();
        recorder.problems.extend(discovery.problems);
        let mut opener = Opener::new(limits, &self.scratch());
        for file in &discovery.files {
            opener.visit(file, recorder).unwrap();
        }
    }
}

/// Reads one file of these bytes.
pub(crate) fn read_one(name: &str, bytes: &[u8], limits: &Limits) -> Recorder {
    Evidence::new().with(name, bytes).read(limits)
}

/// Bounds under which a few kilobytes are already large.
pub(crate) fn tight() -> Limits {
    Limits { whole_bytes_max: 4 << 10, window_bytes: 1 << 10, ..Limits::DEFAULT }
}

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::new(6));
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub(crate) fn zstd(bytes: &[u8]) -> Vec<u8> {
    zstd::stream::encode_all(bytes, 1).unwrap()
}

pub(crate) fn tar(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, bytes) in members {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o600);
        // Written as it is: the library would refuse names that lead out.
        let room = &mut header.as_old_mut().name;
        room[..name.len()].copy_from_slice(name.as_bytes());
        header.set_cksum();
        builder.append(&header, *bytes).unwrap();
    }
    builder.into_inner().unwrap()
}

pub(crate) fn zip(members: &[(&str, &[u8])]) -> Vec<u8> {
    zip_with(members, zip::CompressionMethod::Deflated)
}

pub(crate) fn zip_with(members: &[(&str, &[u8])], method: zip::CompressionMethod) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default().compression_method(method);
    for (name, bytes) in members {
        writer.start_file(*name, options).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// Text of `count` lines that compresses like records do.
pub(crate) fn lines(count: usize) -> Vec<u8> {
    let mut text = Vec::new();
    let mut state = 7u32;
    for at in 0..count {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        writeln!(text, "{{\"eventID\":\"{state:08x}-{at:06}\",\"eventName\":\"InvokeModel\"}}")
            .unwrap();
    }
    text
}

pub(crate) fn files_below(folder: &Path) -> usize {
    walkdir::WalkDir::new(folder)
        .into_iter()
        .filter(|e| e.as_ref().is_ok_and(|e| e.file_type().is_file()))
        .count()
}
