//! The compliance scanner: it reads, every few hours, how logging is configured.

use super::World;
use crate::book::Book;
use crate::clock::HOUR;
use crate::cloudtrail::{Call, assumed};
use crate::json::{arr, obj};
use crate::place::{Account, Region};

const AGENT: &str = "Boto3/1.40.49 md/Botocore#1.40.49 ua/2.1 os/linux#6.1.153-175.280.amzn2023.x86_64 md/arch#x86_64 lang/python#3.12.11 md/pyimpl#CPython exec-env/AWS_ECS_FARGATE m/D,b,Z cfg/retry-mode#adaptive Botocore/1.40.49";
const ADDRESS: &str = "198.51.100.33";

/// Writes the scans of the stretch.
pub(super) fn fill(world: &World, book: &mut Book) {
    for account in Account::ALL {
        for region in Region::ALL {
            let Some(at) = book.hourly(1_500 + 20 * account as i64 + 300 * region as i64) else {
                continue;
            };
            if at.div_euclid(HOUR) % 6 == account as i64 {
                scan(world, book, account, region, at);
            }
        }
    }
}

fn scan(world: &World, book: &mut Book, account: Account, region: Region, at: i64) {
    let audit = &world.cast.audit;
    let started = world.started(&audit.name, at, 6);
    let home = audit.session("scanner", started).from(ADDRESS, AGENT);
    let caller = match account {
        Account::Shared => home,
        Account::Application => {
            let role = &world.cast.audited;
            let key = role.session_key("scanner", at);
            let shared = book.rng.uuid();
            // One call, recorded on both sides of the border between the accounts.
            for place in [Account::Shared, Account::Application] {
                let call = Call::read("sts", "AssumeRole")
                    .request(obj! { "roleArn" => &role.arn, "roleSessionName" => "scanner", "externalId" => "fernhill-audit" })
                    .response(assumed(&role.arn, &role.id, "scanner", &key, at + HOUR))
                    .resource("AWS::IAM::Role", role.arn.clone())
                    .shared(shared.clone());
                book.call(at, region, &home.clone().seen_from(place), call);
            }
            role.session("scanner", at).from(ADDRESS, AGENT)
        }
    };
    let trail = format!("arn:aws:cloudtrail:us-east-1:{}:trail/organisation", Account::Shared.id());
    let calls = [
        Call::read("cloudtrail", "DescribeTrails")
            .request(obj! { "trailNameList" => arr![], "includeShadowTrails" => true }),
        Call::read("cloudtrail", "GetTrailStatus").request(obj! { "name" => trail.clone() }),
        Call::read("cloudtrail", "GetEventSelectors").request(obj! { "trailName" => trail }),
        Call::read("bedrock", "GetModelInvocationLoggingConfiguration"),
        Call::read("guardduty", "ListDetectors").request(obj! { "maxResults" => 50 }),
        Call::read("ec2", "DescribeFlowLogs")
            .request(obj! { "maxResults" => 100, "filterSet" => obj! {} }),
        Call::read("config", "DescribeConfigurationRecorderStatus"),
    ];
    for (place, call) in calls.into_iter().enumerate() {
        book.call(at + 1 + place as i64, region, &caller, call);
    }
    if region == Region::East {
        for (place, name) in [
            "GetAccountPasswordPolicy",
            "GenerateCredentialReport",
            "GetCredentialReport",
            "ListUsers",
        ]
        .into_iter()
        .enumerate()
        {
            book.call(at + 10 + place as i64, region, &caller, Call::read("iam", name));
        }
    }
}
