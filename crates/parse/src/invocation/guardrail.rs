//! Guardrail traces: which policy fired on which side, and what was done.

use super::json::Node;
use super::message::bounded_name;

/// Reasons listed of one invocation.
const REASONS_MAX: usize = 256;

/// What a guardrail did to an invocation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GuardrailAction {
    /// It blocked or masked something.
    Intervened,
    /// It looked and let everything pass.
    None,
}

impl GuardrailAction {
    /// The name in tables and rules, as AWS writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            GuardrailAction::Intervened => "INTERVENED",
            GuardrailAction::None => "NONE",
        }
    }
}

/// What the bodies say about a guardrail.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct GuardrailEvidence {
    pub(crate) action: Option<GuardrailAction>,
    pub(crate) id: Option<String>,
    pub(crate) version: Option<String>,
    pub(crate) reasons: Vec<String>,
    acted: bool,
    traced: bool,
}

impl GuardrailEvidence {
    /// Reads the guardrail a request names.
    pub(crate) fn read_request(&mut self, body: &Node<'_>) {
        for key in ["guardrailConfig", "amazon-bedrock-guardrailConfig"] {
            if let Some(config) = body.get(key) {
                self.identify(
                    config.text_of("guardrailIdentifier").or_else(|| config.text_of("guardrailId")),
                    config.text_of("guardrailVersion"),
                );
            }
        }
    }

    /// Reads a response, or one chunk of a stream.
    pub(crate) fn read_response(&mut self, body: &Node<'_>) {
        if let Some(action) = body.text_of("amazon-bedrock-guardrailAction") {
            self.act(action);
        }
        for path in [
            &["amazon-bedrock-trace", "guardrail"][..],
            &["trace", "guardrail"],
            &["metadata", "trace", "guardrail"],
        ] {
            if let Some(trace) = body.at(path) {
                self.trace(trace);
            }
        }
    }

    /// The action, once everything is read.
    pub(crate) fn conclude(&mut self, stop_reason: Option<&str>) {
        let stopped =
            stop_reason.is_some_and(|reason| reason.eq_ignore_ascii_case("guardrail_intervened"));
        if stopped || self.acted {
            self.action = Some(GuardrailAction::Intervened);
        } else if self.action.is_none() && self.traced {
            self.action = Some(GuardrailAction::None);
        }
    }

    fn act(&mut self, action: &str) {
        if action.to_ascii_uppercase().ends_with("INTERVENED") {
            self.action = Some(GuardrailAction::Intervened);
        } else if self.action.is_none() {
            self.action = Some(GuardrailAction::None);
        }
    }

    fn identify(&mut self, id: Option<&str>, version: Option<&str>) {
        if self.id.is_none() {
            self.id = id.map(bounded_name);
        }
        if self.version.is_none() {
            self.version = version.map(bounded_name);
        }
    }

    fn trace(&mut self, trace: &Node<'_>) {
        self.traced = true;
        if let Some(action) = trace.text_of("action") {
            self.act(action);
        }
        for (key, side) in [
            ("input", "input"),
            ("inputAssessment", "input"),
            ("inputAssessments", "input"),
            ("output", "output"),
            ("outputs", "output"),
            ("outputAssessment", "output"),
            ("outputAssessments", "output"),
        ] {
            if let Some(assessments) = trace.get(key) {
                self.assessments(assessments, side, 0);
            }
        }
    }

    /// An assessment, a list of them, or a map of either by guardrail id.
    fn assessments(&mut self, node: &Node<'_>, side: &str, depth: u32) {
        if depth > 4 {
            return;
        }
        for item in node.items() {
            self.assessments(item, side, depth + 1);
        }
        if node
            .members()
            .iter()
            .any(|(key, _)| key.ends_with("Policy") || key == "appliedGuardrailDetails")
        {
            self.assessment(node, side);
            return;
        }
        for (id, member) in node.members() {
            if member.is_object() || member.is_array() {
                self.assessments(member, side, depth + 1);
                self.identify(Some(id), None);
            }
        }
    }

    fn assessment(&mut self, node: &Node<'_>, side: &str) {
        if let Some(details) = node.get("appliedGuardrailDetails") {
            self.identify(details.text_of("guardrailId"), details.text_of("guardrailVersion"));
        }
        for (path, kind, named_by) in [
            (&["topicPolicy", "topics"][..], "topic", &["name"][..]),
            (&["contentPolicy", "filters"], "content", &["type", "confidence"]),
            (&["wordPolicy", "customWords"], "word", &["match"]),
            (&["wordPolicy", "managedWordLists"], "word", &["type"]),
            (&["sensitiveInformationPolicy", "piiEntities"], "pii", &["type"]),
            (&["sensitiveInformationPolicy", "regexes"], "regex", &["name"]),
            (&["contextualGroundingPolicy", "filters"], "grounding", &["type"]),
        ] {
            for hit in node.at(path).map(Node::items).unwrap_or_default() {
                self.hit(hit, side, kind, named_by);
            }
        }
        let findings = node.at(&["automatedReasoningPolicy", "findings"]);
        for finding in findings.map(Node::items).unwrap_or_default() {
            for (verdict, _) in finding.members() {
                if !matches!(verdict.as_ref(), "valid" | "noTranslations") {
                    self.reason(format!("{side}:automated-reasoning:{}", plain(verdict)));
                }
            }
        }
    }

    fn hit(&mut self, hit: &Node<'_>, side: &str, kind: &str, named_by: &[&str]) {
        let action = hit.text_of("action");
        let detected = matches!(hit.get("detected"), Some(Node::Bool(true)));
        let acts = action.is_some_and(|action| !action.eq_ignore_ascii_case("NONE"));
        if !acts && !detected {
            return;
        }
        self.acted |= acts;
        let mut reason = format!("{side}:{kind}");
        for key in named_by {
            reason.push(':');
            reason.push_str(&plain(hit.text_of(key).unwrap_or("?")));
        }
        reason.push(':');
        reason.push_str(&plain(action.unwrap_or("DETECTED")));
        self.reason(reason);
    }

    fn reason(&mut self, reason: String) {
        if self.reasons.len() < REASONS_MAX && !self.reasons.contains(&reason) {
            self.reasons.push(reason);
        }
    }
}

/// A name from a trace, on one line and short.
fn plain(name: &str) -> String {
    name.chars().take(120).map(|c| if c.is_control() { ' ' } else { c }).collect()
}
