//! What an [`Opener`](crate::Opener) tells a visitor about each artifact.

use std::io::Read;

use heptagon_model::{ArtifactId, Problem};

/// How an artifact's content is stored in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Encoding {
    /// As it is.
    Plain,
    /// RFC 1952, one or more members.
    Gzip,
    /// RFC 8878, one or more frames.
    Zstd,
}

/// An artifact as found, known before its content is decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArtifactHeader {
    /// SHA-256 of the bytes as found.
    pub id: ArtifactId,
    /// Path relative to the evidence root, members as `archive.zip!member`.
    pub uri: String,
    /// Size as found.
    pub bytes: u64,
    /// How the content is stored.
    pub encoding: Encoding,
}

/// Decoded content that is too large to be held, read once and in order.
///
/// Reading never fails: what cannot be decoded ends the stream, and the reason is in
/// [`ArtifactDone::problems`].
pub trait Stream: Read {
    /// Whether the content ended before its real end; meaningful once `read` has returned 0.
    fn truncated(&self) -> bool;
}

/// The decoded content of a leaf artifact.
pub enum Content<'a> {
    /// All of it, when it has at most `Limits::whole_bytes_max` bytes.
    Whole {
        /// The decoded bytes.
        bytes: &'a [u8],
        /// Whether the content ended before its real end.
        truncated: bool,
    },
    /// A reader over it, when it is larger.
    Stream(&'a mut dyn Stream),
}

/// What is known once an artifact has been read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArtifactDone {
    /// The header that was given before.
    pub header: ArtifactHeader,
    /// SHA-256 of the decoded content.
    pub content_sha256: [u8; 32],
    /// Size of the decoded content.
    pub content_bytes: u64,
    /// `zip` or `tar` for an archive that was opened; `xz`, `7z`, ... for one that cannot be.
    /// `None` for a leaf, whose content was given to [`Visitor::artifact`].
    pub container: Option<&'static str>,
    /// What was wrong with the file or archive itself, never with a record in it: these do not
    /// count in the accounting of records.
    pub problems: Vec<Problem>,
    /// Whether all of the content was handed on; `false` after a cut, a limit or damage.
    pub complete: bool,
}

/// Receives artifacts: for each one `wants`, then (for a leaf) `artifact`, then `done`; the
/// members of an archive come between its `wants` and its `done`.
pub trait Visitor {
    /// Whether an archive member is worth reading, judged by its name alone.
    fn wants_member(&mut self, uri: &str) -> bool {
        let _ = uri;
        true
    }

    /// Whether an artifact is worth decoding; if not, neither `artifact` nor `done` follows.
    fn wants(&mut self, header: &ArtifactHeader) -> bool;

    /// A leaf's content, given once.
    fn artifact(&mut self, header: &ArtifactHeader, content: Content<'_>);

    /// Something that is not, or not yet, an artifact could not be read.
    fn problem(&mut self, problem: Problem);

    /// The artifact has been read.
    fn done(&mut self, done: &ArtifactDone);
}
