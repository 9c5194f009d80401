//! Where a record is written: the organisation's accounts and regions.

/// An account of the organisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Account {
    /// Runs the Gen-AI application.
    Application,
    /// Runs shared services: pipelines, billing, audit.
    Shared,
}

/// A region that the organisation has enabled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Region {
    /// us-east-1, where most happens and where global services are recorded.
    East,
    /// us-west-2.
    West,
}

/// A kind of log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Log {
    /// CloudTrail's log files.
    CloudTrail,
    /// Bedrock's model invocation log.
    Invocations,
}

impl Account {
    /// Both accounts.
    pub(crate) const ALL: [Account; 2] = [Account::Application, Account::Shared];

    /// The twelve digits.
    pub(crate) fn id(self) -> &'static str {
        match self {
            Account::Application => "111122223333",
            Account::Shared => "444455556666",
        }
    }
}

impl Region {
    /// Both regions.
    pub(crate) const ALL: [Region; 2] = [Region::East, Region::West];

    /// The region's name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Region::East => "us-east-1",
            Region::West => "us-west-2",
        }
    }
}

impl Log {
    /// The folder under the account in the log bucket.
    pub(crate) fn folder(self) -> &'static str {
        match self {
            Log::CloudTrail => "CloudTrail",
            Log::Invocations => "BedrockModelInvocationLogs",
        }
    }
}
