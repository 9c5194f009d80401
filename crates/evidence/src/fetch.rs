//! Back from a reference to the bytes it is about.

use std::io::Read;
use std::path::PathBuf;

use heptagon_model::{ArtifactId, Problem};

use crate::verify::Places;
use crate::visit::{ArtifactDone, ArtifactHeader, Content, Visitor};
use crate::{EvidenceError, FoundFile, Opener};

/// A record's place in the decoded content of its artifact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Range {
    /// Offset of its first byte.
    pub offset: u64,
    /// Its size.
    pub length: u64,
}

impl Opener {
    /// Opens the artifact `uri` whose hash is `id` again, and hands on its decoded content.
    pub fn reopen(
        &mut self,
        roots: &[PathBuf],
        uri: &str,
        id: ArtifactId,
        read: &mut dyn FnMut(Content<'_>),
    ) -> Result<(), EvidenceError> {
        let file_uri = uri.split('!').next().unwrap_or(uri);
        let mut seen = false;
        for path in Places::new(roots).locate(file_uri) {
            let mut visitor = Reopening { uri, id, read, seen: false, opened: false };
            let file = FoundFile { uri: file_uri.to_owned(), path, bytes: 0 };
            self.visit(&file, &mut visitor)?;
            seen |= visitor.seen;
            if visitor.opened {
                return Ok(());
            }
        }
        let uri = uri.to_owned();
        Err(if seen { EvidenceError::Changed { uri } } else { EvidenceError::Gone { uri } })
    }

    /// The bytes of `ranges` of the artifact `uri` whose hash is `id`, in the order of `ranges`;
    /// the artifact is opened once.
    pub fn fetch(
        &mut self,
        roots: &[PathBuf],
        uri: &str,
        id: ArtifactId,
        ranges: &[Range],
    ) -> Result<Vec<Vec<u8>>, EvidenceError> {
        let mut cut = Cut { ranges, found: vec![None; ranges.len()] };
        self.reopen(roots, uri, id, &mut |content| match content {
            Content::Whole { bytes, .. } => cut.whole(bytes),
            Content::Stream(stream) => cut.stream(stream),
        })?;
        let found = cut.found.into_iter().zip(ranges).map(|(bytes, range)| {
            bytes.ok_or_else(|| EvidenceError::OutOfRange {
                uri: uri.to_owned(),
                offset: range.offset,
                length: range.length,
            })
        });
        found.collect()
    }
}

struct Reopening<'a> {
    uri: &'a str,
    id: ArtifactId,
    read: &'a mut dyn FnMut(Content<'_>),
    seen: bool,
    opened: bool,
}

impl Reopening<'_> {
    fn is_above(&self, uri: &str) -> bool {
        self.uri.strip_prefix(uri).is_some_and(|rest| rest.starts_with('!'))
    }
}

impl Visitor for Reopening<'_> {
    fn wants_member(&mut self, uri: &str) -> bool {
        !self.opened && (uri == self.uri || self.is_above(uri))
    }

    fn wants(&mut self, header: &ArtifactHeader) -> bool {
        let same_uri = header.uri == self.uri;
        self.seen |= same_uri;
        !self.opened && (same_uri && header.id == self.id || self.is_above(&header.uri))
    }

    fn artifact(&mut self, header: &ArtifactHeader, content: Content<'_>) {
        if header.uri == self.uri {
            self.opened = true;
            (self.read)(content);
        }
    }

    fn problem(&mut self, _: Problem) {}

    fn done(&mut self, _: &ArtifactDone) {}
}

/// Ranges cut out of a content.
struct Cut<'a> {
    ranges: &'a [Range],
    found: Vec<Option<Vec<u8>>>,
}

impl Cut<'_> {
    fn whole(&mut self, bytes: &[u8]) {
        for (slot, range) in self.found.iter_mut().zip(self.ranges) {
            let from = usize::try_from(range.offset).ok();
            let length = usize::try_from(range.length).ok();
            *slot = from
                .zip(length)
                .and_then(|(from, length)| bytes.get(from..from.checked_add(length)?))
                .map(<[u8]>::to_vec);
        }
    }

    /// Passes over the stream once; ranges may overlap, so a window of what may be needed again is kept.
    fn stream(&mut self, stream: &mut dyn Read) {
        let mut order: Vec<usize> = (0..self.ranges.len()).collect();
        order.sort_by_key(|at| self.ranges[*at]);
        let mut block = vec![0; 256 << 10];
        let mut at = 0u64;
        let mut partial: Vec<Vec<u8>> = vec![Vec::new(); self.ranges.len()];
        let last = self.ranges.iter().map(|range| range.offset.saturating_add(range.length)).max();
        while at < last.unwrap_or(0) {
            let Ok(count @ 1..) = stream.read(&mut block) else { break };
            let end = at + count as u64;
            for index in &order {
                let range = self.ranges[*index];
                if range.offset >= end {
                    break;
                }
                let from = range.offset.max(at);
                let to = range.offset.saturating_add(range.length).min(end);
                if from < to {
                    partial[*index]
                        .extend_from_slice(&block[(from - at) as usize..(to - at) as usize]);
                }
            }
            at = end;
        }
        for ((slot, range), bytes) in self.found.iter_mut().zip(self.ranges).zip(partial) {
            *slot = (bytes.len() as u64 == range.length && range.offset <= at).then_some(bytes);
        }
    }
}
