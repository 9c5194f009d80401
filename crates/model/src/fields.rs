//! Access to a record's fields by path, for rules.

use std::borrow::Cow;

/// A value of a record's field.
#[derive(Debug, Clone, PartialEq)]
pub enum FieldValue<'a> {
    /// Text.
    Str(Cow<'a, str>),
    /// A whole number.
    Int(i64),
    /// A number with a fraction.
    Float(f64),
    /// A truth value.
    Bool(bool),
    /// Present and null.
    Null,
    /// A list.
    Array(Vec<FieldValue<'a>>),
    /// An object, in the record's order.
    Object(Vec<(Cow<'a, str>, FieldValue<'a>)>),
}

/// Which records a rule speaks of: Sigma's `product: aws` with one of these services.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum LogSource {
    /// `service: cloudtrail`.
    CloudTrail,
    /// `service: bedrock_invocation`.
    BedrockInvocation,
}

/// A record as rules see it: the source's own field names, dots for nesting
/// (`userIdentity.sessionContext.sessionIssuer.arn`), arrays flattened to their members when a
/// path goes through them.
pub trait Fields {
    /// Which records these are.
    fn log_source(&self) -> LogSource;

    /// The CloudTrail `(eventSource, eventName)`, or `("bedrock.amazonaws.com", operation)`: the rule index's key.
    fn event_key(&self) -> (&str, &str);

    /// The value at a path: `None` when absent, `Some(Null)` when present and null.
    fn field(&self, path: &str) -> Option<FieldValue<'_>>;

    /// Calls `visit` for every string anywhere in the record.
    fn visit_strings(&self, visit: &mut dyn FnMut(&str));

    /// The whole record.
    fn to_json(&self) -> serde_json::Value;
}
