//! What is wrong with a rule, in a form a rule author can act upon.

use serde::Serialize;

/// The codes of faults; they are stable.
pub(crate) mod code {
    /// The document is not YAML.
    pub(crate) const NOT_YAML: &str = "R0001";
    /// The document is no Sigma rule.
    pub(crate) const NOT_A_RULE: &str = "R0002";
    /// A modifier or a value cannot be compiled.
    pub(crate) const NOT_COMPILABLE: &str = "R0003";
    /// Another rule has the id.
    pub(crate) const DUPLICATE_ID: &str = "R0004";
    /// Something in the document was ignored.
    pub(crate) const IGNORED: &str = "R0005";
    /// A correlation or a filter refers to a rule that is not loaded.
    pub(crate) const UNKNOWN_REFERENCE: &str = "R0006";
    /// Correlations refer to each other in a circle.
    pub(crate) const CYCLE: &str = "R0007";
    /// A correlation lacks something its type needs.
    pub(crate) const BAD_CORRELATION: &str = "R0008";
    /// The rule is written for a newer Sigma.
    pub(crate) const TOO_NEW: &str = "R0009";
    /// Metadata that the own pack requires is missing or unreadable.
    pub(crate) const METADATA: &str = "R0101";
    /// A tag the own pack requires is missing or unknown.
    pub(crate) const TAGS: &str = "R0102";
    /// Fixtures are missing, unreadable, or not minimal.
    pub(crate) const FIXTURES: &str = "R0103";
}

/// Something wrong with a rule.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct RuleFault {
    /// The rule's file.
    pub path: String,
    /// The rule's id, when it could be read.
    pub rule_id: Option<String>,
    /// A stable code, `R` and four digits.
    pub code: &'static str,
    /// What is wrong, in one sentence.
    pub message: String,
    /// What to do about it.
    pub hint: String,
}

/// A rule for records that are not read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct NotApplicable {
    /// The rule's file.
    pub path: String,
    /// The rule's id, when it has one.
    pub rule_id: Option<String>,
    /// The rule's title.
    pub title: String,
    /// Why it does not apply.
    pub why: String,
}
