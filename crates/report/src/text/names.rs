//! The words for what the model has as enums.

use heptagon_model::{Basis, CoverageState, ProblemCode, Severity, Verdict};

/// The verdict in words.
pub(crate) fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Confirmed => "Confirmed",
        Verdict::Indicated => "Indicated",
        Verdict::NotObserved => "Not observed",
        Verdict::CannotTell => "Cannot tell",
        Verdict::NotApplicable => "Not applicable",
    }
}

/// What a verdict means.
pub(crate) fn verdict_meaning(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Confirmed => "it happened; records show it",
        Verdict::Indicated => "records point to it",
        Verdict::NotObserved => "it could have been seen everywhere in scope, and was not",
        Verdict::CannotTell => "somewhere in scope it could not have been seen",
        Verdict::NotApplicable => "the workload has no such thing",
    }
}

/// All verdicts, worst first.
pub(crate) const VERDICTS: [Verdict; 5] = [
    Verdict::Confirmed,
    Verdict::Indicated,
    Verdict::CannotTell,
    Verdict::NotObserved,
    Verdict::NotApplicable,
];

/// A coverage state in words.
pub(crate) fn state(state: CoverageState) -> &'static str {
    match state {
        CoverageState::Recorded => "Recorded",
        CoverageState::Off => "Logging off",
        CoverageState::NotSelected => "Not selected",
        CoverageState::Masked => "Masked",
        CoverageState::Declined => "Declined",
        CoverageState::Unknown => "Unknown",
    }
}

/// All coverage states, best first.
pub(crate) const STATES: [CoverageState; 6] = [
    CoverageState::Recorded,
    CoverageState::Masked,
    CoverageState::Declined,
    CoverageState::NotSelected,
    CoverageState::Off,
    CoverageState::Unknown,
];

/// What a state rests on, in words.
pub(crate) fn basis(basis: Basis) -> &'static str {
    match basis {
        Basis::DigestProven => "proven by digests",
        Basis::Configured => "configured",
        Basis::Inferred => "inferred",
    }
}

/// A severity in words.
pub(crate) fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Lost => "lost",
        Severity::Notice => "no event",
        Severity::Warning => "kept, with a warning",
    }
}

/// A problem's code, as `heptagon sources` has it.
pub(crate) fn problem_code(code: ProblemCode) -> String {
    serde_json::to_value(code)
        .ok()
        .and_then(|value| value.as_str().map(str::to_owned))
        .expect("a unit variant serializes as its name")
}
