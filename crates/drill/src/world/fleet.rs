//! Servers, containers and functions: what runs makes calls by running.

use super::World;
use super::cast::{function_arn, in_function, nat};
use crate::book::Book;
use crate::clock::HOUR;
use crate::cloudtrail::{Call, assumed, items};
use crate::identity::{Caller, Role};
use crate::json::{Json, arr, obj};
use crate::place::{Account, Region};
use crate::rng::Rng;

const SSM_AGENT: &str = "aws-sdk-go/1.55.5 (go1.24.6; linux; amd64) amazon-ssm-agent/3.3.3050.0";
const INSTANCE_AGENT: &str = "aws-sdk-go-v2/1.39.2 ua/2.1 os/linux lang/go#1.24.6 md/GOOS#linux md/GOARCH#amd64 api/s3#1.88.3 m/E,g";

/// Writes what the fleet does in the stretch.
pub(super) fn fill(world: &World, book: &mut Book) {
    for region in Region::ALL {
        for _ in 0..world.many(book, 2_600) {
            instance(world, book, region);
        }
        for _ in 0..world.busy(book, 1_700) {
            cold_start(world, book, region);
        }
    }
    for _ in 0..world.many(book, 350) {
        scale(world, book);
    }
    if let Some(at) = book.daily(2 * HOUR + 610) {
        legacy_job(world, book, at);
    }
}

/// A service takes a role.
pub(super) fn assume(
    book: &mut Book,
    at: i64,
    region: Region,
    service: &Caller,
    role: &Role,
    session: &str,
) {
    let key = role.session_key(session, at);
    let call = Call::read("sts", "AssumeRole")
        .request(obj! { "roleArn" => &role.arn, "roleSessionName" => session.to_owned() })
        .response(assumed(&role.arn, &role.id, session, &key, at + 6 * HOUR))
        .resource("AWS::IAM::Role", role.arn.clone())
        .shared(book.rng.uuid());
    book.call(at, region, service, call);
}

/// The instances of the web tier: three in each region, by number.
pub(super) fn instance_id(world: &World, region: Region, number: i64) -> String {
    let mut rng = Rng::derive(world.seed, "instance", &[region as i64, number]);
    format!("i-0{}", rng.hex(16))
}

fn instance(world: &World, book: &mut Book, region: Region) {
    let at = book.moment(2);
    let id = instance_id(world, region, book.rng.between(0, 2));
    let role = &world.cast.web;
    let caller = role.session(&id, world.started(&id, at, 6)).on_instance();
    let account = Account::Application;
    match book.rng.below(10) {
        0..=3 => {
            let call = Call::write("ssm", "UpdateInstanceInformation").request(obj! {
                "instanceId" => id, "agentVersion" => "3.3.3050.0", "agentStatus" => "Active",
                "platformType" => "Linux", "platformName" => "Amazon Linux", "platformVersion" => "2023",
                "iPAddress" => format!("10.20.4.{}", book.rng.between(10, 60)),
                "computerName" => "web.internal", "agentName" => "amazon-ssm-agent",
            });
            book.call(at, region, &caller.from(nat(region), SSM_AGENT), call);
        }
        4 | 5 => {
            let service = Caller::service(account, "ec2.amazonaws.com");
            assume(book, at, region, &service, role, &id);
        }
        6 | 7 => {
            let file = *book.rng.pick(&[
                "app.3f1c.js",
                "style.9a2e.css",
                "config.json",
                "fonts/inter.woff2",
                "robots.txt",
            ]);
            let key = format!("assets/{file}");
            let bucket = super::APP_BUCKET;
            let call =
                super::content::get_object(&mut book.rng, bucket, Region::East, &key, 18_220);
            book.call(at, Region::East, &caller.from(nat(region), INSTANCE_AGENT), call);
        }
        8 => {
            let name = "fernhill/web/session-signing";
            let arn = format!(
                "arn:aws:secretsmanager:{}:{}:secret:{name}-Qm4x7L",
                region.name(),
                account.id()
            );
            let call =
                Call::read("secretsmanager", "GetSecretValue").request(obj! { "secretId" => arn });
            book.call(at, region, &caller.from(nat(region), INSTANCE_AGENT), call);
        }
        _ => {
            let filters = crate::cloudtrail::filter("resource-id", &id);
            let call = Call::read("ec2", "DescribeTags").request(
                obj! { "maxResults" => 1000, "filterSet" => filters, "tagSet" => obj! {} },
            );
            book.call(at, region, &caller.from(nat(region), INSTANCE_AGENT), call);
        }
    }
}

const FUNCTIONS: [&str; 5] = [
    "support-assistant-handler",
    "ticket-summariser",
    "returns-desk-actions",
    "notification-service",
    "support-assistant-canary",
];

/// A new execution environment: its role, its log stream, its encrypted variables.
fn cold_start(world: &World, book: &mut Book, region: Region) {
    let at = book.moment(4);
    let function = *book.rng.pick(&FUNCTIONS);
    let cast = &world.cast;
    let role = match function {
        "ticket-summariser" => &cast.summariser,
        "returns-desk-actions" => &cast.actions,
        "notification-service" => &cast.notifications,
        _ => &cast.app,
    };
    let account = Account::Application;
    assume(book, at, region, &Caller::service(account, "lambda.amazonaws.com"), role, function);
    let caller = in_function(role, function, region, at);
    let day = crate::clock::iso(at)[..10].replace('-', "/");
    let stream = format!("{day}/[{}]{}", book.rng.between(30, 60), book.rng.hex(32));
    let call = Call::write("logs", "CreateLogStream").request(obj! {
        "logGroupName" => format!("/aws/lambda/{function}"), "logStreamName" => stream,
    });
    book.call(
        at + 1,
        region,
        &caller.clone().from(nat(region), "awslambda-worker/1.0 rusoto/0.48.0 rust/1.89.0 linux"),
        call,
    );
    if book.rng.chance(60) {
        let key = kms_key(world, account, region);
        let call = Call::read("kms", "Decrypt")
            .request(obj! { "encryptionAlgorithm" => "SYMMETRIC_DEFAULT",
            "encryptionContext" => obj! { "aws:lambda:FunctionArn" => function_arn(region, function) } })
            .resource("AWS::KMS::Key", key);
        book.call(at + 1, region, &caller.invoked_by("lambda.amazonaws.com"), call);
    }
}

/// The customer-managed key of an account and region.
pub(super) fn kms_key(world: &World, account: Account, region: Region) -> String {
    let id = Rng::derive(world.seed, "kms", &[account as i64, region as i64]).uuid();
    format!("arn:aws:kms:{}:{}:key/{id}", region.name(), account.id())
}

/// The role of Auto Scaling in the application's account.
pub(crate) fn autoscaling(seed: u64) -> Role {
    let service = "autoscaling.amazonaws.com";
    Role::linked(seed, Account::Application, service, "AWSServiceRoleForAutoScaling")
}

/// Auto Scaling follows the customers: an instance more, an instance less.
fn scale(world: &World, book: &mut Book) {
    let region = Region::East;
    let at = book.moment(30);
    let role = autoscaling(world.seed);
    let caller = role
        .session("AutoScaling", world.started("AutoScaling", at, 1))
        .invoked_by("autoscaling.amazonaws.com");
    let id = format!("i-0{}", book.rng.hex(16));
    if book.rng.chance(50) {
        let token = book.rng.uuid();
        let call = Call::write("ec2", "RunInstances")
            .request(obj! {
                "instancesSet" => items(vec![obj! { "minCount" => 1, "maxCount" => 1 }]),
                "clientToken" => format!("fleet-{token}-0"),
                "availabilityZone" => *book.rng.pick(&["us-east-1a", "us-east-1b", "us-east-1c"]),
                "launchTemplate" => obj! { "launchTemplateId" => "lt-0c5e9f1d2ab764380", "version" => "14" },
                "tagSpecificationSet" => items(vec![obj! { "resourceType" => "instance",
                "tags" => arr![obj! { "key" => "aws:autoscaling:groupName", "value" => "web-frontend" }] }]),
            })
            .response(obj! {
                "requestId" => token,
                "reservationId" => format!("r-0{}", book.rng.hex(16)),
                "ownerId" => Account::Application.id(),
                "groupSet" => obj! {},
                "instancesSet" => items(vec![obj! {
                    "instanceId" => id, "imageId" => "ami-0b72c1e93f4d8a650", "instanceType" => "m7i.large",
                    "instanceState" => obj! { "code" => 0, "name" => "pending" }, "subnetId" => "subnet-04f9d2c7be1836a05",
                }]),
                "requesterId" => "autoscaling.amazonaws.com",
            });
        book.call(at, region, &caller, call);
    } else {
        let set = items(vec![obj! { "instanceId" => id.clone() }]);
        let call = Call::write("ec2", "TerminateInstances")
            .request(obj! { "instancesSet" => set })
            .response(obj! { "instancesSet" => items(vec![obj! {
                "instanceId" => id,
                "currentState" => obj! { "code" => 32, "name" => "shutting-down" },
                "previousState" => obj! { "code" => 16, "name" => "running" },
            }])});
        book.call(at, region, &caller, call);
    }
}

/// The oldest job of the house: a build server that uploads artifacts with a long-term key.
fn legacy_job(world: &World, book: &mut Book, at: i64) {
    let caller = world.cast.legacy.caller().from(
        super::cast::BUILD_SERVER,
        "Boto3/1.26.165 Python/3.9.2 Linux/5.10.0-35-amd64 Botocore/1.29.165",
    );
    let bucket = super::ARTIFACT_BUCKET;
    book.call(
        at,
        Region::East,
        &caller,
        Call::read("sts", "GetCallerIdentity").request(Json::Null),
    );
    for (number, name) in
        ["web.tar.gz", "handler.zip", "summariser.zip", "actions.zip"].iter().enumerate()
    {
        let key = format!("nightly/{}/{name}", &crate::clock::iso(at)[..10]);
        let bytes = book.rng.between(900_000, 9_000_000);
        let call = super::content::put_object(&mut book.rng, bucket, Region::East, &key, bytes);
        book.call(at + 9 * (1 + number as i64), Region::East, &caller, call);
    }
}
