//! Deployments: a pipeline takes its role through OIDC and lets CloudFormation work.

use super::World;
use super::cast::function_arn;
use crate::book::Book;
use crate::clock::{HOUR, iso, weekday};
use crate::cloudtrail::{Call, assumed};
use crate::identity::{Caller, Role};
use crate::json::{Json, arr, obj};
use crate::place::{Account, Region};

const RUNNER: &str = "aws-sdk-js/3.901.0 ua/2.1 os/linux#6.11.0-1018-azure lang/js md/nodejs#20.19.5 api/sts#3.901.0 m/E";
const CLI: &str = "aws-cli/2.31.12 md/awscrt#0.27.6 ua/2.1 os/linux#6.11.0-1018-azure md/arch#x86_64 lang/python#3.13.7 md/pyimpl#CPython m/b,E cfg/retry-mode#standard md/installer#exe md/distrib#ubuntu.24 md/prompt#off";
/// The runners leave through the organisation's own gateway.
const RUNNER_IP: &str = "198.51.100.90";

/// Writes the deployments of the stretch.
pub(super) fn fill(world: &World, book: &mut Book) {
    let releases = [
        (14 * HOUR + 1_110, 0),
        (16 * HOUR + 2_470, 1),
        (18 * HOUR + 530, 2),
        (20 * HOUR + 1_840, 3),
    ];
    for (second, number) in releases {
        let Some(at) = book.daily(second) else { continue };
        if weekday(at) >= 5 || (number >= 2 && book.rng.chance(35)) {
            continue;
        }
        let region = if number == 1 { Region::West } else { Region::East };
        release(world, book, at, region, number);
    }
    if book.from == world.from {
        logging_as_code(world, book, book.from + 37);
    }
    if let Some(at) = book.daily(17 * HOUR + 300) {
        let role = world.cast.deploy_shared.clone();
        signed_in(book, &role, at, "fernhill/billing");
        let caller = role.session("GitHubActions", at).from(RUNNER_IP, CLI);
        book.call(at + 8, Region::East, &caller, stack_call("DescribeStacks", "billing-ledger"));
    }
}

fn signed_in(book: &mut Book, role: &Role, at: i64, repository: &str) {
    let account = role.account;
    let subject = format!("repo:{repository}:ref:refs/heads/main");
    let provider = "token.actions.githubusercontent.com";
    let identity = obj! {
        "type" => "WebIdentityUser",
        "principalId" => format!("arn:aws:iam::{}:oidc-provider/{provider}:sts.amazonaws.com:{subject}", account.id()),
        "userName" => subject.clone(),
        "identityProvider" => format!("arn:aws:iam::{}:oidc-provider/{provider}", account.id()),
    };
    let web = Caller::visitor(account, identity, &subject).from(RUNNER_IP, RUNNER);
    let key = role.session_key("GitHubActions", at);
    let mut response = assumed(&role.arn, &role.id, "GitHubActions", &key, at + HOUR);
    response.push("subjectFromWebIdentityToken", subject);
    response.push("audience", "sts.amazonaws.com");
    let call = Call::read("sts", "AssumeRoleWithWebIdentity")
        .request(obj! { "roleArn" => &role.arn, "roleSessionName" => "GitHubActions", "durationSeconds" => 3_600 })
        .response(response)
        .resource("AWS::IAM::Role", role.arn.clone());
    book.call(at, Region::East, &web, call);
}

fn stack_call(name: &'static str, stack: &str) -> Call {
    let call = if name.starts_with("Describe") {
        Call::read("cloudformation", name)
    } else {
        Call::write("cloudformation", name)
    };
    call.request(obj! { "stackName" => stack.to_owned() })
}

fn release(world: &World, book: &mut Book, at: i64, region: Region, number: i64) {
    let role = &world.cast.deploy;
    signed_in(book, role, at, "fernhill/support-assistant");
    let caller = role.session("GitHubActions", at).from(RUNNER_IP, CLI);
    let commit = book.rng.hex(12);
    let bucket = super::ARTIFACT_BUCKET;
    let key = format!("releases/{commit}/handler.zip");
    let bytes = book.rng.between(3_000_000, 4_000_000);
    let put = super::content::put_object(&mut book.rng, bucket, Region::East, &key, bytes);
    book.call(at + 5, Region::East, &caller, put);
    let stack = "support-assistant";
    let change_set = format!("release-{commit}");
    let id = format!(
        "arn:aws:cloudformation:{}:{}:changeSet/{change_set}/{}",
        region.name(),
        Account::Application.id(),
        book.rng.uuid()
    );
    let create = Call::write("cloudformation", "CreateChangeSet")
        .request(obj! {
            "stackName" => stack, "changeSetName" => change_set.clone(),
            "roleARN" => &world.cast.stacks.arn, "capabilities" => arr!["CAPABILITY_NAMED_IAM"],
            "templateURL" => format!("https://{bucket}.s3.us-east-1.amazonaws.com/releases/{commit}/template.yml"),
        })
        .response(obj! { "id" => id });
    book.call(at + 9, region, &caller, create);
    let describe = Call::read("cloudformation", "DescribeChangeSet")
        .request(obj! { "stackName" => stack, "changeSetName" => change_set.clone() });
    book.call(at + 20, region, &caller, describe);
    let execute = Call::write("cloudformation", "ExecuteChangeSet")
        .request(obj! { "stackName" => stack, "changeSetName" => change_set });
    book.call(at + 24, region, &caller, execute);

    let stacks = &world.cast.stacks;
    let service = Caller::service(Account::Application, "cloudformation.amazonaws.com");
    super::fleet::assume(book, at + 26, region, &service, stacks, "AWSCloudFormation");
    let actor =
        stacks.session("AWSCloudFormation", at + 26).invoked_by("cloudformation.amazonaws.com");
    let functions: &[&str] = if number == 3 {
        &["ticket-summariser", "returns-desk-actions"]
    } else {
        &["support-assistant-handler"]
    };
    for (place, function) in functions.iter().enumerate() {
        let secs = at + 31 + 7 * place as i64;
        update_function(book, region, secs, &actor, function, &commit);
    }
    for poll in 0..3 {
        book.call(at + 30 + 20 * poll, region, &caller, stack_call("DescribeStackEvents", stack));
    }
}

fn update_function(
    book: &mut Book,
    region: Region,
    at: i64,
    actor: &Caller,
    function: &str,
    commit: &str,
) {
    let sha = format!(
        "{}=",
        book.rng.letters(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", 43)
    );
    let arn = function_arn(region, function);
    let call = Call::write("lambda", "UpdateFunctionCode20150331v2")
        .request(obj! {
            "functionName" => function.to_owned(), "s3Bucket" => super::ARTIFACT_BUCKET,
            "s3Key" => format!("releases/{commit}/handler.zip"), "publish" => false, "dryRun" => false,
        })
        .response(obj! {
            "functionName" => function.to_owned(), "functionArn" => arn.clone(), "runtime" => "python3.13",
            "handler" => "app.handler", "codeSize" => book.rng.between(3_000_000, 4_000_000),
            "timeout" => 30, "memorySize" => 1024, "lastModified" => format!("{}.000+0000", &iso(at)[..19]),
            "codeSha256" => sha.clone(), "version" => "$LATEST", "revisionId" => book.rng.uuid(),
            "state" => "Active", "lastUpdateStatus" => "InProgress",
        })
        .resource("AWS::Lambda::Function", arn.clone());
    book.call(at, region, actor, call);
    let publish = Call::write("lambda", "PublishVersion20150331")
        .request(obj! { "functionName" => function.to_owned(), "codeSha256" => sha })
        .response(obj! { "functionArn" => arn, "version" => book.rng.between(42, 60).to_string() });
    book.call(at + 5, region, actor, publish);
}

/// The evidence begins with a change window: the stacks that hold what is logged are applied
/// again, unchanged.
fn logging_as_code(world: &World, book: &mut Book, at: i64) {
    let service = |account| Caller::service(account, "cloudformation.amazonaws.com");
    let session = "AWSCloudFormation";
    let apply = |book: &mut Book, role: &Role, region: Region, secs: i64, call: Call| {
        super::fleet::assume(book, secs - 1, region, &service(role.account), role, session);
        let actor = role.session(session, secs - 1).invoked_by("cloudformation.amazonaws.com");
        book.call(secs, region, &actor, call);
    };
    apply(book, &world.cast.stacks_shared, Region::East, at, put_selectors());
    for region in Region::ALL {
        let secs = at + 41 + 13 * region as i64;
        apply(book, &world.cast.stacks, region, secs, put_logging());
    }
}

/// What the organisation's trail selects.
fn put_selectors() -> Call {
    let field = |name: &'static str, test: &'static str, value: &'static str| {
        obj! { "field" => name, test => arr![value] }
    };
    let data = |name: &'static str, kind: &'static str| {
        let fields =
            arr![field("eventCategory", "equals", "Data"), field("resources.type", "equals", kind)];
        obj! { "name" => name, "fieldSelectors" => fields }
    };
    let stores = arr![
        field("eventCategory", "equals", "Data"),
        field("resources.type", "equals", "AWS::S3::Object"),
        field("resources.ARN", "startsWith", "arn:aws:s3:::fernhill-"),
    ];
    let selectors = arr![
        obj! {
            "name" => "management",
            "fieldSelectors" => arr![field("eventCategory", "equals", "Management")],
        },
        obj! { "name" => "our buckets", "fieldSelectors" => stores },
        data("functions", "AWS::Lambda::Function"),
        data("knowledge bases", "AWS::Bedrock::KnowledgeBase"),
        data("agents", "AWS::Bedrock::AgentAlias"),
        data("mail", "AWS::SES::EmailIdentity"),
    ];
    let trail = format!("arn:aws:cloudtrail:us-east-1:{}:trail/organisation", Account::Shared.id());
    Call::write("cloudtrail", "PutEventSelectors")
        .request(
            obj! { "trailName" => trail.clone(), "advancedEventSelectors" => selectors.clone() },
        )
        .response(obj! { "trailARN" => trail, "advancedEventSelectors" => selectors })
}

/// Invocation logging turned on, as it has always been.
pub(crate) fn put_logging() -> Call {
    let config = obj! {
        "s3Config" => obj! { "bucketName" => super::LOG_BUCKET, "keyPrefix" => "" },
        "textDataDeliveryEnabled" => true,
        "imageDataDeliveryEnabled" => true,
        "embeddingDataDeliveryEnabled" => false,
        "videoDataDeliveryEnabled" => false,
    };
    Call::write("bedrock", "PutModelInvocationLoggingConfiguration")
        .request(obj! { "loggingConfig" => config })
        .response(Json::Null)
}
