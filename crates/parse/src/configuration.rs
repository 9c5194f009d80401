//! Answers of the AWS CLI that say how logging is set up: what they are, and what they say of
//! themselves.
//!
//! They are told by their content alone. An answer is no event: it is kept as it came, as the state
//! at the time somebody asked.

use std::borrow::Cow;

use crate::json::path;

/// Which question to AWS a document answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ConfigurationKind {
    /// `aws cloudtrail describe-trails`.
    DescribeTrails,
    /// `aws cloudtrail get-trail`.
    GetTrail,
    /// `aws cloudtrail get-event-selectors`.
    GetEventSelectors,
    /// `aws cloudtrail get-trail-status`.
    GetTrailStatus,
    /// `aws bedrock get-model-invocation-logging-configuration`.
    InvocationLogging,
    /// `aws ec2 describe-regions`.
    DescribeRegions,
    /// `aws account list-regions`.
    ListRegions,
    /// `aws organizations list-accounts`.
    ListAccounts,
    /// An empty object: what is not configured, where the file's name says what was asked.
    Empty,
}

impl ConfigurationKind {
    /// The name used in tables: service and operation.
    pub fn slug(self) -> &'static str {
        match self {
            ConfigurationKind::DescribeTrails => "cloudtrail:DescribeTrails",
            ConfigurationKind::GetTrail => "cloudtrail:GetTrail",
            ConfigurationKind::GetEventSelectors => "cloudtrail:GetEventSelectors",
            ConfigurationKind::GetTrailStatus => "cloudtrail:GetTrailStatus",
            ConfigurationKind::InvocationLogging => {
                "bedrock:GetModelInvocationLoggingConfiguration"
            }
            ConfigurationKind::DescribeRegions => "ec2:DescribeRegions",
            ConfigurationKind::ListRegions => "account:ListRegions",
            ConfigurationKind::ListAccounts => "organizations:ListAccounts",
            ConfigurationKind::Empty => "empty",
        }
    }
}

/// One answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Configuration<'a> {
    /// What was asked.
    pub kind: ConfigurationKind,
    /// The account, when the answer says it.
    pub account: Option<Cow<'a, str>>,
    /// The region, when the answer says it.
    pub region: Option<Cow<'a, str>>,
    /// The trail's ARN, when the answer is about one.
    pub resource: Option<Cow<'a, str>>,
    /// The answer as recorded.
    pub document: &'a str,
}

/// Members by which documents are told, before they are looked into.
pub(crate) const SIGNS: [&str; 8] = [
    "trailList",
    "Trail",
    "EventSelectors",
    "AdvancedEventSelectors",
    "IsLogging",
    "loggingConfig",
    "Regions",
    "Accounts",
];

impl<'a> Configuration<'a> {
    /// The answer that a JSON object is; `None` when it is something else.
    pub fn read(document: &'a str) -> Option<Configuration<'a>> {
        let document = document.trim();
        let mut members: Vec<(Cow<'a, str>, &'a str)> = Vec::new();
        path::for_each_member(document, |key, value| members.push((key.text(), value)));
        let get =
            |name: &str| members.iter().rev().find(|(key, _)| key == name).map(|(_, value)| *value);
        let found =
            |kind| Configuration { kind, account: None, region: None, resource: None, document };
        if members.is_empty() {
            return is_empty_object(document).then(|| found(ConfigurationKind::Empty));
        }
        if let Some(list) = get("trailList") {
            let trails = items_with(list, "TrailARN")?;
            return Some(found(ConfigurationKind::DescribeTrails).of_trails(&trails));
        }
        if let Some(trail) = get("Trail") {
            text(trail, "TrailARN")?;
            return Some(found(ConfigurationKind::GetTrail).of_trails(&[trail]));
        }
        let selectors = [get("EventSelectors"), get("AdvancedEventSelectors")];
        if selectors.iter().flatten().any(|list| list.starts_with('[')) {
            let arn = get("TrailARN").and_then(path::string)?;
            return Some(found(ConfigurationKind::GetEventSelectors).of_trail(arn));
        }
        if let Some("true" | "false") = get("IsLogging") {
            return Some(found(ConfigurationKind::GetTrailStatus));
        }
        if let Some(config) = get("loggingConfig").filter(|config| config.starts_with('{')) {
            let role = path::member(config, "cloudWatchConfig").and_then(|c| text(c, "roleArn"));
            let account = role.as_deref().and_then(arn_account).map(|a| Cow::Owned(a.to_owned()));
            return Some(Configuration { account, ..found(ConfigurationKind::InvocationLogging) });
        }
        if let Some(list) = get("Regions") {
            let regions = items_with(list, "RegionName")?;
            let listed = regions.iter().any(|r| path::member(r, "RegionOptStatus").is_some());
            return Some(found(if listed {
                ConfigurationKind::ListRegions
            } else {
                ConfigurationKind::DescribeRegions
            }));
        }
        let accounts = items_with(get("Accounts")?, "Arn")?;
        let mut arns = accounts.iter().filter_map(|account| text(account, "Arn"));
        if !arns.clone().all(|arn| arn.contains(":organizations:")) {
            return None;
        }
        // The ARN of a member begins with the management account, which was asked.
        let account =
            arns.next().as_deref().and_then(arn_account).map(|a| Cow::Owned(a.to_owned()));
        Some(Configuration { account, ..found(ConfigurationKind::ListAccounts) })
    }

    /// What the answer is, in words.
    pub fn describe(&self) -> String {
        match self.kind {
            ConfigurationKind::Empty => "an empty answer".to_owned(),
            kind => format!("the configuration that {} gave", kind.slug()),
        }
    }

    /// With account, region and ARN as far as all trails agree.
    fn of_trails(mut self, trails: &[&'a str]) -> Configuration<'a> {
        let agreed = |each: &dyn Fn(&'a str) -> Option<String>| {
            let mut values = trails.iter().map(|trail| each(trail));
            let first = values.next()??;
            values.all(|value| value.as_deref() == Some(first.as_str())).then_some(first)
        };
        let arn = |trail| text(trail, "TrailARN");
        self.account = agreed(&|trail| arn_account(&arn(trail)?).map(str::to_owned)).map(Cow::from);
        self.region = agreed(&|trail| text(trail, "HomeRegion").map(Cow::into_owned))
            .or_else(|| agreed(&|trail| arn_region(&arn(trail)?).map(str::to_owned)))
            .map(Cow::from);
        self.resource = agreed(&|trail| arn(trail).map(Cow::into_owned)).map(Cow::from);
        self
    }

    fn of_trail(mut self, arn: Cow<'a, str>) -> Configuration<'a> {
        self.account = arn_account(&arn).map(|account| Cow::Owned(account.to_owned()));
        self.region = arn_region(&arn).map(|region| Cow::Owned(region.to_owned()));
        self.resource = Some(arn);
        self
    }
}

/// Whether an object has no member at all.
pub(crate) fn is_empty_object(raw: &str) -> bool {
    let inner = raw.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
    inner.is_some_and(|inner| inner.trim().is_empty())
}

/// The items of a list, when each is an object with a text of this name.
fn items_with<'a>(list: &'a str, name: &str) -> Option<Vec<&'a str>> {
    if !list.starts_with('[') {
        return None;
    }
    let mut items = Vec::new();
    path::for_each_item(list, |item| items.push(item));
    items.iter().all(|item| text(item, name).is_some()).then_some(items)
}

fn text<'a>(object: &'a str, name: &str) -> Option<Cow<'a, str>> {
    path::member(object, name).and_then(path::string)
}

fn arn_part(arn: &str, part: usize) -> Option<&str> {
    arn.starts_with("arn:").then(|| arn.split(':').nth(part)).flatten().filter(|p| !p.is_empty())
}

fn arn_account(arn: &str) -> Option<&str> {
    arn_part(arn, 4).filter(|part| part.len() == 12 && part.bytes().all(|b| b.is_ascii_digit()))
}

fn arn_region(arn: &str) -> Option<&str> {
    arn_part(arn, 3)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ARN: &str = "arn:aws:cloudtrail:us-east-1:111122223333:trail/main";

    fn read(document: &str) -> Option<(&'static str, String, String, String)> {
        let found = Configuration::read(document)?;
        let part = |part: &Option<Cow<'_, str>>| part.as_deref().unwrap_or("-").to_owned();
        Some((found.kind.slug(), part(&found.account), part(&found.region), part(&found.resource)))
    }

    #[track_caller]
    fn reads(document: &str, expected: [&str; 4]) {
        let (kind, account, region, resource) = read(document).expect(document);
        assert_eq!([kind, &account, &region, &resource], expected, "{document}");
    }

    #[test]
    fn answers_about_trails_name_account_region_and_trail() {
        let whole = ["111122223333", "us-east-1", ARN];
        let with = |kind| [kind, whole[0], whole[1], whole[2]];
        reads(
            &format!(
                r#"{{"trailList":[{{"Name":"main","TrailARN":"{ARN}","HomeRegion":"us-east-1"}}]}}"#
            ),
            with("cloudtrail:DescribeTrails"),
        );
        reads(
            &format!("{{\n  \"Trail\": {{\n \"TrailARN\": \"{ARN}\"}}\n}}\n"),
            with("cloudtrail:GetTrail"),
        );
        for list in ["EventSelectors", "AdvancedEventSelectors"] {
            reads(
                &format!(r#"{{"TrailARN":"{ARN}","{list}":[]}}"#),
                with("cloudtrail:GetEventSelectors"),
            );
        }
        let other = "arn:aws:cloudtrail:eu-west-1:111122223333:trail/b";
        reads(
            &format!(r#"{{"trailList":[{{"TrailARN":"{ARN}"}},{{"TrailARN":"{other}"}}]}}"#),
            ["cloudtrail:DescribeTrails", "111122223333", "-", "-"],
        );
        reads(r#"{"trailList":[]}"#, ["cloudtrail:DescribeTrails", "-", "-", "-"]);
    }

    #[test]
    fn other_answers_are_told_by_their_content() {
        let nothing = |kind| [kind, "-", "-", "-"];
        reads(
            r#"{"IsLogging":false,"LatestDeliveryTime":1}"#,
            nothing("cloudtrail:GetTrailStatus"),
        );
        reads(
            r#"{"loggingConfig":{"s3Config":{"bucketName":"b"}}}"#,
            nothing("bedrock:GetModelInvocationLoggingConfiguration"),
        );
        reads(
            r#"{"loggingConfig":{"cloudWatchConfig":{"roleArn":"arn:aws:iam::111122223333:role/r"}}}"#,
            ["bedrock:GetModelInvocationLoggingConfiguration", "111122223333", "-", "-"],
        );
        reads(
            r#"{"Regions":[{"RegionName":"us-east-1","OptInStatus":"opt-in-not-required"}]}"#,
            nothing("ec2:DescribeRegions"),
        );
        reads(
            r#"{"Regions":[{"RegionName":"us-east-1","RegionOptStatus":"ENABLED_BY_DEFAULT"}]}"#,
            nothing("account:ListRegions"),
        );
        reads(
            r#"{"Accounts":[{"Id":"444455556666","Arn":"arn:aws:organizations::111122223333:account/o-a/444455556666"}]}"#,
            ["organizations:ListAccounts", "111122223333", "-", "-"],
        );
        reads("{ \n}", nothing("empty"));
    }

    #[test]
    fn what_only_looks_alike_is_something_else() {
        for document in [
            r#"{"trailList":{}}"#,
            r#"{"trailList":[{"Name":"main"}]}"#,
            r#"{"Trail":{"Name":"main"}}"#,
            r#"{"Trail":"main"}"#,
            r#"{"EventSelectors":[]}"#,
            r#"{"TrailARN":"a","InsightSelectors":[]}"#,
            r#"{"IsLogging":"yes"}"#,
            r#"{"loggingConfig":null}"#,
            r#"{"Regions":["us-east-1"]}"#,
            r#"{"Accounts":[{"Id":"1","Arn":"arn:aws:iam::1:root"}]}"#,
            r#"{"Accounts":7}"#,
            r#"{"a":1}"#,
            "[]",
            "7",
            "",
        ] {
            assert_eq!(read(document), None, "{document}");
        }
    }
}
