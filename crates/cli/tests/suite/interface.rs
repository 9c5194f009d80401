//! The keys scripts rely on: the lists of the machine interface, none missing.

use serde_json::Value;

use super::support::example_case;

#[track_caller]
fn has(row: &Value, keys: &str) {
    let row = row.as_object().unwrap_or_else(|| panic!("not an object: {row}"));
    for key in keys.split_whitespace() {
        assert!(row.contains_key(key), "no {key} in {:?}", row.keys().collect::<Vec<_>>());
    }
}

#[track_caller]
fn are_lists(row: &Value, keys: &str) {
    for key in keys.split_whitespace() {
        assert!(row[key].is_array(), "{key} is no list: {}", row[key]);
    }
}

#[track_caller]
fn is_time(value: &Value) {
    let text = value.as_str().unwrap_or_else(|| panic!("no time: {value}"));
    let shape: String = text.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    assert_eq!(shape, "0000-00-00T00:00:00.000000Z", "{text}");
}

#[track_caller]
fn is_ref(value: &Value) {
    has(value, "artifact uri record");
    let artifact = value["artifact"].as_str().unwrap();
    assert!(artifact.len() == 16 && artifact.bytes().all(|b| b.is_ascii_hexdigit()), "{artifact}");
    assert!(value["record"].is_u64() && !value["uri"].as_str().unwrap().is_empty());
}

/// Rows of a command on the example; there are some.
#[track_caller]
fn rows(command: &str) -> Vec<Value> {
    let case = example_case();
    let rows = heptagon!(command, "--case", case, "--format", "jsonl").exits(0).jsonl();
    assert!(!rows.is_empty());
    let document = heptagon!(command, "--case", case, "--format", "json").exits(0).json();
    if command != "answers" {
        assert_eq!(document.as_array().expect("an array"), &rows, "json and jsonl say the same");
    }
    rows
}

#[test]
fn sources() {
    for row in rows("sources") {
        has(
            &row,
            "artifact uri bytes sha256 content_sha256 kind records parsed problems rows duplicates \
             notices warnings first_event_time last_event_time accounts regions",
        );
        are_lists(&row, "accounts regions");
        if row["rows"] != 0 {
            is_time(&row["first_event_time"]);
            is_time(&row["last_event_time"]);
        }
        assert!(row["sha256"].as_str().unwrap().starts_with(row["artifact"].as_str().unwrap()));
    }
}

#[test]
fn timeline() {
    let rows = rows("timeline");
    let key = |row: &Value| {
        (
            row["event_time"].to_string(),
            row["ref"]["artifact"].to_string(),
            row["ref"]["record"].as_u64(),
        )
    };
    assert!(rows.is_sorted_by_key(key), "by time, then artifact, then record");
    for row in &rows {
        has(
            row,
            "event_time source account region principal action resource outcome source_ip \
             user_agent ref findings",
        );
        is_time(&row["event_time"]);
        is_ref(&row["ref"]);
        are_lists(row, "findings");
        assert!(row["action"].as_str().unwrap().contains(':'), "{row}");
    }
}

#[test]
fn findings() {
    for row in rows("findings") {
        has(
            &row,
            "finding_id rule_id title level elements first_time last_time count principals \
             source_ips resources refs attack atlas owasp confidence summary",
        );
        are_lists(&row, "elements principals source_ips resources refs attack atlas owasp");
        is_time(&row["first_time"]);
        is_time(&row["last_time"]);
        let refs = row["refs"].as_array().unwrap();
        assert!(!refs.is_empty() && refs.len() <= 1_000);
        refs.iter().for_each(is_ref);
    }
}

#[test]
fn answers() {
    let case = example_case();
    let set = heptagon!("answers", "--case", case, "--format", "json").exits(0).json();
    has(&set, "case elements");
    let elements = set["elements"].as_array().unwrap();
    let slugs: Vec<&str> = elements.iter().map(|e| e["element"].as_str().unwrap()).collect();
    let order = [
        "access",
        "infrastructure-changes",
        "ai-changes",
        "data-store-changes",
        "invocation",
        "private-data",
        "agency",
    ];
    assert_eq!(slugs, order);
    for element in elements {
        has(element, "element verdict answers");
        for answer in element["answers"].as_array().unwrap() {
            has(
                answer,
                "question_id question kind observed verdict confidence summary facts coverage gaps \
                 next_steps",
            );
            for fact in answer["facts"].as_array().unwrap() {
                has(fact, "statement adverse refs");
                fact["refs"].as_array().unwrap().iter().for_each(is_ref);
            }
            for gap in answer["gaps"].as_array().unwrap() {
                has(gap, "what from to why setting command");
            }
            let adverse = ["confirmed", "indicated"].contains(&answer["verdict"].as_str().unwrap());
            let shown = answer["facts"].as_array().unwrap().iter().any(|fact| {
                fact["adverse"] == true && !fact["refs"].as_array().unwrap().is_empty()
            });
            assert!(!adverse || shown, "adverse without a record: {answer}");
        }
    }
    assert_eq!(rows("answers").len(), 43);
}

#[test]
fn coverage() {
    for row in rows("coverage") {
        has(&row, "source category account region from to state basis trail why ref");
        is_time(&row["from"]);
        is_time(&row["to"]);
        if !row["ref"].is_null() {
            is_ref(&row["ref"]);
        }
    }
}

#[test]
fn actors() {
    let rows = rows("actors");
    let rank: Vec<i64> = rows.iter().map(|row| -row["suspicion"].as_i64().unwrap()).collect();
    assert!(rank.is_sorted(), "the most suspicious first");
    for row in rows {
        has(
            &row,
            "actor kind account access_keys sessions source_ips user_agents regions first_time \
             last_time events writes denied findings suspicion reasons",
        );
        are_lists(&row, "access_keys source_ips user_agents regions findings reasons");
    }
}

#[test]
fn rules() {
    let rows = heptagon!("rules", "list", "--format", "jsonl").exits(0).jsonl();
    assert!(rows.len() >= 45, "{} rules", rows.len());
    for row in rows {
        has(&row, "rule_id title level kind service elements attack atlas owasp");
        assert!(["event", "correlation"].contains(&row["kind"].as_str().unwrap()));
    }
}

#[test]
fn rule_matches() {
    let case = example_case();
    let evidence = super::support::example().join("evidence");
    let rows = heptagon!("rules", "match", evidence, "--format", "jsonl").exits(0).jsonl();
    let mut ids = std::collections::BTreeSet::new();
    for row in &rows {
        has(row, "rule_id title level kind event_time event_name refs");
        is_time(&row["event_time"]);
        row["refs"].as_array().unwrap().iter().for_each(is_ref);
        ids.insert(row["rule_id"].as_str().unwrap().to_owned());
    }
    let findings = heptagon!("findings", "--case", case, "--format", "jsonl").exits(0).jsonl();
    for finding in findings {
        let rule = finding["rule_id"].as_str().unwrap();
        // A conflict between copies is found by the merge, not by a rule.
        assert!(
            ids.contains(rule) || rule.contains("conflict"),
            "{rule} matches without a case too"
        );
    }
}

#[test]
fn drills() {
    for row in heptagon!("drill", "list", "--format", "jsonl").exits(0).jsonl() {
        has(&row, "scenario title elements incident");
        are_lists(&row, "elements");
        assert!(row["incident"].is_boolean());
    }
}

#[test]
fn verification() {
    let case = example_case();
    let found = heptagon!("verify", "--case", case, "--format", "json").exits(0).json();
    has(&found, "artifacts ledger digests");
    has(&found["artifacts"], "ok changed missing");
    has(&found["digests"], "valid invalid missing_log_files not_verifiable");
}
