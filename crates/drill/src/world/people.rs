//! People: sign-in through IAM Identity Center, console and command line.

use super::cast::Person;
use super::{AGENT_ID, KnowledgeBase, World, guardrail_id};
use crate::book::Book;
use crate::clock::{DAY, HOUR, iso, weekday};
use crate::cloudtrail::Call;
use crate::identity::Caller;
use crate::json::{Json, arr, obj};
use crate::place::{Account, Region};

/// Writes what people do in the stretch.
pub(super) fn fill(world: &World, book: &mut Book) {
    let people = world.cast.people.clone();
    for (number, person) in people.iter().enumerate() {
        let day = book.from.div_euclid(DAY) * DAY;
        let signed_in = day + 13 * HOUR + 40 * 60 * number as i64 % (3 * HOUR);
        if weekday(day) < 5 && (book.from..book.to).contains(&signed_in) {
            sign_in(book, person, signed_in);
        }
        let at_work = book.from >= signed_in + 60 && book.from < signed_in + 9 * HOUR;
        if weekday(day) < 5 && at_work {
            for _ in 0..world.many(book, 1_700) {
                work(world, book, person, signed_in);
            }
        }
    }
    let (change, _) = guardrail_change(world);
    if (book.from..book.to).contains(&change) {
        retune_guardrail(world, book, change);
    }
}

/// When the legitimate change of the guardrail begins, and who makes it.
pub(crate) fn guardrail_change(world: &World) -> (i64, &Person) {
    (world.from + DAY + 15 * HOUR + 1_830, &world.cast.people[0])
}

/// Signs a person in: the portal, the role, the console.
pub(crate) fn sign_in(book: &mut Book, person: &Person, at: i64) {
    let account = person.role.account;
    let portal = obj! {
        "type" => "Unknown",
        "principalId" => account.id(),
        "accountId" => account.id(),
        "userName" => person.session,
    };
    let visitor = Caller::visitor(account, portal, person.session).from(person.ip, person.browser);
    let federate = Call::read("sso", "Federate").event_type("AwsServiceEvent").request(Json::Null);
    book.call(at - 3, Region::East, &visitor, federate);
    let key = person.role.session_key(person.session, at);
    let call = Call::read("sts", "AssumeRoleWithSAML")
        .request(obj! {
            "roleArn" => &person.role.arn,
            "principalArn" => format!("arn:aws:iam::{}:saml-provider/AWSSSO_9f2c4e1b7d3a8650_DO_NOT_DELETE", account.id()),
            "roleSessionName" => person.session,
            "durationSeconds" => 43_200,
        })
        .response(crate::cloudtrail::assumed(&person.role.arn, &person.role.id, person.session, &key, at + 12 * HOUR))
        .resource("AWS::IAM::Role", person.role.arn.clone());
    let identity = obj! {
        "type" => "SAMLUser",
        "principalId" => format!("SSO:{}", person.session),
        "userName" => person.session,
        "identityProvider" => "SSO",
    };
    let saml = Caller::visitor(account, identity, person.session);
    book.call(at - 1, Region::East, &saml.from(person.ip, person.browser), call);
    let login = Call::write("signin", "ConsoleLogin")
        .event_type("AwsConsoleSignIn")
        .response(obj! { "ConsoleLogin" => "Success" })
        .additional(obj! {
            "LoginTo" => "https://console.aws.amazon.com/console/home",
            "MobileVersion" => "No", "MFAUsed" => "No",
            "SamlProviderArn" => format!("arn:aws:iam::{}:saml-provider/AWSSSO_9f2c4e1b7d3a8650_DO_NOT_DELETE", account.id()),
        });
    book.call(
        at,
        Region::East,
        &person.role.session(person.session, at).from(person.ip, person.browser),
        login,
    );
}

type Look = (&'static str, &'static str, Option<&'static str>);

const CONSOLE: &[Look] = &[
    ("ec2", "DescribeInstances", None),
    ("ec2", "DescribeInstanceStatus", None),
    ("ec2", "DescribeVolumes", None),
    ("lambda", "ListFunctions20150331", None),
    ("lambda", "GetFunction20150331v2", None),
    ("lambda", "GetAccountSettings20160819", None),
    ("logs", "DescribeLogGroups", None),
    ("logs", "FilterLogEvents", None),
    ("logs", "StartQuery", None),
    ("logs", "GetQueryResults", None),
    ("monitoring", "DescribeAlarms", None),
    ("monitoring", "GetMetricData", None),
    ("cloudformation", "DescribeStacks", None),
    ("cloudformation", "ListStacks", None),
    ("cloudformation", "DescribeStackEvents", None),
    ("s3", "ListBuckets", None),
    ("s3", "GetBucketVersioning", None),
    ("iam", "ListRoles", None),
    ("iam", "GetRole", None),
    ("iam", "ListUsers", None),
    ("iam", "GetAccountSummary", None),
    ("ce", "GetCostAndUsage", None),
    ("health", "DescribeEventAggregates", None),
    ("notifications", "ListNotificationHubs", None),
    ("uxc", "GetAccountColor", None),
    ("cloudtrail", "LookupEvents", None),
    ("cloudtrail", "DescribeTrails", None),
    ("ssm", "DescribeInstanceInformation", None),
    ("ecs", "ListClusters", None),
    ("ecs", "DescribeServices", None),
    ("rds", "DescribeDBInstances", None),
    ("ses", "GetSendStatistics", None),
    ("kms", "ListAliases", None),
];

const BEDROCK: &[Look] = &[
    ("bedrock", "ListFoundationModels", None),
    ("bedrock", "ListGuardrails", None),
    ("bedrock", "GetGuardrail", None),
    ("bedrock", "ListInferenceProfiles", None),
    ("bedrock", "ListAgents", Some("bedrock-agent")),
    ("bedrock", "GetAgent", Some("bedrock-agent")),
    ("bedrock", "ListKnowledgeBases", Some("bedrock-agent")),
    ("bedrock", "GetKnowledgeBase", Some("bedrock-agent")),
    ("bedrock", "ListIngestionJobs", Some("bedrock-agent")),
    ("bedrock", "GetModelInvocationLoggingConfiguration", None),
];

fn work(world: &World, book: &mut Book, person: &Person, since: i64) {
    let mut at = book.moment(240);
    let region = if book.rng.chance(80) { Region::East } else { Region::West };
    let application = person.role.account == Account::Application;
    let looks = if application && book.rng.chance(18) { BEDROCK } else { CONSOLE };
    let console = book.rng.chance(75);
    let caller = if console { person.in_console(since) } else { person.on_cli(since) };
    for _ in 0..book.rng.between(1, 5) {
        at += book.rng.between(0, 45);
        let (service, name, host) = *book.rng.pick(looks);
        let mut call = Call::read(service, name).request(asked(service, name, region, at));
        if let Some(host) = host {
            call = call.host(host);
        }
        let reader = person.role.name.contains("DeveloperReadOnly");
        if reader && matches!(name, "GetCostAndUsage" | "LookupEvents") {
            let message = format!(
                "User: {} is not authorized to perform: {service}:{name} because no identity-based policy allows the {service}:{name} action",
                caller.arn
            );
            call = call.error("AccessDenied", message);
        }
        let global = matches!(service, "iam" | "ce" | "health");
        book.call(at, if global { Region::East } else { region }, &caller, call);
    }
    let _ = world;
}

fn asked(service: &str, name: &str, region: Region, at: i64) -> Json {
    match name {
        "GetGuardrail" => {
            obj! { "guardrailIdentifier" => guardrail_id(region), "guardrailVersion" => "DRAFT" }
        }
        "GetAgent" => obj! { "agentId" => AGENT_ID },
        "GetKnowledgeBase" => obj! { "knowledgeBaseId" => KnowledgeBase::of(region).id },
        "ListIngestionJobs" => {
            let base = KnowledgeBase::of(region);
            obj! { "knowledgeBaseId" => base.id, "dataSourceId" => base.data_source }
        }
        "GetBucketVersioning" => {
            obj! { "bucketName" => KnowledgeBase::of(region).bucket, "Host" => "s3.amazonaws.com", "versioning" => "" }
        }
        "FilterLogEvents" | "StartQuery" => obj! {
            "logGroupName" => "/aws/lambda/support-assistant-handler",
            "startTime" => (at - 3_600) * 1_000, "endTime" => at * 1_000,
        },
        "GetRole" => obj! { "roleName" => "support-assistant-app" },
        "GetFunction20150331v2" => obj! { "functionName" => "support-assistant-handler" },
        "DescribeInstances" => {
            obj! { "maxResults" => 50, "instancesSet" => obj! {}, "filterSet" => obj! {} }
        }
        "GetCostAndUsage" => {
            obj! { "timePeriod" => obj! { "Start" => iso(at - 7 * DAY)[..10].to_owned(), "End" => iso(at)[..10].to_owned() }, "granularity" => "DAILY", "metrics" => arr!["UnblendedCost"] }
        }
        _ if service == "bedrock" => Json::Null,
        _ => obj! { "maxResults" => 50 },
    }
}

/// The announced change of the guardrail: looked at, changed, versioned, in both regions.
fn retune_guardrail(world: &World, book: &mut Book, at: i64) {
    let (_, person) = guardrail_change(world);
    let caller = person.in_console(at - 2 * HOUR);
    for region in Region::ALL {
        let id = guardrail_id(region);
        let secs = at + 400 * region as i64;
        let arn = format!(
            "arn:aws:bedrock:{}:{}:guardrail/{id}",
            region.name(),
            Account::Application.id()
        );
        book.call(secs, region, &caller, Call::read("bedrock", "ListGuardrails"));
        let get = obj! { "guardrailIdentifier" => id, "guardrailVersion" => "DRAFT" };
        book.call(secs + 12, region, &caller, Call::read("bedrock", "GetGuardrail").request(get));
        let update = Call::write("bedrock", "UpdateGuardrail")
            .request(obj! { "guardrailIdentifier" => id, "name" => "HIDDEN_DUE_TO_SECURITY_REASONS" })
            .response(obj! { "guardrailId" => id, "guardrailArn" => arn, "version" => "DRAFT", "updatedAt" => iso(secs + 190) });
        book.call(secs + 190, region, &caller, update);
        let version = Call::write("bedrock", "CreateGuardrailVersion")
            .request(obj! { "guardrailIdentifier" => id, "clientRequestToken" => book.rng.uuid() })
            .response(obj! { "guardrailId" => id, "version" => "4" });
        book.call(secs + 231, region, &caller, version);
    }
}
