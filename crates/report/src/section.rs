//! The parts of a report, in reading order.

/// A part of a report; formats match on it, so that none can be forgotten.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Section {
    /// One page for those who read one page.
    Summary,
    /// What to do now.
    Actions,
    /// What happened when.
    Timeline,
    /// The seven elements, question by question.
    Elements,
    /// Who did it.
    Actors,
    /// What the rules found.
    Findings,
    /// What could have been seen, and what could not.
    Coverage,
    /// The Gen-AI workload.
    Workload,
    /// The evidence and its accounting.
    Sources,
    /// What could not be read as expected.
    Problems,
    /// How to check the report, and how its words are meant.
    Method,
    /// The records themselves.
    Records,
}

impl Section {
    /// All parts, in reading order.
    pub const ALL: [Section; 12] = [
        Section::Summary,
        Section::Actions,
        Section::Timeline,
        Section::Elements,
        Section::Actors,
        Section::Findings,
        Section::Coverage,
        Section::Workload,
        Section::Sources,
        Section::Problems,
        Section::Method,
        Section::Records,
    ];

    /// The heading.
    pub fn title(self) -> &'static str {
        match self {
            Section::Summary => "Summary",
            Section::Actions => "What to do now",
            Section::Timeline => "Timeline",
            Section::Elements => "The seven elements",
            Section::Actors => "Actors",
            Section::Findings => "Findings",
            Section::Coverage => "Coverage and gaps",
            Section::Workload => "The workload",
            Section::Sources => "Evidence",
            Section::Problems => "Problems in the evidence",
            Section::Method => "Method and custody",
            Section::Records => "Records",
        }
    }

    /// The anchor.
    pub fn anchor(self) -> &'static str {
        match self {
            Section::Summary => "summary",
            Section::Actions => "actions",
            Section::Timeline => "timeline",
            Section::Elements => "elements",
            Section::Actors => "actors",
            Section::Findings => "findings",
            Section::Coverage => "coverage",
            Section::Workload => "workload",
            Section::Sources => "evidence",
            Section::Problems => "problems",
            Section::Method => "method",
            Section::Records => "records",
        }
    }
}
