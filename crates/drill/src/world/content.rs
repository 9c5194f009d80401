//! The content pipeline: articles published to the knowledge base at night.

use super::cast::{CONTAINER_AGENT, nat};
use super::{APP_BUCKET, KnowledgeBase, World};
use crate::book::Book;
use crate::clock::{HOUR, iso};
use crate::cloudtrail::{Call, s3_object};
use crate::identity::Caller;
use crate::json::{Json, obj};
use crate::place::{Account, Region};
use crate::rng::Rng;
use crate::text::{article, every};

/// Writes the nightly publication, and the daytime uploads of attachments.
pub(super) fn fill(world: &World, book: &mut Book) {
    for region in Region::ALL {
        if let Some(at) = book.daily(3 * HOUR + 900 + 1_500 * region as i64) {
            publish(world, book, region, at);
        }
    }
    for _ in 0..world.busy(book, 1_000) {
        attachment(world, book);
    }
}

/// What S3 adds to an object's data event.
pub(crate) fn s3_additional(rng: &mut Rng, bytes_in: i64, bytes_out: i64) -> Json {
    obj! {
        "SignatureVersion" => "SigV4",
        "CipherSuite" => "TLS_AES_128_GCM_SHA256",
        "bytesTransferredIn" => bytes_in,
        "AuthenticationMethod" => "AuthHeader",
        "x-amz-id-2" => rng.letters(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", 24),
        "bytesTransferredOut" => bytes_out,
    }
}

fn asked(bucket: &'static str, region: Region, key: &str) -> Json {
    obj! {
        "bucketName" => bucket,
        "Host" => format!("{bucket}.s3.{}.amazonaws.com", region.name()),
        "key" => key.to_owned(),
    }
}

/// An upload, as S3 records it.
pub(crate) fn put_object(
    rng: &mut Rng,
    bucket: &'static str,
    region: Region,
    key: &str,
    bytes: i64,
) -> Call {
    s3_object(Call::write("s3", "PutObject"), bucket, key)
        .request(asked(bucket, region, key))
        .response(obj! { "x-amz-server-side-encryption" => "AES256" })
        .additional(s3_additional(rng, bytes, 0))
}

/// A download, as S3 records it.
pub(crate) fn get_object(
    rng: &mut Rng,
    bucket: &'static str,
    region: Region,
    key: &str,
    bytes: i64,
) -> Call {
    s3_object(Call::read("s3", "GetObject"), bucket, key)
        .request(asked(bucket, region, key))
        .additional(s3_additional(rng, 0, bytes))
}

/// The start of an ingestion job, as Bedrock answers it.
pub(crate) fn start_ingestion(region: Region, job: &str, secs: i64) -> Call {
    let KnowledgeBase { id, data_source, .. } = KnowledgeBase::of(region);
    Call::write("bedrock", "StartIngestionJob")
        .host("bedrock-agent")
        .request(obj! { "knowledgeBaseId" => id, "dataSourceId" => data_source })
        .response(obj! { "ingestionJob" => obj! {
            "knowledgeBaseId" => id,
            "dataSourceId" => data_source,
            "ingestionJobId" => job.to_owned(),
            "status" => "STARTING",
            "startedAt" => iso(secs),
            "updatedAt" => iso(secs),
        }})
}

/// A look at an ingestion job.
pub(crate) fn get_ingestion(region: Region, job: &str) -> Call {
    let KnowledgeBase { id, data_source, .. } = KnowledgeBase::of(region);
    Call::read("bedrock", "GetIngestionJob").host("bedrock-agent").request(obj! {
        "knowledgeBaseId" => id,
        "dataSourceId" => data_source,
        "ingestionJobId" => job.to_owned(),
    })
}

/// What an ingestion job does with each document: read it, embed it.
pub(crate) fn ingest(
    world: &World,
    book: &mut Book,
    region: Region,
    at: i64,
    key: &str,
    text: &str,
) {
    let role = &world.cast.knowledge_base;
    let caller = role
        .session("bedrock-knowledge-base", world.started(&role.name, at, 1))
        .invoked_by("bedrock.amazonaws.com");
    let bucket = KnowledgeBase::of(region).bucket;
    let call = get_object(&mut book.rng, bucket, region, key, text.len() as i64);
    book.call(at, region, &caller, call);
    super::assistant::embed(world, book, region, at + 1, text);
}

fn publish(world: &World, book: &mut Book, region: Region, at: i64) {
    let bucket = KnowledgeBase::of(region).bucket;
    let role = &world.cast.pipeline;
    let caller = role.session("kb-publisher", at - 40).from(nat(region), CONTAINER_AGENT);
    container_starts(world, book, region, at - 40);
    let mut secs = at;
    let mut changed = Vec::new();
    for (topic, number) in every() {
        if book.rng.chance(35) {
            changed.push(article(world.seed, topic, number));
        }
    }
    for document in &changed {
        secs += book.rng.between(1, 4);
        let call =
            put_object(&mut book.rng, bucket, region, &document.key, document.text.len() as i64);
        book.call(secs, region, &caller, call);
    }
    secs += 5;
    let job = book.rng.aws_id("")[..10].to_owned();
    book.call(secs, region, &caller, start_ingestion(region, &job, secs));
    let started = secs;
    for document in &changed {
        secs += book.rng.between(1, 5);
        ingest(world, book, region, secs, &document.key, &document.text);
    }
    for poll in 1..=(secs - started) / 30 + 1 {
        book.call(started + poll * 30, region, &caller, get_ingestion(region, &job));
    }
}

/// The scheduler starts the pipeline's container, which takes its role.
fn container_starts(world: &World, book: &mut Book, region: Region, at: i64) {
    let role = &world.cast.pipeline;
    let ecs = Caller::service(Account::Application, "ecs-tasks.amazonaws.com");
    super::fleet::assume(book, at, region, &ecs, role, "kb-publisher");
}

fn attachment(world: &World, book: &mut Book) {
    let at = book.moment(2);
    let region = Region::East;
    let started = world.started("support-assistant-handler/us-east-1", at, 6);
    let caller =
        super::cast::in_function(&world.cast.app, super::assistant::HANDLER, region, started);
    let kind = *book.rng.pick(&["jpg", "jpg", "png", "pdf", "heic"]);
    let key = format!("uploads/{}/{}.{kind}", iso(at)[..10].replace('-', "/"), book.rng.hex(16));
    let bytes = book.rng.between(40_000, 4_000_000);
    let call = put_object(&mut book.rng, APP_BUCKET, region, &key, bytes);
    book.call(at, region, &caller, call);
}
