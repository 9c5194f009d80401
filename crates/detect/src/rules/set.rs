//! The rules that are loaded, under the index that matches and findings carry.

use std::collections::BTreeSet;
use std::sync::Arc;

use ahash::AHashMap;
use heptagon_model::{RuleInfo, RuleKind};
use rsigma_eval::compiler::CompiledRule;

use super::fault::NotApplicable;
use crate::correlate::Plan;
use crate::matching::Matcher;

/// The names a correlation or a filter may call a rule by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Identity {
    pub(crate) id: String,
    pub(crate) name: Option<String>,
}

impl Identity {
    pub(crate) fn is(&self, reference: &str) -> bool {
        self.id == reference || self.name.as_deref() == Some(reference)
    }
}

/// A rule that looks at one event.
pub(crate) struct EventRule {
    /// Index into [`super::SERVICES`].
    pub(crate) service: usize,
    pub(crate) compiled: CompiledRule,
}

/// Everything that is loaded. Indices: event rules first, then correlations.
pub(crate) struct Rules {
    pub(crate) infos: Vec<RuleInfo>,
    /// The index of each rule, by its id; of rules with one id the first.
    pub(crate) places: AHashMap<String, usize>,
    /// The file of each rule.
    pub(crate) paths: Vec<String>,
    /// The names of each rule.
    pub(crate) identities: Vec<Identity>,
    /// Whether each rule makes findings by itself.
    pub(crate) alerts: Vec<bool>,
    pub(crate) events: Vec<EventRule>,
    /// Per event rule, the fields that correlations over it group or count by; `None` when there
    /// is no correlation over it.
    pub(crate) feeds: Vec<Option<BTreeSet<String>>>,
    /// The correlations, in the order of their indices: each after those it refers to.
    pub(crate) plans: Vec<Plan>,
    pub(crate) not_applicable: Vec<NotApplicable>,
}

/// Rules, loaded and compiled.
#[derive(Clone)]
pub struct RuleSet {
    pub(crate) rules: Arc<Rules>,
}

impl RuleSet {
    /// What is known of each rule; a rule's index here is the one that matches carry.
    pub fn rules(&self) -> &[RuleInfo] {
        &self.rules.infos
    }

    /// The index of a rule.
    pub fn index_of(&self, id: &str) -> Option<usize> {
        self.rules.places.get(id).copied()
    }

    /// The file a rule was read from.
    pub fn path(&self, rule: usize) -> &str {
        &self.rules.paths[rule]
    }

    /// Rules for records that are not read: a note, no fault.
    pub fn not_applicable(&self) -> &[NotApplicable] {
        &self.rules.not_applicable
    }

    /// Whether a rule makes findings by itself: a rule that only serves a correlation does not.
    pub fn alerts(&self, rule: usize) -> bool {
        self.rules.alerts[rule]
    }

    /// Whether a correlation looks at a rule's matches.
    pub fn feeds_correlation(&self, rule: usize) -> bool {
        self.rules.feeds.get(rule).is_some_and(Option::is_some)
    }

    /// How many rules look at one event.
    pub fn n_event_rules(&self) -> usize {
        self.rules.infos.iter().filter(|info| info.kind == RuleKind::Event).count()
    }

    /// Builds the index that finds the rules which may match a record.
    pub fn matcher(&self) -> Matcher {
        Matcher::new(&self.rules)
    }
}

impl std::fmt::Debug for RuleSet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RuleSet").field("rules", &self.rules.infos.len()).finish_non_exhaustive()
    }
}
