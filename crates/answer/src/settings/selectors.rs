//! What the event selectors of a trail select.

use serde_json::Value;

/// How much of a category a trail selects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Selected {
    Nothing,
    /// Some sources, names or resources.
    Partly,
    Wholly,
}

/// How much of a category the answer of `get-event-selectors` selects.
pub(crate) fn selected(document: &Value, category: &str) -> Selected {
    let items = |name: &str| document.get(name).and_then(Value::as_array).into_iter().flatten();
    let basic = items("EventSelectors").map(|selector| basic(selector, category));
    let advanced = items("AdvancedEventSelectors").map(|selector| advanced(selector, category));
    basic.chain(advanced).max().unwrap_or(Selected::Nothing)
}

/// Whether the answer selects data events of one bucket at all.
pub(crate) fn selects_bucket(document: &Value, bucket: &str) -> bool {
    let items = |name: &str| document.get(name).and_then(Value::as_array).into_iter().flatten();
    let arn = format!("arn:aws:s3:::{bucket}/");
    // A prefix below the bucket selects some of its objects; a prefix of the bucket's ARN, or of
    // any ARN, all of them. Other partitions than `aws` differ in their first words only.
    let meets = |value: &str| {
        let value = value.replacen("arn:aws-us-gov:", "arn:aws:", 1);
        let value = value.replacen("arn:aws-cn:", "arn:aws:", 1);
        value.starts_with(&arn) || arn.starts_with(&value)
    };
    let basic = items("EventSelectors").any(|selector| {
        let resources = selector.get("DataResources").and_then(Value::as_array);
        resources.into_iter().flatten().any(|resource| {
            text(resource, "Type") == Some("AWS::S3::Object")
                && texts(resource, "Values").iter().any(|value| meets(value))
        })
    });
    let advanced = items("AdvancedEventSelectors").any(|selector| {
        self::advanced(selector, "data:AWS::S3::Object") != Selected::Nothing
            && fields(selector, "resources.ARN").all(|field| {
                let positive: Vec<&str> =
                    ["Equals", "StartsWith"].iter().flat_map(|op| texts(field, op)).collect();
                positive.is_empty() || positive.iter().any(|value| meets(value))
            })
    });
    basic || advanced
}

fn basic(selector: &Value, category: &str) -> Selected {
    if let Some(data_type) = category.strip_prefix("data:") {
        let resources = selector.get("DataResources").and_then(Value::as_array);
        let of_type = resources.into_iter().flatten();
        let of_type = of_type.filter(|resource| text(resource, "Type") == Some(data_type));
        let all = selector.get("ReadWriteType").is_none_or(|kind| kind == "All");
        return of_type
            .map(|resource| {
                let whole = texts(resource, "Values").iter().any(|value| is_everything(value));
                if whole && all { Selected::Wholly } else { Selected::Partly }
            })
            .max()
            .unwrap_or(Selected::Nothing);
    }
    let management = selector.get("IncludeManagementEvents") != Some(&Value::Bool(false));
    let kind = text(selector, "ReadWriteType").unwrap_or("All");
    let asked = match category {
        "management-read" => "ReadOnly",
        "management-write" => "WriteOnly",
        _ => return Selected::Nothing,
    };
    if management && (kind == "All" || kind == asked) {
        // Excluded sources (keys, the data interface of databases) are not those of any question.
        Selected::Wholly
    } else {
        Selected::Nothing
    }
}

/// `arn:aws:s3`, `arn:aws:s3:::`, `arn:aws:lambda`: every resource of a service.
fn is_everything(value: &str) -> bool {
    let mut parts = value.split(':');
    parts.next() == Some("arn")
        && parts.next().is_some_and(|partition| partition.starts_with("aws"))
        && parts.next().is_some_and(|service| !service.is_empty())
        && parts.all(str::is_empty)
}

fn advanced(selector: &Value, category: &str) -> Selected {
    let wanted = if category.starts_with("data:") {
        "Data"
    } else if category.starts_with("management-") {
        "Management"
    } else {
        return Selected::Nothing;
    };
    let mut categories = fields(selector, "eventCategory").peekable();
    if categories.peek().is_none() || !categories.all(|field| admits(field, wanted)) {
        return Selected::Nothing;
    }
    let reads = match category {
        "management-read" => Some("true"),
        "management-write" => Some("false"),
        _ => None,
    };
    let mut selected = Selected::Wholly;
    let all = selector.get("FieldSelectors").and_then(Value::as_array).into_iter().flatten();
    for field in all {
        match text(field, "Field").unwrap_or_default() {
            "eventCategory" => {}
            "readOnly" => match reads {
                Some(value) if admits(field, value) => {}
                Some(_) => return Selected::Nothing,
                None => selected = Selected::Partly,
            },
            "resources.type" if wanted == "Data" => {
                if !admits(field, &category["data:".len()..]) {
                    return Selected::Nothing;
                }
            }
            // What is left out by source are keys and the data interface of databases.
            "eventSource" if wanted == "Management" && only_excludes(field, &EXCLUDABLE) => {}
            _ => selected = Selected::Partly,
        }
    }
    selected
}

/// Sources that the console offers to leave out.
const EXCLUDABLE: [&str; 2] = ["kms.amazonaws.com", "rdsdata.amazonaws.com"];

fn only_excludes(field: &Value, sources: &[&str]) -> bool {
    let members = field.as_object().into_iter().flatten();
    let mut operators = members.filter(|(name, _)| *name != "Field");
    operators.all(|(name, _)| name == "NotEquals")
        && texts(field, "NotEquals").iter().all(|source| sources.contains(source))
}

/// Whether a field selector lets a value pass; an operator that is not known lets it.
fn admits(field: &Value, value: &str) -> bool {
    let any = |operator: &str, test: &dyn Fn(&str) -> bool| {
        field.get(operator).is_none_or(|_| texts(field, operator).iter().any(|text| test(text)))
    };
    let none = |operator: &str, test: &dyn Fn(&str) -> bool| {
        !texts(field, operator).iter().any(|text| test(text))
    };
    any("Equals", &|text| text == value)
        && any("StartsWith", &|text| value.starts_with(text))
        && any("EndsWith", &|text| value.ends_with(text))
        && none("NotEquals", &|text| text == value)
        && none("NotStartsWith", &|text| value.starts_with(text))
        && none("NotEndsWith", &|text| value.ends_with(text))
}

fn fields<'a>(selector: &'a Value, name: &'a str) -> impl Iterator<Item = &'a Value> {
    let all = selector.get("FieldSelectors").and_then(Value::as_array).into_iter().flatten();
    all.filter(move |field| text(field, "Field") == Some(name))
}

fn text<'a>(object: &'a Value, name: &str) -> Option<&'a str> {
    object.get(name).and_then(Value::as_str)
}

fn texts<'a>(object: &'a Value, name: &str) -> Vec<&'a str> {
    let list = object.get(name).and_then(Value::as_array);
    list.into_iter().flatten().filter_map(Value::as_str).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use Selected::{Nothing, Partly, Wholly};

    fn document(selectors: &str) -> Value {
        serde_json::from_str(&format!("{{\"TrailARN\":\"a\",{selectors}}}")).expect("valid JSON")
    }

    #[track_caller]
    fn selects(selectors: &str, category: &str, expected: Selected) {
        assert_eq!(selected(&document(selectors), category), expected, "{selectors}: {category}");
    }

    #[test]
    fn basic_selectors() {
        for (selector, read, write) in [
            (r#"{"ReadWriteType":"All","IncludeManagementEvents":true}"#, Wholly, Wholly),
            (r#"{"ReadWriteType":"WriteOnly"}"#, Nothing, Wholly),
            (r#"{"ReadWriteType":"ReadOnly"}"#, Wholly, Nothing),
            (r#"{"ReadWriteType":"All","IncludeManagementEvents":false}"#, Nothing, Nothing),
        ] {
            let selectors = format!(r#""EventSelectors":[{selector}]"#);
            selects(&selectors, "management-read", read);
            selects(&selectors, "management-write", write);
            selects(&selectors, "data:AWS::S3::Object", Nothing);
        }
        let with = |value: &str| {
            format!(
                r#""EventSelectors":[{{"DataResources":[{{"Type":"AWS::S3::Object","Values":["{value}"]}}]}}]"#
            )
        };
        selects(&with("arn:aws:s3"), "data:AWS::S3::Object", Wholly);
        selects(&with("arn:aws:s3:::"), "data:AWS::S3::Object", Wholly);
        selects(&with("arn:aws:s3:::bucket/"), "data:AWS::S3::Object", Partly);
        selects(&with("arn:aws:s3"), "data:AWS::Lambda::Function", Nothing);
        selects(r#""EventSelectors":[]"#, "management-read", Nothing);
    }

    #[test]
    fn advanced_selectors() {
        let with = |fields: &str| {
            format!(r#""AdvancedEventSelectors":[{{"Name":"n","FieldSelectors":[{fields}]}}]"#)
        };
        let management = r#"{"Field":"eventCategory","Equals":["Management"]}"#;
        let data = r#"{"Field":"eventCategory","Equals":["Data"]}"#;
        let bases = r#"{"Field":"resources.type","Equals":["AWS::Bedrock::KnowledgeBase"]}"#;
        let base = "data:AWS::Bedrock::KnowledgeBase";
        selects(&with(management), "management-read", Wholly);
        selects(&with(management), base, Nothing);
        let writes = format!(r#"{management},{{"Field":"readOnly","Equals":["false"]}}"#);
        selects(&with(&writes), "management-read", Nothing);
        selects(&with(&writes), "management-write", Wholly);
        let keys = |source: &str| {
            with(&format!(r#"{management},{{"Field":"eventSource","NotEquals":["{source}"]}}"#))
        };
        selects(&keys("kms.amazonaws.com"), "management-read", Wholly);
        selects(&keys("bedrock.amazonaws.com"), "management-read", Partly);
        selects(&with(&format!("{data},{bases}")), base, Wholly);
        selects(&with(&format!("{data},{bases}")), "data:AWS::S3::Object", Nothing);
        selects(&with(&format!("{data},{bases}")), "management-write", Nothing);
        let arn = r#"{"Field":"resources.ARN","StartsWith":["arn:aws:bedrock:"]}"#;
        selects(&with(&format!("{data},{bases},{arn}")), base, Partly);
        selects(&with(r#"{"Field":"resources.type","Equals":["AWS::S3::Object"]}"#), base, Nothing);
        selects(r#""AdvancedEventSelectors":[{}]"#, "management-read", Nothing);
    }

    #[test]
    fn buckets() {
        let basic = |value: &str| {
            document(&format!(
                r#""EventSelectors":[{{"DataResources":[{{"Type":"AWS::S3::Object","Values":["{value}"]}}]}}]"#
            ))
        };
        for (value, expected) in [
            ("arn:aws:s3", true),
            ("arn:aws:s3:::records/", true),
            ("arn:aws:s3:::records/private", true),
            ("arn:aws:s3:::other/", false),
            ("arn:aws:s3:::records-copy/", false),
        ] {
            assert_eq!(selects_bucket(&basic(value), "records"), expected, "{value}");
        }
        let advanced = |operator: &str, value: &str| {
            document(&format!(
                r#""AdvancedEventSelectors":[{{"FieldSelectors":[
                    {{"Field":"eventCategory","Equals":["Data"]}},
                    {{"Field":"resources.type","Equals":["AWS::S3::Object"]}},
                    {{"Field":"resources.ARN","{operator}":["{value}"]}}]}}]"#
            ))
        };
        for (operator, value, expected) in [
            ("StartsWith", "arn:aws:s3:::records/", true),
            ("StartsWith", "arn:aws:s3:::other/", false),
            ("NotStartsWith", "arn:aws:s3:::records/", true),
        ] {
            let found = selects_bucket(&advanced(operator, value), "records");
            assert_eq!(found, expected, "{operator} {value}");
        }
    }
}
