//! Rule files -> a rule set, and everything that is wrong with them.

use std::collections::BTreeMap;
use std::sync::Arc;

use ahash::AHashMap;
use rsigma_eval::Engine;
use rsigma_eval::compiler::compile_rule;
use rsigma_parser::{CorrelationRule, FilterRule, FilterRuleTarget, SigmaRule};
use serde_json::Value;

use super::documents::{self, lowercase_first};
use super::fault::{NotApplicable, RuleFault, code};
use super::info::{self, Own, SERVICES};
use super::set::{EventRule, Identity, RuleSet, Rules};
use crate::correlate::{Plan, Referent};

/// A rule file: where it is from, and its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleFile {
    /// Path, as faults name it.
    pub path: String,
    /// YAML, one or several documents.
    pub text: String,
}

impl RuleSet {
    /// Loads rules, correlations and filters. What is wrong with one does not stop the others.
    /// Fixture files (`*.test.yml`) among the files are passed over.
    pub fn load(files: &[RuleFile]) -> (RuleSet, Vec<RuleFault>) {
        let mut files: Vec<&RuleFile> =
            files.iter().filter(|file| !is_fixture(&file.path)).collect();
        files.sort_by(|a, b| a.path.cmp(&b.path));

        let mut loader = Loader::default();
        let mut correlations = Vec::new();
        let mut filters = Vec::new();
        for file in files {
            let read = documents::read(file);
            loader.faults.extend(read.faults);
            for rule in read.rules {
                loader.add_rule(&file.path, &rule);
            }
            correlations.extend(read.correlations.into_iter().map(|rule| (&file.path, rule)));
            filters.extend(read.filters.into_iter().map(|rule| (&file.path, rule)));
        }
        loader.apply_filters(&filters);
        loader.finish(correlations)
    }
}

fn is_fixture(path: &str) -> bool {
    path.ends_with(".test.yml") || path.ends_with(".test.yaml")
}

#[derive(Default)]
struct Loader {
    loaded: Vec<(Rule, EventRule)>,
    faults: Vec<RuleFault>,
    not_applicable: Vec<NotApplicable>,
    /// Ids (and names) of rules that do not apply: a correlation over them does not either.
    foreign: Vec<Identity>,
    /// Where each id was first seen.
    seen: BTreeMap<String, String>,
}

/// What event rules and correlations have in common.
struct Rule {
    path: String,
    identity: Identity,
    info: heptagon_model::RuleInfo,
    observe: bool,
}

impl Loader {
    fn add_rule(&mut self, path: &str, rule: &SigmaRule) {
        let identity = identity(rule.id.as_deref(), rule.name.as_deref(), &rule.title);
        if !self.claim(path, &identity.id) {
            return;
        }
        if let Some(fault) = too_new(path, &identity, rule.sigma_version) {
            self.faults.push(fault);
            return;
        }
        let service = match service_of(rule) {
            Ok(service) => service,
            Err(why) => {
                self.not_apply(path, identity, &rule.title, why);
                return;
            }
        };
        let compiled = match compile_rule(rule) {
            Ok(compiled) => compiled,
            Err(error) => {
                self.faults.push(RuleFault {
                    path: path.to_owned(),
                    rule_id: Some(identity.id),
                    code: code::NOT_COMPILABLE,
                    message: lowercase_first(&error.to_string()),
                    hint: "check the field's modifiers and the form of its values".to_owned(),
                });
                return;
            }
        };
        let own = own_of(&rule.custom_attributes);
        let observe = own.observe;
        let info = info::of_rule(rule, identity.id.clone(), SERVICES[service].0, own);
        self.loaded.push((
            Rule { path: path.to_owned(), identity, info, observe },
            EventRule { service, compiled },
        ));
    }

    /// Whether the id is free; it is taken from now on.
    fn claim(&mut self, path: &str, id: &str) -> bool {
        let Some(first) = self.seen.get(id) else {
            self.seen.insert(id.to_owned(), path.to_owned());
            return true;
        };
        self.faults.push(RuleFault {
            path: path.to_owned(),
            rule_id: Some(id.to_owned()),
            code: code::DUPLICATE_ID,
            message: format!("the id is taken by a rule in {first}"),
            hint: "give the rule an id of its own, or load one of the two packs only".to_owned(),
        });
        false
    }

    fn not_apply(&mut self, path: &str, identity: Identity, title: &str, why: String) {
        self.not_applicable.push(NotApplicable {
            path: path.to_owned(),
            rule_id: Some(identity.id.clone()),
            title: title.to_owned(),
            why,
        });
        self.foreign.push(identity);
    }

    /// Filters go through `rsigma`'s engine, which joins their conditions to the rules' own.
    fn apply_filters(&mut self, filters: &[(&String, FilterRule)]) {
        if filters.is_empty() {
            return;
        }
        let mut engine = Engine::new();
        engine.extend_compiled_rules(self.loaded.iter().map(|(_, rule)| rule.compiled.clone()));
        for (path, filter) in filters {
            let identity = identity(filter.id.as_deref(), filter.name.as_deref(), &filter.title);
            if !self.claim(path, &identity.id) {
                continue;
            }
            let fault = |code, message, hint: &str| RuleFault {
                path: (*path).clone(),
                rule_id: Some(identity.id.clone()),
                code,
                message,
                hint: hint.to_owned(),
            };
            if let FilterRuleTarget::Specific(targets) = &filter.rules {
                let unknown = targets.iter().find(|target| {
                    let is_loaded = self
                        .loaded
                        .iter()
                        .any(|(rule, _)| rule.identity.is(target) || rule.info.title == **target);
                    !is_loaded && !self.foreign.iter().any(|identity| identity.is(target))
                });
                if let Some(unknown) = unknown {
                    self.faults.push(fault(
                        code::UNKNOWN_REFERENCE,
                        format!("the filter is for a rule that is not loaded: {unknown}"),
                        "name rules by their id, and load them together with the filter",
                    ));
                }
            }
            let filter = self.by_id(filter);
            if let Err(error) = engine.apply_filter(&filter) {
                self.faults.push(fault(
                    code::NOT_COMPILABLE,
                    lowercase_first(&error.to_string()),
                    "check the field's modifiers and the form of its values",
                ));
            }
        }
        for ((_, rule), filtered) in self.loaded.iter_mut().zip(engine.rules()) {
            rule.compiled = filtered.clone();
        }
    }

    /// The filter with its targets as ids, since the engine does not know names.
    fn by_id(&self, filter: &FilterRule) -> FilterRule {
        let mut filter = filter.clone();
        if let FilterRuleTarget::Specific(targets) = &mut filter.rules {
            for target in targets {
                let named = self.loaded.iter().find(|(rule, _)| rule.identity.is(target));
                if let Some((rule, loaded)) = named {
                    *target = loaded.compiled.id.clone().unwrap_or_else(|| rule.info.title.clone());
                }
            }
        }
        filter
    }

    fn finish(
        mut self,
        correlations: Vec<(&String, CorrelationRule)>,
    ) -> (RuleSet, Vec<RuleFault>) {
        let (mut all, events): (Vec<Rule>, Vec<EventRule>) =
            std::mem::take(&mut self.loaded).into_iter().unzip();
        let n_events = all.len();

        // A correlation may refer to one further down: go on until no more of them can be placed.
        let mut waiting: Vec<(&String, CorrelationRule)> = correlations
            .into_iter()
            .filter(|(path, rule)| {
                let identity = identity(rule.id.as_deref(), rule.name.as_deref(), &rule.title);
                self.claim(path, &identity.id)
            })
            .collect();
        let mut plans = Vec::new();
        loop {
            let n_waiting = waiting.len();
            let mut still = Vec::new();
            for (path, rule) in waiting {
                if !self.place(path, &rule, &mut all, &mut plans) {
                    still.push((path, rule));
                }
            }
            waiting = still;
            if waiting.len() == n_waiting {
                break;
            }
        }
        for (path, rule) in &waiting {
            self.faults.push(unplaced(path, rule, &waiting, &all));
        }
        let mut alerts = vec![true; all.len()];
        let mut feeds = vec![None; n_events];
        for referenced in plans.iter().flat_map(Plan::sources) {
            alerts[referenced] = all[referenced].observe;
        }
        for plan in &plans {
            for source in plan.sources().filter(|_| plan.generate) {
                alerts[source] = true;
            }
            plan.add_feeds(&mut feeds);
        }
        self.not_applicable.sort();
        self.faults.sort();
        let mut rules = Rules {
            infos: Vec::with_capacity(all.len()),
            places: AHashMap::new(),
            paths: Vec::with_capacity(all.len()),
            identities: Vec::with_capacity(all.len()),
            alerts,
            events,
            feeds,
            plans,
            not_applicable: self.not_applicable,
        };
        for (index, rule) in all.into_iter().enumerate() {
            rules.places.entry(rule.info.rule_id.clone()).or_insert(index);
            rules.infos.push(rule.info);
            rules.paths.push(rule.path);
            rules.identities.push(rule.identity);
        }
        (RuleSet { rules: Arc::new(rules) }, self.faults)
    }

    /// Whether the correlation is dealt with: placed, not applicable, or at fault.
    fn place(
        &mut self,
        path: &str,
        rule: &CorrelationRule,
        all: &mut Vec<Rule>,
        plans: &mut Vec<Plan>,
    ) -> bool {
        let identity = identity(rule.id.as_deref(), rule.name.as_deref(), &rule.title);
        if let Some(fault) = too_new(path, &identity, rule.sigma_version) {
            self.faults.push(fault);
            return true;
        }
        let references = Plan::references(rule);
        if let Some(foreign) =
            references.iter().find(|name| self.foreign.iter().any(|identity| identity.is(name)))
        {
            let why = format!("it correlates {foreign}, which does not apply");
            self.not_apply(path, identity, &rule.title, why);
            return true;
        }
        let resolve = |name: &str| {
            let index = all.iter().position(|known| known.identity.is(name))?;
            let identity = all[index].identity.clone();
            let group_by = index
                .checked_sub(all.len() - plans.len())
                .map(|correlation| plans[correlation].group_by.clone());
            Some(Referent { index, identity, group_by })
        };
        let mut referents = Vec::with_capacity(references.len());
        for name in &references {
            let Some(referent) = resolve(name) else { return false };
            referents.push(referent);
        }
        match Plan::compile(rule, all.len(), &references, &referents) {
            Ok(plan) => {
                let mut services: Vec<&str> =
                    plan.sources().map(|source| all[source].info.service.as_str()).collect();
                services.sort_unstable();
                services.dedup();
                let service = if let [one] = services[..] { one } else { "" };
                let own = own_of(&rule.custom_attributes);
                let observe = own.observe;
                let info = info::of_correlation(rule, identity.id.clone(), service.to_owned(), own);
                all.push(Rule { path: path.to_owned(), identity, info, observe });
                plans.push(plan);
            }
            Err((message, hint)) => self.faults.push(RuleFault {
                path: path.to_owned(),
                rule_id: Some(identity.id),
                code: code::BAD_CORRELATION,
                message,
                hint,
            }),
        }
        true
    }
}

/// Why a correlation could not be placed: a rule is missing, or they refer to each other.
fn unplaced(
    path: &str,
    rule: &CorrelationRule,
    waiting: &[(&String, CorrelationRule)],
    placed: &[Rule],
) -> RuleFault {
    let own = identity(rule.id.as_deref(), rule.name.as_deref(), &rule.title);
    let references = Plan::references(rule);
    let waits_for = |name: &String| {
        waiting.iter().any(|(_, other)| {
            identity(other.id.as_deref(), other.name.as_deref(), &other.title).is(name)
        })
    };
    let is_placed = |name: &String| placed.iter().any(|rule| rule.identity.is(name));
    let missing: Vec<&str> = references
        .iter()
        .filter(|name| !waits_for(name) && !is_placed(name))
        .map(String::as_str)
        .collect();
    let (code, message, hint) = if missing.is_empty() {
        (
            code::CYCLE,
            "correlations refer to each other in a circle, or to one that does".to_owned(),
            "a correlation may refer to rules and to correlations that do not refer back to it",
        )
    } else {
        (
            code::UNKNOWN_REFERENCE,
            format!("a rule it refers to is missing or at fault: {}", missing.join(", ")),
            "name rules by their id or name, and load them together with the correlation",
        )
    };
    RuleFault { path: path.to_owned(), rule_id: Some(own.id), code, message, hint: hint.to_owned() }
}

/// Rules are known by their id; one without is known by its name or title, as Sigma allows.
fn identity(id: Option<&str>, name: Option<&str>, title: &str) -> Identity {
    Identity { id: id.or(name).unwrap_or(title).to_owned(), name: name.map(str::to_owned) }
}

/// The index of the service a rule speaks of, or why it speaks of none that is read.
fn service_of(rule: &SigmaRule) -> Result<usize, String> {
    let source = &rule.logsource;
    let text = |value: &Option<String>| value.as_deref().unwrap_or_default().to_ascii_lowercase();
    let (product, service) = (text(&source.product), text(&source.service));
    if product != "aws" {
        return Err(match (product.as_str(), source.category.as_deref()) {
            ("", Some(category)) => format!("its log source is the category {category}"),
            ("", None) => "its log source names no product".to_owned(),
            (product, _) => format!("its log source is the product {product}"),
        });
    }
    SERVICES.iter().position(|(name, _)| *name == service).ok_or_else(|| match service.as_str() {
        "" => "its log source names no service".to_owned(),
        service => format!("its log source is the service {service} of aws"),
    })
}

fn too_new(path: &str, identity: &Identity, version: Option<u32>) -> Option<RuleFault> {
    let version = version.filter(|_| rsigma_parser::is_unsupported(version))?;
    Some(RuleFault {
        path: path.to_owned(),
        rule_id: Some(identity.id.clone()),
        code: code::TOO_NEW,
        message: format!("the rule is written for version {version} of Sigma"),
        hint: format!("versions up to {} are understood", rsigma_parser::SPEC_VERSION_SUPPORTED),
    })
}

pub(super) fn own_value<V: serde::Serialize>(
    attributes: &std::collections::HashMap<String, V>,
) -> Option<Value> {
    attributes.get("heptagon").and_then(|value| serde_json::to_value(value).ok())
}

fn own_of<V: serde::Serialize>(attributes: &std::collections::HashMap<String, V>) -> Own {
    Own::parse(own_value(attributes).as_ref().filter(|value| value.is_object()))
}
