//! Models of others, for others: access requested, the guardrail and the log removed, inference.

use super::{Hands, Hours, words};
use crate::clock::HOUR;
use crate::cloudtrail::Call;
use crate::identity::Caller;
use crate::invocation::{Invocation, Operation};
use crate::json::{Json, arr, obj};
use crate::place::{Account, Region};
use crate::scenario::Story;
use crate::text::tokens;
use crate::world::guardrail_id;

/// Models that the application has never used.
pub(super) const FOREIGN: [&str; 3] =
    ["us.anthropic.claude-opus-4-7", "us.deepseek.r1-v1:0", "us.mistral.pixtral-large-2502-v1:0"];

const INVOKES: &[&str] = &[
    "invocation-unauthorized",
    "invocation-content",
    "invocation-volume",
    "access-unauthorized-use",
];
const INVOKES_UNSEEN: &[&str] =
    &["invocation-unauthorized", "invocation-volume", "access-unauthorized-use"];

pub(super) fn tell(story: &mut Story<'_>, hands: &Hands, hours: &Hours) {
    model_access(story, &hands.first, hours.begin + 20 * 60);
    story.step(
        hours.begin + 17 * 60,
        "the first invocation is refused: the model is not enabled yet",
        &["access-probing", "invocation-unauthorized"],
    );
    let text = "Say hi";
    let made = claude(story, text, "", false);
    let message = "You don't have access to the model with the specified model ID.";
    let refused = made.refused("AccessDeniedException", message);
    story.book.invoke(hours.begin + 17 * 60, Region::East, &hands.first, refused, true);

    story.step(
        hours.begin + 36 * 60,
        "models that the application never used are invoked",
        INVOKES,
    );
    let mut at = hours.begin + 36 * 60;
    for _ in 0..24 {
        at += story.book.rng.between(20, 140);
        strangers(story, &hands.first, Region::East, at);
    }
    guardrail(story, &hands.first, hours.guardrail_deleted);
    story.step(
        hours.guardrail_deleted + 240,
        "rules are talked away, to see what a model then says",
        &["invocation-injection", "invocation-content", "invocation-unauthorized"],
    );
    let mut at = hours.guardrail_deleted + 240;
    for prompt in words::JAILBREAKS {
        at += story.book.rng.between(30, 110);
        let made = claude(
            story,
            prompt,
            "I can't take on that role, but I can help you with the text itself. Here is a version that stays within honest bounds...",
            false,
        );
        story.book.invoke(at, Region::East, &hands.first, made, true);
    }
    logging(story, &hands.first, hours.logging_deleted);

    story.step(
        hours.logging_deleted + 1_500,
        "inference goes on without a log, from a second address",
        INVOKES_UNSEEN,
    );
    let mut at = hours.logging_deleted + 1_500;
    while at < hours.logging_deleted + 9 * HOUR {
        at += story.book.rng.between(60, 330);
        strangers(story, &hands.second, Region::East, at);
    }
    let mut at = hours.logging_deleted + 2 * HOUR;
    story.step(at, "and in us-west-2, where invocation logging was forgotten", INVOKES);
    for _ in 0..18 {
        at += story.book.rng.between(60, 600);
        strangers(story, &hands.second, Region::West, at);
    }
    story.step(hours.quarantined + 500, "the quarantined key is refused", &["access-probing"]);
    let mut at = hours.quarantined + 500;
    for _ in 0..7 {
        at += story.book.rng.between(20, 400);
        let message = format!(
            "User: {} is not authorized to perform: bedrock:InvokeModelWithResponseStream on resource: arn:aws:bedrock:us-east-1:{}:inference-profile/{} with an explicit deny in an identity-based policy",
            hands.second.arn,
            Account::Application.id(),
            FOREIGN[0]
        );
        let made = claude(story, "hello", "", true).refused("AccessDenied", message);
        story.book.invoke(at, Region::East, &hands.second, made, true);
    }
    let backdoor = hands.backdoor();
    let mut at = hours.quarantined + 2_400;
    story.step(
        at,
        "the second key takes over: inference continues",
        &[
            "access-continued",
            "access-unauthorized-use",
            "invocation-unauthorized",
            "invocation-volume",
        ],
    );
    story.book.call(at, Region::East, &backdoor, Call::read("sts", "GetCallerIdentity"));
    story.book.call(at + 9, Region::East, &backdoor, Call::read("bedrock", "ListFoundationModels"));
    while at < hours.last - 900 {
        at += story.book.rng.between(120, 900);
        strangers(story, &backdoor, Region::East, at);
    }
    story.step(hours.last, "and is still in use when the evidence ends", &["access-continued"]);
    strangers(story, &backdoor, Region::East, hours.last - 60);
    story.book.call(hours.last, Region::East, &backdoor, Call::read("sts", "GetCallerIdentity"));
}

fn model_access(story: &mut Story<'_>, caller: &Caller, begin: i64) {
    let region = Region::East;
    let mut at = begin;
    story.step(
        at,
        "access to models of other providers is requested and granted",
        &["ai-model-access", "access-unauthorized-use"],
    );
    let form = story
        .book
        .rng
        .letters(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", 220);
    let call =
        Call::write("bedrock", "PutUseCaseForModelAccess").request(obj! { "formData" => form });
    story.book.call(at, region, caller, call);
    for model in FOREIGN {
        let base = model.trim_start_matches("us.");
        at += story.book.rng.between(8, 30);
        let offers = obj! { "modelId" => base.to_owned(), "offerType" => "ALL" };
        story.book.call(
            at,
            region,
            caller,
            Call::read("bedrock", "ListFoundationModelAgreementOffers").request(offers),
        );
        at += 4;
        let agreement = Call::write("bedrock", "CreateFoundationModelAgreement")
            .request(obj! { "modelId" => base.to_owned(), "offerToken" => "HIDDEN_DUE_TO_SECURITY_REASONS" })
            .response(obj! { "modelId" => base.to_owned() });
        story.book.call(at, region, caller, agreement);
        at += 3;
        let entitlement = Call::write("bedrock", "PutFoundationModelEntitlement")
            .request(obj! { "modelId" => base.to_owned() })
            .response(obj! { "status" => "SUCCESS" });
        story.book.call(at, region, caller, entitlement);
        for _ in 0..story.book.rng.between(4, 9) {
            at += 10;
            story.book.call(at, region, caller, super::recon::availability(base));
        }
    }
}

fn guardrail(story: &mut Story<'_>, caller: &Caller, at: i64) {
    let region = Region::East;
    story.step(
        at,
        "the application's guardrail is deleted",
        &["ai-guardrails", "access-unauthorized-use"],
    );
    story.book.call(at - 31, region, caller, Call::read("bedrock", "ListGuardrails"));
    let call = Call::write("bedrock", "DeleteGuardrail")
        .request(obj! { "guardrailIdentifier" => guardrail_id(region) });
    story.book.call(at, region, caller, call);
}

fn logging(story: &mut Story<'_>, caller: &Caller, at: i64) {
    let region = Region::East;
    story.step(
        at,
        "invocation logging is removed in us-east-1",
        &["ai-invocation-logging", "invocation-logging-window", "access-unauthorized-use"],
    );
    story.book.call(
        at - 44,
        region,
        caller,
        Call::read("bedrock", "GetModelInvocationLoggingConfiguration"),
    );
    story.book.call(
        at,
        region,
        caller,
        Call::write("bedrock", "DeleteModelInvocationLoggingConfiguration"),
    );
}

/// One request of whoever bought the key.
fn strangers(story: &mut Story<'_>, caller: &Caller, region: Region, at: i64) {
    let rng = &mut story.book.rng;
    let (prompt, answer) = words::exchange(rng);
    let streamed = rng.chance(75);
    let logged = story.world.logging(region, at);
    let made = match rng.below(10) {
        0..=6 => claude(story, &prompt, &answer, streamed),
        7 | 8 => other(story, FOREIGN[1], &prompt, &answer),
        _ => other(story, FOREIGN[2], &prompt, &answer),
    };
    story.book.invoke(at, region, caller, made, logged);
}

fn claude(story: &mut Story<'_>, prompt: &str, answer: &str, streamed: bool) -> Invocation {
    let operation =
        if streamed { Operation::InvokeModelWithResponseStream } else { Operation::InvokeModel };
    let input = obj! {
        "anthropic_version" => "bedrock-2023-05-31",
        "max_tokens" => 4096,
        "messages" => arr![obj! { "role" => "user", "content" => prompt.to_owned() }],
    };
    Invocation::claude(operation, FOREIGN[0], input, tokens(prompt), answer, &mut story.book.rng)
}

fn other(story: &mut Story<'_>, model: &'static str, prompt: &str, answer: &str) -> Invocation {
    let input: Json = obj! {
        "messages" => arr![obj! { "role" => "user", "content" => arr![obj! { "text" => prompt.to_owned() }] }],
        "inferenceConfig" => obj! { "maxTokens" => 4096 },
    };
    let reply = crate::invocation::Reply::text(answer);
    Invocation::converse(
        Operation::Converse,
        model,
        input,
        tokens(prompt),
        &reply,
        &mut story.book.rng,
    )
}
