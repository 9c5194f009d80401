//! AWS services at their own work, which fills most of any real trail.

mod inspectors;

use super::World;
use super::fleet::kms_key;
use crate::book::Book;
use crate::cloudtrail::Call;
use crate::identity::{Caller, Role};
use crate::json::{Json, obj};
use crate::place::{Account, Region};

use inspectors::INSPECTORS;

/// Writes what the services do in the stretch.
pub(super) fn fill(world: &World, book: &mut Book) {
    for account in Account::ALL {
        for region in Region::ALL {
            for _ in 0..world.many(book, 400) {
                burst(world, book, account, region);
            }
            for _ in 0..world.many(book, 1_400) {
                storage(world, book, account, region);
            }
            heartbeat(book, account, region);
        }
    }
}

/// Every hour, whatever the season: the trail's bucket is checked before a delivery.
fn heartbeat(book: &mut Book, account: Account, region: Region) {
    let second = 2_239 + 61 * account as i64 + 97 * region as i64;
    let Some(at) = book.hourly(second) else { return };
    let trail = Caller::service(account, "cloudtrail.amazonaws.com");
    let bucket = super::LOG_BUCKET;
    let call = Call::read("s3", "GetBucketAcl")
        .request(obj! {
            "bucketName" => bucket,
            "Host" => format!("{bucket}.s3.us-east-1.amazonaws.com"),
            "acl" => "",
        })
        .resource("AWS::S3::Bucket", format!("arn:aws:s3:::{bucket}"));
    book.call(at, region, &trail, call);
}

fn burst(world: &World, book: &mut Book, account: Account, region: Region) {
    let inspector = book.rng.pick(INSPECTORS);
    let role = Role::linked(world.seed, account, inspector.service, inspector.role);
    let mut at = book.moment(90);
    let caller = role.session(inspector.session, at - 2).invoked_by(inspector.service);
    let service = Caller::service(account, inspector.service);
    super::fleet::assume(book, at - 2, region, &service, &role, inspector.session);
    for _ in 0..book.rng.between(3, 9) {
        at += book.rng.between(0, 6);
        let (target, names) = *book.rng.pick(inspector.looks);
        let name = *book.rng.pick(names);
        let mut call = Call::read(target, name).request(parameters(target, name, book));
        if book.rng.below(100) < 2 {
            call = call.error("ThrottlingException", "Rate exceeded");
        } else if name == "GetBucketPolicy" && book.rng.chance(20) {
            call = call.error("NoSuchBucketPolicy", "The bucket policy does not exist");
        }
        book.call(at, region, &caller, call);
    }
}

const BUCKETS: [&str; 5] = [
    "fernhill-support-kb",
    super::APP_BUCKET,
    super::ARTIFACT_BUCKET,
    super::PRIVATE_BUCKET,
    super::LOG_BUCKET,
];

fn parameters(target: &str, name: &str, book: &mut Book) -> Json {
    match (target, name) {
        ("s3", "ListAccessPoints" | "GetAccountPublicAccessBlock") => Json::Null,
        ("s3", _) => {
            let bucket = *book.rng.pick(&BUCKETS);
            obj! { "bucketName" => bucket, "Host" => format!("{bucket}.s3.us-east-1.amazonaws.com") }
        }
        ("ec2", "DescribeInstances") => obj! {
            "maxResults" => 1000, "instancesSet" => obj! {}, "filterSet" => obj! {},
        },
        ("ec2", "DescribeAccountAttributes" | "DescribeRegions") => obj! {},
        ("ec2", _) => {
            obj! { "maxResults" => book.rng.between(1, 10) * 100, "filterSet" => obj! {} }
        }
        ("lambda", "ListFunctions20150331") => obj! { "maxItems" => 50 },
        ("lambda", _) => {
            let names = ["ticket-summariser", "notification-service", "returns-desk-actions"];
            obj! { "functionName" => *book.rng.pick(&names) }
        }
        ("logs", _) => obj! { "limit" => 50 },
        ("monitoring", _) => {
            obj! { "namespace" => *book.rng.pick(&["AWS/EC2", "AWS/Lambda", "AWS/EBS"]) }
        }
        _ => Json::Null,
    }
}

/// Encryption at rest, seen from KMS.
fn storage(world: &World, book: &mut Book, account: Account, region: Region) {
    let at = book.moment(1);
    let key = kms_key(world, account, region);
    let bucket = *book.rng.pick(&BUCKETS);
    let (service, name) = *book.rng.pick(&[
        ("s3.amazonaws.com", "GenerateDataKey"),
        ("s3.amazonaws.com", "Decrypt"),
        ("cloudtrail.amazonaws.com", "GenerateDataKey"),
        ("dynamodb.amazonaws.com", "Decrypt"),
        ("secretsmanager.amazonaws.com", "Decrypt"),
        ("delivery.logs.amazonaws.com", "GenerateDataKey"),
        ("sqs.amazonaws.com", "Decrypt"),
    ]);
    let context = match service {
        "dynamodb.amazonaws.com" => {
            obj! { "aws:dynamodb:tableName" => "support-sessions", "aws:dynamodb:subscriberId" => account.id() }
        }
        "cloudtrail.amazonaws.com" => {
            obj! { "aws:cloudtrail:arn" => format!("arn:aws:cloudtrail:us-east-1:{}:trail/organisation", Account::Shared.id()) }
        }
        _ => obj! { "aws:s3:arn" => format!("arn:aws:s3:::{bucket}") },
    };
    let mut request = obj! { "encryptionContext" => context, "keyId" => key.clone() };
    if name == "GenerateDataKey" {
        request.push("keySpec", "AES_256");
    }
    let call = Call::read("kms", name).request(request).resource("AWS::KMS::Key", key);
    book.call(at, region, &Caller::service(account, service), call);
}
