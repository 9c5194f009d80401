//! The shared-services account: billing, the customer database's sync, backups.

use super::cast::{CONTAINER_AGENT, nat};
use super::{PRIVATE_BUCKET, World};
use crate::book::Book;
use crate::clock::{HOUR, iso};
use crate::cloudtrail::Call;
use crate::identity::{Caller, Role};
use crate::json::obj;
use crate::place::{Account, Region};

/// The secret that opens the customer database.
pub(crate) const CRM_SECRET: &str =
    "arn:aws:secretsmanager:us-east-1:444455556666:secret:prod/crm/api-token-Zt81Kc";

/// Writes what the account's services do in the stretch.
pub(super) fn fill(world: &World, book: &mut Book) {
    for _ in 0..world.busy(book, 1_800) {
        ledger(world, book);
    }
    if let Some(at) = book.hourly(1_010) {
        sync(world, book, at);
        checkpoint(world, book, at + 740);
    }
    for account in Account::ALL {
        if let Some(at) = book.daily(5 * HOUR + 1_200 + 300 * account as i64) {
            backup(world, book, account, at);
        }
    }
    for _ in 0..world.many(book, 2_000) {
        workers(world, book);
    }
}

fn ledger(world: &World, book: &mut Book) {
    let at = book.moment(2);
    let caller = ledger_task(world, at);
    let day = iso(at)[..10].replace('-', "/");
    let key = format!("invoices/{day}/INV-{:07}.json", book.rng.below(10_000_000));
    let call = if book.rng.chance(55) {
        let bytes = book.rng.between(900, 6_000);
        super::content::put_object(&mut book.rng, PRIVATE_BUCKET, Region::East, &key, bytes)
    } else {
        let size = book.rng.between(900, 6_000);
        super::content::get_object(&mut book.rng, PRIVATE_BUCKET, Region::East, &key, size)
    };
    book.call(at, Region::East, &caller, call);
}

/// Once an hour the ledger notes how far it is.
fn checkpoint(world: &World, book: &mut Book, at: i64) {
    let caller = ledger_task(world, at);
    let key = "checkpoints/ledger.json";
    let call = super::content::put_object(&mut book.rng, PRIVATE_BUCKET, Region::East, key, 412);
    book.call(at, Region::East, &caller, call);
}

fn ledger_task(world: &World, at: i64) -> Caller {
    let role = &world.cast.billing;
    let started = world.started(&role.name, at, 6);
    role.session("ledger-task", started).from("198.51.100.71", CONTAINER_AGENT)
}

/// Once an hour the sync reads its secret.
fn sync(world: &World, book: &mut Book, at: i64) {
    let role = &world.cast.crm;
    let caller = role
        .session("crm-sync", world.started(&role.name, at, 6))
        .from("198.51.100.71", CONTAINER_AGENT);
    let call =
        Call::read("secretsmanager", "GetSecretValue").request(obj! { "secretId" => CRM_SECRET });
    book.call(at, Region::East, &caller, call);
}

fn backup(world: &World, book: &mut Book, account: Account, at: i64) {
    let role = Role::new(world.seed, account, "/service-role/", "AWSBackupDefaultServiceRole");
    let service = Caller::service(account, "backup.amazonaws.com");
    super::fleet::assume(book, at, Region::East, &service, &role, "AWSBackup-automatic");
    let caller = role.session("AWSBackup-automatic", at).invoked_by("backup.amazonaws.com");
    let database = if account == Account::Shared { "billing-ledger" } else { "support-tickets" };
    let snapshot = format!("awsbackup:job-{}", book.rng.uuid());
    let arn = format!("arn:aws:rds:us-east-1:{}:snapshot:{snapshot}", account.id());
    let call = Call::write("rds", "CreateDBSnapshot")
        .request(obj! { "dBSnapshotIdentifier" => snapshot.clone(), "dBInstanceIdentifier" => database })
        .response(obj! { "dBSnapshotIdentifier" => snapshot, "dBInstanceIdentifier" => database, "status" => "creating", "engine" => "postgres", "snapshotType" => "awsbackup", "dBSnapshotArn" => arn });
    book.call(at + 4, Region::East, &caller, call);
    book.call(
        at + 60,
        Region::East,
        &caller,
        Call::read("rds", "DescribeDBSnapshots").request(obj! { "maxRecords" => 20 }),
    );
}

/// Containers of the account at work, in both regions.
fn workers(world: &World, book: &mut Book) {
    let at = book.moment(2);
    let region = if book.rng.chance(60) { Region::East } else { Region::West };
    let name = *book.rng.pick(&["log-archiver", "metrics-forwarder", "inventory-export"]);
    let role = Role::new(world.seed, Account::Shared, "/", name);
    match book.rng.below(3) {
        0 => {
            let service = Caller::service(Account::Shared, "ecs-tasks.amazonaws.com");
            super::fleet::assume(book, at, region, &service, &role, name);
        }
        1 => {
            let caller =
                role.session(name, world.started(name, at, 6)).from(nat(region), CONTAINER_AGENT);
            let stream = format!("{name}/{}", book.rng.hex(32));
            let call = Call::write("logs", "CreateLogStream").request(
                obj! { "logGroupName" => format!("/ecs/{name}"), "logStreamName" => stream },
            );
            book.call(at, region, &caller, call);
        }
        _ => {
            let caller =
                role.session(name, world.started(name, at, 6)).from(nat(region), CONTAINER_AGENT);
            let key = super::fleet::kms_key(world, Account::Shared, region);
            let call = Call::read("kms", "Decrypt")
                .request(
                    obj! { "encryptionAlgorithm" => "SYMMETRIC_DEFAULT", "keyId" => key.clone() },
                )
                .resource("AWS::KMS::Key", key);
            book.call(at, region, &caller, call);
        }
    }
}
