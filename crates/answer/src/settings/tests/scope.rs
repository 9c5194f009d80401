//! Regions and accounts that have to be looked at.

use super::*;

const DEFAULT: usize = 17;

fn undeclared() -> Scene {
    Scene { workload: Workload::default(), ..Scene::new() }
}

fn regions(kind: &str, account: &str, entries: &[(&str, &str)], more: &str) -> Scene {
    let status = if kind == "ec2:DescribeRegions" { "OptInStatus" } else { "RegionOptStatus" };
    let entries: Vec<String> = entries
        .iter()
        .map(|(name, state)| format!(r#"{{"RegionName":"{name}","{status}":"{state}"}}"#))
        .collect();
    let document = format!(r#"{{"Regions":[{}]{more}}}"#, entries.join(","));
    undeclared().snapshot(kind, (account, ""), &document)
}

#[test]
fn enabled_regions_join_the_default_ones() {
    for (kind, states) in [
        ("ec2:DescribeRegions", ["opt-in-not-required", "opted-in", "not-opted-in"]),
        ("account:ListRegions", ["ENABLED_BY_DEFAULT", "ENABLING", "DISABLED"]),
    ] {
        let [default, added, never] = states;
        let entries = [("us-west-2", default), ("af-south-1", added), ("me-south-1", never)];
        let found = regions(kind, "", &entries, "").scope().regions;
        assert_eq!(found.len(), DEFAULT + 1, "{kind}");
        assert!(found.iter().any(|region| region == "af-south-1"), "{kind}");
        assert!(!found.iter().any(|region| region == "me-south-1"), "{kind}");
    }
}

#[test]
fn declared_regions_stand() {
    let mut scene = regions("ec2:DescribeRegions", "", &[("us-west-2", "opted-in")], "");
    scene.workload.regions = vec!["eu-west-1".into()];
    assert_eq!(scene.scope().regions, ["eu-west-1", "us-east-1"]);
}

#[test]
fn no_list_takes_a_default_region_away() {
    assert_eq!(undeclared().scope().regions.len(), DEFAULT);
    let page = regions(
        "account:ListRegions",
        "",
        &[("us-east-1", "ENABLED_BY_DEFAULT"), ("af-south-1", "ENABLED")],
        r#","NextToken":"t""#,
    );
    assert_eq!(page.scope().regions.len(), DEFAULT + 1);
    let opted = regions("account:ListRegions", "", &[("af-south-1", "ENABLED")], "");
    assert_eq!(opted.scope().regions.len(), DEFAULT + 1, "only those opted in were asked for");
    let named = [("us-east-1", "opt-in-not-required")];
    let another = regions("ec2:DescribeRegions", "999999999999", &named, "");
    assert_eq!(another.scope().regions.len(), DEFAULT, "of another account");
    let this = regions("ec2:DescribeRegions", ACCOUNT, &named, "");
    assert_eq!(this.scope().regions.len(), DEFAULT, "asked for by name");
    let hostile = regions("ec2:DescribeRegions", "", &[("; rm -rf", "opted-in")], "");
    assert_eq!(hostile.scope().regions.len(), DEFAULT);
}

#[test]
fn accounts_of_the_organisation_join_and_are_demanded() {
    let document = r#"{"Accounts":[
        {"Id":"444455556666","Arn":"a","Status":"ACTIVE"},
        {"Id":"777788889999","Arn":"a"},
        {"Id":"999999999999","Arn":"a","Status":"SUSPENDED"},
        {"Id":"nobody","Arn":"a","Status":"ACTIVE"}]}"#;
    let scene = Scene::new().snapshot("organizations:ListAccounts", (ACCOUNT, ""), document);
    assert_eq!(scene.scope().accounts, [ACCOUNT, "444455556666", "777788889999"]);
    let blind = scene.blind("management-write", NeedScope::Global);
    let accounts: BTreeSet<&str> = blind.iter().map(|cell| cell.account.as_str()).collect();
    assert_eq!(accounts, ["444455556666", "777788889999"].into());
}

#[test]
fn a_huge_organisation_stays_small_and_leaves_no_open_all_the_same() {
    let entries: Vec<String> = (0..5_000)
        .map(|n| format!(r#"{{"Id":"{:012}","Arn":"a"}}"#, 400_000_000_000_u64 + n))
        .collect();
    let document = format!(r#"{{"Accounts":[{}]}}"#, entries.join(","));
    let scene = Scene::new().snapshot("organizations:ListAccounts", (ACCOUNT, ""), &document);
    assert_eq!(scene.scope().accounts.len(), 51);
    assert!(!scene.blind("management-write", NeedScope::Global).is_empty());
    let names: Vec<String> = (0..300).map(|n| format!("aa-x-{n}")).collect();
    let names: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "opted-in")).collect();
    let hostile = regions("ec2:DescribeRegions", "", &names, "");
    assert_eq!(hostile.scope().regions.len(), DEFAULT);
}
