//! Looking around: who am I, what is here, which models, who watches.

use super::{Hands, Hours};
use crate::cloudtrail::Call;
use crate::identity::Caller;
use crate::json::{Json, obj};
use crate::place::Region;
use crate::scenario::Story;
use crate::world::{AGENT_ID, KnowledgeBase, guardrail_id};

const PROVES: &[&str] = &["ai-reconnaissance", "access-unauthorized-use"];

pub(super) fn tell(story: &mut Story<'_>, hands: &Hands, hours: &Hours) {
    let mut at = hours.begin;
    story.step(at, "the exposed key is tried from a foreign address", &["access-unauthorized-use"]);
    story.book.call(at, Region::East, &hands.first, Call::read("sts", "GetCallerIdentity"));
    at += 26;
    identity(story, &hands.first, &mut at);
    surroundings(story, &hands.first, &mut at);
    story.step(at, "the components of Bedrock are enumerated in us-east-1", PROVES);
    bedrock(story, &hands.first, Region::East, &mut at);
    story.step(at, "the components of Bedrock are enumerated in us-west-2", PROVES);
    bedrock(story, &hands.second, Region::West, &mut at);
}

fn run(story: &mut Story<'_>, caller: &Caller, region: Region, at: &mut i64, calls: Vec<Call>) {
    for call in calls {
        story.book.call(*at, region, caller, call);
        *at += story.book.rng.between(1, 9);
    }
}

fn denied(caller: &Caller, service: &'static str, name: &'static str) -> Call {
    let message = format!(
        "User: {} is not authorized to perform: {service}:{name} with an explicit deny in a service control policy",
        caller.arn
    );
    Call::read(service, name).error("AccessDenied", message)
}

fn identity(story: &mut Story<'_>, caller: &Caller, at: &mut i64) {
    story.step(*at, "users, roles and policies of the account are listed", PROVES);
    let user = "ci-deploy-legacy";
    let calls = vec![
        Call::read("iam", "GetUser"),
        Call::read("iam", "ListAttachedUserPolicies").request(obj! { "userName" => user }),
        Call::read("iam", "ListUserPolicies").request(obj! { "userName" => user }),
        Call::read("iam", "ListGroupsForUser").request(obj! { "userName" => user }),
        Call::read("iam", "ListAccessKeys").request(obj! { "userName" => user }),
        Call::read("iam", "ListUsers"),
        Call::read("iam", "ListRoles"),
        Call::read("iam", "GetAccountSummary"),
        Call::read("iam", "GetRole").request(obj! { "roleName" => "support-assistant-app" }),
        Call::read("iam", "ListAttachedRolePolicies")
            .request(obj! { "roleName" => "support-assistant-app" }),
    ];
    run(story, caller, Region::East, at, calls);
}

fn surroundings(story: &mut Story<'_>, caller: &Caller, at: &mut i64) {
    let bucket = KnowledgeBase::of(Region::East).bucket;
    story.step(
        *at,
        "doors are tried that the organisation keeps shut",
        &["access-probing", "access-unauthorized-use"],
    );
    let calls = vec![
        denied(caller, "organizations", "DescribeOrganization"),
        denied(caller, "organizations", "ListAccounts"),
        denied(caller, "ce", "GetCostAndUsage"),
        denied(caller, "account", "GetContactInformation"),
        denied(caller, "iam", "GetAccountAuthorizationDetails"),
        denied(caller, "servicequotas", "ListServiceQuotas"),
    ];
    run(story, caller, Region::East, at, calls);
    story.step(*at, "buckets and the mail service are looked at", &["access-unauthorized-use"]);
    let calls = vec![
        Call::read("s3", "ListBuckets").request(obj! { "Host" => "s3.us-east-1.amazonaws.com" }),
        Call::read("s3", "GetBucketLocation")
            .host(format!("{bucket}.s3"))
            .request(obj! { "bucketName" => bucket, "location" => "", "Host" => format!("{bucket}.s3.us-east-1.amazonaws.com") })
            .resource("AWS::S3::Bucket", format!("arn:aws:s3:::{bucket}")),
        Call::read("ses", "GetSendQuota"),
        Call::read("ses", "ListIdentities").request(obj! { "identityType" => "Domain" }),
    ];
    run(story, caller, Region::East, at, calls);
}

fn bedrock(story: &mut Story<'_>, caller: &Caller, region: Region, at: &mut i64) {
    let base = KnowledgeBase::of(region);
    let agent = |name| Call::read("bedrock", name).host("bedrock-agent");
    let mut calls = vec![
        Call::read("bedrock", "ListFoundationModels"),
        Call::read("bedrock", "ListCustomModels"),
        Call::read("bedrock", "ListProvisionedModelThroughputs"),
        Call::read("bedrock", "ListInferenceProfiles"),
        Call::read("bedrock", "ListGuardrails"),
        Call::read("bedrock", "GetGuardrail")
            .request(obj! { "guardrailIdentifier" => guardrail_id(region) }),
        agent("ListKnowledgeBases").request(obj! { "maxResults" => 100 }),
        agent("GetKnowledgeBase").request(obj! { "knowledgeBaseId" => base.id }),
        agent("ListAgents").request(obj! { "maxResults" => 100 }),
        Call::read("bedrock", "GetModelInvocationLoggingConfiguration"),
        Call::read("bedrock", "GetUseCaseForModelAccess")
            .error("ResourceNotFoundException", "Could not find the use case for the account."),
    ];
    if region == Region::East {
        calls.push(agent("ListDataSources").request(obj! { "knowledgeBaseId" => base.id }));
        calls
            .push(agent("GetDataSource").request(
                obj! { "knowledgeBaseId" => base.id, "dataSourceId" => base.data_source },
            ));
        calls.push(agent("GetAgent").request(obj! { "agentId" => AGENT_ID }));
    }
    for model in super::abuse::FOREIGN {
        let base = model.trim_start_matches("us.");
        calls.push(availability(base));
    }
    run(story, caller, region, at, calls);
    let call = Call::read("aoss", "ListCollections").request(Json::Null);
    run(story, caller, region, at, vec![call]);
}

/// Whether a model can be used; the console asks this, and so do those who want to use it.
pub(super) fn availability(model: &str) -> Call {
    Call::read("bedrock", "GetFoundationModelAvailability")
        .request(obj! { "modelId" => model.to_owned() })
}
