//! A rule file cut into its documents, so that one unreadable document does not take the others
//! with it, and every fault knows its rule.

use rsigma_parser::{CorrelationRule, FilterRule, SigmaCollection, SigmaRule, parse_sigma_yaml};

use super::fault::{RuleFault, code};
use super::load::RuleFile;

/// What a file holds, and what is wrong with it.
#[derive(Default)]
pub(super) struct Documents {
    pub(super) rules: Vec<SigmaRule>,
    pub(super) correlations: Vec<CorrelationRule>,
    pub(super) filters: Vec<FilterRule>,
    pub(super) faults: Vec<RuleFault>,
}

pub(super) fn read(file: &RuleFile) -> Documents {
    let mut documents = Documents::default();
    for text in split(&file.text) {
        let collection = match parse_sigma_yaml(text) {
            Ok(collection) => collection,
            Err(error) => {
                documents.faults.push(unreadable(file, text, &error.to_string()));
                continue;
            }
        };
        let SigmaCollection { rules, correlations, filters, errors } = collection;
        let is_empty = rules.is_empty() && correlations.is_empty() && filters.is_empty();
        for error in &errors {
            documents.faults.push(if is_empty || error.starts_with("YAML parse error") {
                unreadable(file, text, error)
            } else {
                ignored(file, text, error)
            });
        }
        documents.rules.extend(rules);
        documents.correlations.extend(correlations);
        documents.filters.extend(filters);
    }
    documents
}

/// The documents of a YAML text. A text with collection actions (`action: global`) is one piece,
/// since its documents depend on each other.
fn split(text: &str) -> Vec<&str> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.lines().any(|line| line.starts_with("action:")) {
        return vec![text];
    }
    let mut pieces = Vec::new();
    let mut start = 0;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let trimmed = line.trim_end();
        if trimmed == "---" || trimmed.starts_with("--- ") || trimmed == "..." {
            pieces.push(&text[start..at]);
            start = at + if trimmed.starts_with("--- ") { 4 } else { line.len() };
        }
        at += line.len();
    }
    pieces.push(&text[start..]);
    pieces.retain(|piece| {
        piece.lines().any(|line| {
            let line = line.trim();
            !line.is_empty() && !line.starts_with('#') && !line.starts_with('%')
        })
    });
    pieces
}

/// The id of a document that could not be read as a whole.
fn id_in(text: &str) -> Option<String> {
    let line = text.lines().find(|line| line.starts_with("id:"))?;
    let id = line["id:".len()..].split(" #").next().unwrap_or_default();
    let id = id.trim().trim_matches(['"', '\'']);
    (!id.is_empty()).then(|| id.to_owned())
}

fn unreadable(file: &RuleFile, text: &str, error: &str) -> RuleFault {
    let is_yaml = !error.contains("YAML pars");
    let hint = if !is_yaml {
        "correct the YAML: indentation with spaces, one value per key, text with ': ' or '#' quoted"
    } else if text.contains(" | count(") || text.contains("| near ") || text.contains("| count(") {
        "aggregations after '|' are no longer part of Sigma: write a correlation rule"
    } else if error.contains("Condition parse") {
        "a condition joins the names of detections with 'and', 'or', 'not' and '1 of name*'"
    } else if error.contains("not a YAML mapping") {
        "a rule is a mapping with title, logsource and detection"
    } else {
        "a rule needs title, logsource and detection with a condition; a correlation needs type, \
         rules, timespan and, unless temporal, a condition"
    };
    RuleFault {
        path: file.path.clone(),
        rule_id: id_in(text),
        code: if is_yaml { code::NOT_A_RULE } else { code::NOT_YAML },
        message: lowercase_first(error),
        hint: hint.to_owned(),
    }
}

fn ignored(file: &RuleFile, text: &str, error: &str) -> RuleFault {
    RuleFault {
        path: file.path.clone(),
        rule_id: id_in(text),
        code: code::IGNORED,
        message: format!("ignored: {}", lowercase_first(error)),
        hint: "the rule is used without it; correct the value or remove it".to_owned(),
    }
}

/// Our messages begin in lower case and end without a period; an acronym stays as it is.
pub(super) fn lowercase_first(message: &str) -> String {
    let message = message.trim().trim_end_matches('.').replace('\n', " ");
    let mut characters = message.chars();
    match (characters.next(), characters.next()) {
        (Some(first), Some(second)) if first.is_uppercase() && !second.is_uppercase() => {
            first.to_lowercase().chain(message.chars().skip(1)).collect()
        }
        _ => message,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_cut_at_markers_only() {
        assert_eq!(split("a: 1\n---\n# only a comment\n---\nb: '---'\n"), ["a: 1\n", "b: '---'\n"]);
        assert_eq!(split("--- # head\na: 1\n"), ["# head\na: 1\n"]);
        let global = "action: global\na: 1\n---\nb: 2\n";
        assert_eq!(split(global), [global]);
        assert!(split("\u{feff}\n# nothing\n").is_empty());
    }

    #[test]
    fn the_id_of_a_broken_rule_is_known() {
        assert_eq!(id_in("title: x\nid: 'abc' # c\n"), Some("abc".into()));
        assert_eq!(id_in("title: x\n  id: abc\n"), None);
    }
}
