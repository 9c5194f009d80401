//! What a question's file holds.

use heptagon_model::{Element, Level, RuleInfo};
use serde::Deserialize;

/// The form of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Yes or no.
    YesNo,
    /// Items.
    List,
    /// A statement of a person.
    Attested,
}

impl Kind {
    /// The snake_case name.
    pub fn name(self) -> &'static str {
        match self {
            Kind::YesNo => "yes_no",
            Kind::List => "list",
            Kind::Attested => "attested",
        }
    }
}

/// When an observation speaks for something adverse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AdverseWhen {
    /// When the plain answer is yes.
    Yes,
    /// When the plain answer is no.
    No,
    /// When anything is on the list.
    Any,
    /// Never: the question informs.
    Never,
}

/// How the engine answers: a small closed set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Logic {
    /// Selected events: adverse when a suspect did them, or a rule says so; else legitimate.
    Changes,
    /// Findings of the named rules alone.
    Findings,
    /// Whether there is any suspect.
    Suspects,
    /// Whether suspects still acted after containment, or until the evidence ends.
    Continued,
    /// Whether a credential is used as an exposed one would be.
    Exposed,
    /// Model calls by suspects.
    Invocations,
    /// What was sent to the models and what came back.
    Messages,
    /// When invocation logging was not recording.
    LoggingWindow,
    /// Private stores that the application can reach.
    Reach,
    /// What the application's roles are able to do.
    Ability,
    /// What the application's roles did.
    Actions,
    /// The application's roles in the hands of suspects.
    RoleAbuse,
    /// Volume, models and regions out of the ordinary.
    Volume,
    /// People answer.
    Attested,
    /// No source that is read yet can tell.
    Unanswerable,
}

/// Event names of one service.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Events {
    /// `bedrock.amazonaws.com`; `bedrock` in the file.
    pub source: String,
    /// `DeleteGuardrail`, ...; `*` for all.
    pub names: Vec<String>,
    /// Only inside the workload's stores of this class, `data-store` or `private`.
    #[serde(default)]
    pub within: Option<String>,
}

/// Where a source has to have recorded before "no" is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NeedScope {
    /// In every account and region of the scope.
    #[default]
    Regions,
    /// In every account, in the region that records the global services.
    Global,
    /// Both.
    RegionsAndGlobal,
    /// Wherever models were called.
    Calls,
    /// For every store of the workload.
    Stores,
    /// For every private store declared.
    PrivateStores,
}

/// A source without which "no" cannot be said.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Need {
    /// `cloudtrail`, `bedrock-invocation`, or one that is not read yet.
    pub source: String,
    /// `management-read`, `management-write`, `data:<type>`, or the source's own.
    pub category: String,
    /// Where.
    #[serde(default)]
    pub scope: NeedScope,
}

/// What a rule's match proves about a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Proves {
    /// The thing asked about.
    Confirms,
    /// A hint at it.
    Indicates,
}

/// Rules by file, or by what they are tagged with: every field given must fit.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleSelector {
    /// What a match proves.
    pub proves: Proves,
    /// Rules by file, `access/root-activity`.
    #[serde(default)]
    pub files: Vec<String>,
    /// The ids of `files`, filled when loaded.
    #[serde(skip)]
    pub ids: Vec<String>,
    /// Any of these elements.
    #[serde(default)]
    pub elements: Vec<Element>,
    /// Any of these ATT&CK techniques, or a sub-technique of one.
    #[serde(default)]
    pub attack: Vec<String>,
    /// Any of these ATLAS techniques, or a sub-technique of one.
    #[serde(default)]
    pub atlas: Vec<String>,
    /// Any of these OWASP entries.
    #[serde(default)]
    pub owasp: Vec<String>,
    /// The log source's service.
    #[serde(default)]
    pub service: Option<String>,
    /// At least this level.
    #[serde(default = "medium")]
    pub min_level: Level,
}

fn medium() -> Level {
    Level::Medium
}

impl RuleSelector {
    /// Whether a rule is meant.
    pub fn selects(&self, rule: &RuleInfo) -> bool {
        if !self.files.is_empty() {
            return self.ids.contains(&rule.rule_id);
        }
        let technique = |wanted: &[String], has: &[String]| {
            wanted.is_empty()
                || wanted.iter().any(|technique| {
                    has.iter().any(|h| {
                        h.strip_prefix(technique.as_str())
                            .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
                    })
                })
        };
        rule.level >= self.min_level
            && (self.elements.is_empty()
                || self.elements.iter().any(|element| rule.elements.contains(element)))
            && technique(&self.attack, &rule.attack)
            && technique(&self.atlas, &rule.atlas)
            && (self.owasp.is_empty() || self.owasp.iter().any(|o| rule.owasp.contains(o)))
            && self.service.as_ref().is_none_or(|service| *service == rule.service)
    }
}

/// What makes a question pointless for a workload.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NotApplicable {
    /// None of these services was used, and their use would have been recorded.
    #[serde(default)]
    pub unused_services: Vec<String>,
    /// No component of these kinds exists, declared or inferred, and its making or use would
    /// have been recorded.
    #[serde(default)]
    pub unknown_components: Vec<String>,
}

/// When a suspect's denied attempt counts as the thing itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Adverse {
    /// Success is the thing, a denied attempt a hint.
    #[default]
    Success,
    /// The attempt is the thing, whatever came of it.
    Attempt,
    /// Only denied attempts are looked at.
    Denied,
}

/// One question.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// Stable id; the file's name.
    pub id: String,
    /// The element; the folder's name.
    pub element: Element,
    /// The question as people read it.
    pub text: String,
    /// Where it comes from: `mission`, or `expansion` with the set.
    pub trace: String,
    /// The form of its answer.
    pub kind: Kind,
    /// When an observation is adverse.
    pub adverse_when: AdverseWhen,
    /// Whether the element's verdict hangs on it.
    #[serde(default)]
    pub required: bool,
    /// How it is answered.
    pub logic: Logic,
    /// What an attempt is worth.
    #[serde(default)]
    pub adverse: Adverse,
    /// Sources that must have recorded before "no" is said.
    #[serde(default)]
    pub needs: Vec<Need>,
    /// Events that are kept for everybody.
    #[serde(default)]
    pub selects: Vec<Events>,
    /// Events looked at for suspects and the application's roles only.
    #[serde(default)]
    pub watches: Vec<Events>,
    /// Rules that speak to it.
    #[serde(default)]
    pub rules: Vec<RuleSelector>,
    /// What makes it pointless.
    #[serde(default)]
    pub not_applicable_when: Option<NotApplicable>,
    /// What is said when nothing adverse was seen and all was recorded.
    #[serde(default)]
    pub when_clear: Option<String>,
    /// What to do next.
    pub next_steps: Vec<String>,
}

impl Events {
    /// Whether an event is meant, whatever its letter case.
    pub fn includes(&self, event_source: &str, event_name: &str) -> bool {
        (self.source == "*" || self.source.eq_ignore_ascii_case(event_source))
            && self.names.iter().any(|name| name == "*" || name.eq_ignore_ascii_case(event_name))
    }
}

/// What is said about a blind source.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GapText {
    /// The source.
    pub source: String,
    /// The category; `data:` stands for all data events without a text of their own.
    pub category: String,
    /// What is missing.
    pub what: String,
    /// The setting that would have recorded it.
    pub setting: String,
    /// The AWS CLI line that fetches it, with `{account} {region} {from} {to} {bucket}`.
    pub command: String,
}

/// Texts and lists common to all questions.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Common {
    /// What is said about blind sources.
    pub gaps: Vec<GapText>,
    /// Rules whose match names a victim or a guard, not an intruder.
    pub not_accusing: Vec<String>,
    /// The ids of `not_accusing`, filled when loaded.
    #[serde(skip)]
    pub not_accusing_ids: Vec<String>,
    /// The rules of `not_accusing` whose match names the compromised user as its resource.
    pub names_victim: Vec<String>,
    /// The ids of `names_victim`, filled when loaded.
    #[serde(skip)]
    pub names_victim_ids: Vec<String>,
    /// Events that contain an intruder: what a suspect does after them is continued access.
    pub containment: Vec<Events>,
}

impl Common {
    /// What is said about a blind source.
    pub fn gap(&self, source: &str, category: &str) -> Option<&GapText> {
        let exact = self.gaps.iter().find(|g| g.source == source && g.category == category);
        exact.or_else(|| {
            self.gaps.iter().find(|gap| {
                gap.source == source
                    && gap.category.ends_with(':')
                    && category.starts_with(&gap.category)
            })
        })
    }
}
