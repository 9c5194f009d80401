//! What becomes of one artifact while it is read: faults, the cut tail, the final word.

use heptagon_model::{Problem, ProblemCode, Severity};

use crate::visit::{ArtifactDone, ArtifactHeader};

/// Something wrong with a file or archive, not yet tied to an artifact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) code: ProblemCode,
    pub(crate) severity: Severity,
    pub(crate) reason: String,
}

impl Fault {
    /// Content is missing.
    pub(crate) fn lost(code: ProblemCode, reason: impl Into<String>) -> Fault {
        Fault { code, severity: Severity::Lost, reason: reason.into() }
    }

    /// All content that there is was handed on.
    pub(crate) fn warning(code: ProblemCode, reason: impl Into<String>) -> Fault {
        Fault { code, severity: Severity::Warning, reason: reason.into() }
    }
}

/// The state of one artifact being read.
pub(crate) struct Outcome {
    pub(crate) header: ArtifactHeader,
    /// Whether the content ends before its real end, as far as known.
    pub(crate) truncated: bool,
    pub(crate) container: Option<&'static str>,
    pub(crate) content_sha256: [u8; 32],
    pub(crate) content_bytes: u64,
    /// Whether the artifact is refused: then nothing but its problems is reported.
    pub(crate) refused: bool,
    problems: Vec<Problem>,
    unlisted: u64,
    listed_max: usize,
}

impl Outcome {
    pub(crate) fn new(header: ArtifactHeader, listed_max: usize) -> Outcome {
        Outcome {
            content_sha256: header.id.0,
            content_bytes: header.bytes,
            header,
            truncated: false,
            container: None,
            refused: false,
            problems: Vec::new(),
            unlisted: 0,
            listed_max,
        }
    }

    /// Records a fault of the artifact itself.
    pub(crate) fn fault(&mut self, fault: Fault) {
        let uri = self.header.uri.clone();
        self.member_fault(uri, fault);
    }

    /// Records a fault of a member that did not become an artifact, or whose name is at fault.
    pub(crate) fn member_fault(&mut self, uri: String, fault: Fault) {
        if self.problems.len() >= self.listed_max {
            self.unlisted += 1;
            return;
        }
        self.problems.push(Problem {
            artifact: self.header.id.short(),
            uri,
            record: None,
            offset: None,
            severity: fault.severity,
            code: fault.code,
            reason: fault.reason,
        });
    }

    pub(crate) fn content(&mut self, sha256: [u8; 32], bytes: u64) {
        self.content_sha256 = sha256;
        self.content_bytes = bytes;
    }

    pub(crate) fn finish(mut self) -> ArtifactDone {
        if self.unlisted > 0 {
            self.problems.push(Problem {
                artifact: self.header.id.short(),
                uri: self.header.uri.clone(),
                record: None,
                offset: None,
                severity: Severity::Lost,
                code: ProblemCode::More,
                reason: format!(
                    "{} more problems of this kind (limit problems_listed_max)",
                    self.unlisted
                ),
            });
        }
        ArtifactDone {
            complete: !self.truncated && self.problems.iter().all(|p| p.severity != Severity::Lost),
            header: self.header,
            content_sha256: self.content_sha256,
            content_bytes: self.content_bytes,
            container: self.container,
            problems: self.problems,
        }
    }
}
