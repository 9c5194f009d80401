//! What ends a command: one line, a hint, and the exit code.

use std::fmt;

/// A usage or environment error, with what to do about it.
#[derive(Debug)]
pub(crate) struct Failure {
    error: anyhow::Error,
    hint: Option<String>,
}

/// What a command leaves: `0`, or `1` when a script asked and the answer is negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    Done,
    Negative,
}

pub(crate) type Outcome = Result<Exit, Failure>;

impl Failure {
    /// An error of our own.
    pub(crate) fn new(message: impl fmt::Display, hint: impl Into<String>) -> Failure {
        Failure { error: anyhow::anyhow!("{message}"), hint: Some(hint.into()) }
    }

    /// Whether the reader of our output has gone away: not an error.
    pub(crate) fn is_broken_pipe(&self) -> bool {
        self.error.chain().any(|cause| {
            let io = cause.downcast_ref::<std::io::Error>().map(std::io::Error::kind);
            let json = cause
                .downcast_ref::<serde_json::Error>()
                .and_then(serde_json::Error::io_error_kind);
            io.or(json) == Some(std::io::ErrorKind::BrokenPipe)
        })
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error: {}", self.error)?;
        let mut said = self.error.to_string();
        for cause in self.error.chain().skip(1) {
            let text = cause.to_string();
            if !said.ends_with(&text) {
                write!(f, ": {text}")?;
            }
            said = text;
        }
        if let Some(hint) = &self.hint {
            write!(f, "\n\nhint: {hint}")?;
        }
        Ok(())
    }
}

impl From<heptagon_ingest::IngestError> for Failure {
    fn from(error: heptagon_ingest::IngestError) -> Failure {
        let hint = Some(error.hint());
        Failure { error: error.into(), hint }
    }
}

impl From<heptagon_case::CaseError> for Failure {
    fn from(error: heptagon_case::CaseError) -> Failure {
        let hint = error.hint().map(str::to_owned);
        Failure { error: error.into(), hint }
    }
}

impl From<heptagon_evidence::EvidenceError> for Failure {
    fn from(error: heptagon_evidence::EvidenceError) -> Failure {
        let hint = Some(error.hint());
        Failure { error: error.into(), hint }
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Failure {
        Failure { error: error.into(), hint: None }
    }
}

impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Failure {
        Failure { error: error.into(), hint: None }
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Failure {
        Failure { error, hint: None }
    }
}
