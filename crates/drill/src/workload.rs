//! `workload.toml`: what the organisation declares about itself.

use crate::clock::{DAY, HOUR, iso};
use crate::place::{Account, Region};
use crate::world::{
    AGENT_ID, APP_BUCKET, ARTIFACT_BUCKET, CRM_SECRET, KnowledgeBase, MODEL, PRIVATE_BUCKET,
    SMALL_MODEL, SUMMARY_MODEL, World, guardrail_change, guardrail_id,
};

/// The file's content.
pub(crate) fn declare(world: &World) -> String {
    let mut text = String::from(
        "# What Fernhill Outdoor declares about its Gen-AI workload.\n\n[organisation]\naccounts = [\"111122223333\", \"444455556666\"]\nregions = [\"us-east-1\", \"us-west-2\"]\n\n[application]\nexposure = \"external\"\nauthentication = \"API Gateway with a Cognito user pool; guests may chat without signing in\"\n",
    );
    components(&mut text);
    roles(world, &mut text);
    stores(&mut text);
    let (change, person) = guardrail_change(world);
    text.push_str(&format!(
        "\n[[announced]]\nprincipal = \"{}\"\nfrom = \"{}\"\nto = \"{}\"\nwhat = \"CHG-4471: guardrail topics retuned in both regions\"\n",
        person.role.arn,
        iso(change - HOUR),
        iso(change + 2 * HOUR),
    ));
    debug_assert!(change < world.from + 2 * DAY);
    text
}

fn components(text: &mut String) {
    let mut component = |kind: &str, id: &str, region: Region, name: &str| {
        text.push_str(&format!(
            "\n[[component]]\nkind = \"{kind}\"\nid = \"{id}\"\naccount = \"{}\"\nregion = \"{}\"\nname = \"{name}\"\n",
            Account::Application.id(),
            region.name()
        ));
    };
    component("agent", AGENT_ID, Region::East, "returns desk");
    component("bucket", APP_BUCKET, Region::East, "attachments and web assets");
    component("bucket", ARTIFACT_BUCKET, Region::East, "build artifacts");
    for region in Region::ALL {
        let base = KnowledgeBase::of(region);
        component("knowledge-base", base.id, region, "support articles");
        component("bucket", base.bucket, region, "source of the support articles");
        component("guardrail", guardrail_id(region), region, "support assistant");
        component("function", "support-assistant-handler", region, "the assistant");
        for model in [MODEL, SMALL_MODEL, SUMMARY_MODEL, "amazon.titan-embed-text-v2:0"] {
            component("model", model, region, "in use");
        }
    }
    for function in ["ticket-summariser", "returns-desk-actions", "notification-service"] {
        component("function", function, Region::East, function);
    }
}

fn roles(world: &World, text: &mut String) {
    let cast = &world.cast;
    let mut role = |arn: &str, purpose: &str, networks: &[&str], actions: &[&str]| {
        let quoted = |list: &[&str]| {
            list.iter().map(|item| format!("\"{item}\"")).collect::<Vec<_>>().join(", ")
        };
        text.push_str(&format!(
            "\n[[role]]\narn = \"{arn}\"\npurpose = \"{purpose}\"\nnetworks = [{}]\nregions = [\"us-east-1\", \"us-west-2\"]\nactions = [{}]\n",
            quoted(networks),
            quoted(actions)
        ));
    };
    let inside = ["aws", "198.51.100.0/24", "10.20.0.0/15"];
    let office = ["192.0.2.0/24"];
    role(
        &cast.app.arn,
        "application",
        &inside,
        &["bedrock:InvokeModel", "bedrock:Retrieve", "bedrock:InvokeAgent", "s3:PutObject"],
    );
    role(&cast.summariser.arn, "application", &inside, &["bedrock:InvokeModel", "s3:GetObject"]);
    role(
        &cast.knowledge_base.arn,
        "application",
        &inside,
        &["bedrock:InvokeModel", "s3:GetObject"],
    );
    role(
        &cast.agent.arn,
        "application",
        &inside,
        &["bedrock:InvokeModel", "lambda:InvokeFunction"],
    );
    role(&cast.actions.arn, "application", &inside, &["ssm:GetParameter"]);
    role(&cast.notifications.arn, "application", &inside, &["ses:SendEmail"]);
    role(
        &cast.web.arn,
        "application",
        &inside,
        &["s3:GetObject", "secretsmanager:GetSecretValue", "ssm:UpdateInstanceInformation"],
    );
    role(&cast.pipeline.arn, "pipeline", &inside, &["s3:PutObject", "bedrock:StartIngestionJob"]);
    role(&cast.legacy.arn, "deployment", &["192.0.2.60/32"], &["s3:PutObject"]);
    role(&cast.deploy.arn, "deployment", &inside, &["cloudformation:*", "s3:PutObject"]);
    role(
        &cast.stacks.arn,
        "deployment",
        &inside,
        &["lambda:UpdateFunctionCode", "bedrock:PutModelInvocationLoggingConfiguration"],
    );
    role(&cast.stacks_shared.arn, "deployment", &inside, &["cloudtrail:PutEventSelectors"]);
    role(&cast.deploy_shared.arn, "deployment", &inside, &["cloudformation:*"]);
    role(&cast.billing.arn, "pipeline", &inside, &["s3:GetObject", "s3:PutObject"]);
    role(&cast.crm.arn, "pipeline", &inside, &["secretsmanager:GetSecretValue"]);
    role(&cast.audit.arn, "scanner", &inside, &["cloudtrail:Describe*"]);
    role(
        &cast.audited.arn,
        "scanner",
        &inside,
        &["cloudtrail:Describe*", "bedrock:GetModelInvocationLoggingConfiguration"],
    );
    for person in &cast.people {
        role(&person.role.arn, "administration", &office, &[]);
    }
    role(&cast.responder.role.arn, "responder", &office, &[]);
}

fn stores(text: &mut String) {
    let mut store = |kind: &str, id: &str, class: &str| {
        text.push_str(&format!(
            "\n[[store]]\nkind = \"{kind}\"\nid = \"{id}\"\nclass = \"{class}\"\n"
        ));
    };
    for region in Region::ALL {
        store("s3", KnowledgeBase::of(region).bucket, "data-store");
    }
    store("s3", PRIVATE_BUCKET, "private");
    store("secret", CRM_SECRET, "private");
}
