//! Reads and checks the embedded questions.

use std::collections::{BTreeMap, BTreeSet};

use heptagon_model::Element;
use serde::de::DeserializeOwned;

use super::{Common, Events, Question};
use crate::catalog::Catalog;
use crate::embedded::{self, ContentFile};

/// Something wrong with a question's file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct QuestionFault {
    /// The file.
    pub path: String,
    /// What is wrong.
    pub message: String,
}

/// All questions, with what they share.
#[derive(Debug, Clone, Default)]
pub struct Questions {
    /// In the methodology's order, then as the mission asks them.
    pub all: Vec<Question>,
    /// Texts and lists they share.
    pub common: Common,
}

impl std::ops::Deref for Questions {
    type Target = [Question];

    fn deref(&self) -> &[Question] {
        &self.all
    }
}

/// The embedded questions and what is wrong with their files.
pub fn load() -> (Questions, Vec<QuestionFault>) {
    let files = embedded::files("questions");
    let rules = rule_ids(&embedded::files("rules"));
    let mut faults = Vec::new();
    let mut questions = parse(&files, &rules, &mut faults);
    match Catalog::load() {
        Ok(catalog) => check_names(&questions, &catalog, &mut faults),
        Err(error) => faults.push(fault("catalog", error.to_string())),
    }
    questions.all.sort_by_key(|question| {
        let order = ORDER.iter().position(|id| *id == question.id);
        (question.element, order.unwrap_or(usize::MAX), question.id.clone())
    });
    (questions, faults)
}

/// The order in which answers are read, inside each element: what the mission asks first.
const ORDER: [&str; 43] = [
    "access-account-control",
    "access-unauthorized-use",
    "access-continued",
    "access-persistence",
    "access-exposed-credentials",
    "access-root-activity",
    "access-privilege-changes",
    "access-probing",
    "access-bedrock-api-keys",
    "access-application-users",
    "infra-compute",
    "infra-databases",
    "infra-functions",
    "infra-network",
    "infra-evidence-tampering",
    "infra-os-database-logs",
    "ai-guardrails",
    "ai-invocation-logging",
    "ai-model-access",
    "ai-models",
    "ai-code-and-prompts",
    "ai-reconnaissance",
    "ai-sagemaker-q",
    "data-knowledge-bases",
    "data-poisoning",
    "data-agents",
    "data-retrieval",
    "data-training",
    "data-vector-stores",
    "invocation-unauthorized",
    "invocation-content",
    "invocation-injection",
    "invocation-volume",
    "invocation-logging-window",
    "invocation-unlogged-surfaces",
    "private-reach",
    "private-access",
    "private-tampering",
    "private-in-invocations",
    "agency-ability",
    "agency-actions",
    "agency-tool-use",
    "agency-role-abuse",
];

fn parse(
    files: &[ContentFile],
    rules: &BTreeMap<String, String>,
    faults: &mut Vec<QuestionFault>,
) -> Questions {
    let mut questions = Questions::default();
    for file in files {
        if file.path.ends_with(".test.yml") || file.path.strip_suffix(".yml").is_none() {
            continue;
        }
        if file.path == "questions/common.yml" {
            if let Some(mut common) = read::<Common>(file, faults) {
                common.not_accusing_ids = resolve(file, &common.not_accusing, rules, faults);
                common.names_victim_ids = resolve(file, &common.names_victim, rules, faults);
                common.containment.iter_mut().for_each(complete);
                questions.common = common;
            }
            continue;
        }
        let Some(mut question) = read::<Question>(file, faults) else { continue };
        let expected = format!("questions/{}/{}.yml", question.element.slug(), question.id);
        if file.path != expected {
            faults.push(fault(file.path, format!("belongs to {expected}")));
        }
        for selector in &mut question.rules {
            selector.ids = resolve(file, &selector.files, rules, faults);
        }
        question.selects.iter_mut().for_each(complete);
        question.watches.iter_mut().for_each(complete);
        questions.all.push(question);
    }
    check_set(&questions, faults);
    questions
}

fn check_set(questions: &Questions, faults: &mut Vec<QuestionFault>) {
    let ids: BTreeSet<&str> = questions.all.iter().map(|question| &*question.id).collect();
    for id in ORDER {
        if !ids.contains(id) {
            faults.push(fault("questions", format!("{id} is missing")));
        }
    }
    for question in &questions.all {
        let path = format!("questions/{}/{}.yml", question.element.slug(), question.id);
        if !ORDER.contains(&question.id.as_str()) {
            faults.push(fault(&path, "has no place in the order".to_owned()));
        }
        for need in &question.needs {
            if questions.common.gap(&need.source, &need.category).is_none() {
                let message = format!("no gap text for {} {}", need.source, need.category);
                faults.push(fault(&path, message));
            }
        }
        if question.next_steps.is_empty() {
            faults.push(fault(&path, "no next steps".to_owned()));
        }
    }
    for element in Element::ALL {
        if !questions.all.iter().any(|q| q.element == element && q.required) {
            faults.push(fault("questions", format!("{} requires no answer", element.slug())));
        }
    }
}

fn check_names(questions: &Questions, catalog: &Catalog, faults: &mut Vec<QuestionFault>) {
    for question in &questions.all {
        let path = format!("questions/{}/{}.yml", question.element.slug(), question.id);
        for events in question.selects.iter().chain(&question.watches) {
            for name in &events.names {
                if name != "*" && catalog.lookup(&events.source, name).is_none() {
                    let message = format!("the catalog does not know {} {name}", events.source);
                    faults.push(fault(&path, message));
                }
            }
        }
    }
}

fn complete(events: &mut Events) {
    if events.source != "*" && !events.source.contains('.') {
        events.source.push_str(".amazonaws.com");
    }
}

fn read<T: DeserializeOwned>(file: &ContentFile, faults: &mut Vec<QuestionFault>) -> Option<T> {
    serde_saphyr::from_str(file.text)
        .map_err(|error| faults.push(fault(file.path, error.to_string())))
        .ok()
}

fn resolve(
    file: &ContentFile,
    names: &[String],
    rules: &BTreeMap<String, String>,
    faults: &mut Vec<QuestionFault>,
) -> Vec<String> {
    let mut ids = Vec::with_capacity(names.len());
    for name in names {
        match rules.get(name) {
            Some(id) => ids.push(id.clone()),
            None => faults.push(fault(file.path, format!("unknown rule {name}"))),
        }
    }
    ids
}

/// Rule ids by `folder/name` of their files.
fn rule_ids(files: &[ContentFile]) -> BTreeMap<String, String> {
    files
        .iter()
        .filter(|file| !file.path.ends_with(".test.yml"))
        .filter_map(|file| {
            let name = file.path.strip_prefix("rules/")?.strip_suffix(".yml")?;
            let id = file.text.lines().find_map(|line| line.strip_prefix("id:"))?;
            Some((name.to_owned(), id.trim().trim_matches(['\'', '"']).to_owned()))
        })
        .collect()
}

fn fault(path: &str, message: String) -> QuestionFault {
    QuestionFault { path: path.to_owned(), message }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_questions_have_no_fault() {
        let (questions, faults) = load();
        assert_eq!(faults, []);
        assert_eq!(questions.all.len(), ORDER.len());
        assert!(questions.all.is_sorted_by_key(|question| question.element));
    }

    #[test]
    fn what_is_wrong_is_named() {
        let text = "id: x\nelement: access\ntext: t\ntrace: mission\nkind: yes_no\n\
                    adverse_when: yes\nlogic: findings\nrules:\n  - proves: confirms\n    \
                    files: [access/no-such-rule]\nneeds:\n  - {source: nowhere, category: c}\n\
                    next_steps: []\n";
        let files = [
            ContentFile { path: "questions/access/y.yml", text },
            ContentFile { path: "questions/access/z.yml", text: "id: [" },
        ];
        let mut faults = Vec::new();
        parse(&files, &BTreeMap::new(), &mut faults);
        let all = faults.iter().map(|f| &*f.message).collect::<Vec<_>>().join("\n");
        for part in [
            "belongs to questions/access/x.yml",
            "unknown rule access/no-such-rule",
            "no gap text for nowhere c",
            "no next steps",
            "has no place in the order",
            "access-account-control is missing",
        ] {
            assert!(all.contains(part), "{part} in {all}");
        }
        assert!(faults.iter().any(|f| f.path == "questions/access/z.yml"));
    }
}
