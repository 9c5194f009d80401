//! The returns agent: a Bedrock agent whose action group is a function.

use super::cast::{function_arn, in_function};
use super::{AGENT_ALIAS, AGENT_ID, MODEL, World};
use crate::book::Book;
use crate::clock::iso;
use crate::cloudtrail::Call;
use crate::identity::Caller;
use crate::invocation::{Invocation, Operation, Reply};
use crate::json::{arr, obj};
use crate::place::{Account, Region};
use crate::text::{Facts, say, tokens};

/// The function behind the agent's action group.
pub(super) const ACTIONS: &str = "returns-desk-actions";

const INSTRUCTION: &str = "You are the returns desk of Fernhill Outdoor. Decide whether a return is allowed, open it with the action group ReturnsDesk, and tell the customer what happens next. Never promise a refund above the order total.";

/// Writes the agent's sessions of the stretch.
pub(super) fn fill(world: &World, book: &mut Book) {
    for _ in 0..world.busy(book, 2_100) {
        session(world, book);
    }
}

fn session(world: &World, book: &mut Book) {
    let region = Region::East;
    let at = book.moment(40);
    let facts = Facts::draw(&mut book.rng, &iso(at)[..10]);
    let session_id = book.rng.uuid();
    let caller = super::assistant::handler(world, region, at);
    let alias = format!(
        "arn:aws:bedrock:{}:{}:agent-alias/{AGENT_ID}/{AGENT_ALIAS}",
        region.name(),
        Account::Application.id()
    );
    let call = Call::read("bedrock", "InvokeAgent")
        .data()
        .host("bedrock-agent-runtime")
        .request(obj! {
            "agentId" => AGENT_ID,
            "agentAliasId" => AGENT_ALIAS,
            "sessionId" => session_id.clone(),
            "inputText" => "HIDDEN_DUE_TO_SECURITY_REASONS",
        })
        .resource("AWS::Bedrock::AgentAlias", alias);
    book.call(at, region, &caller, call);

    let role = &world.cast.agent;
    let agent = role
        .session(&format!("BedrockAgents-{}", &session_id[..8]), at - 1)
        .invoked_by("bedrock.amazonaws.com");
    let question = say(&mut book.rng, "{ask}", Some(&facts));
    let tool = format!("tooluse_{}", book.rng.letters(b"ABCDEFGHabcdefgh0123456789_-", 22));
    let arguments = obj! { "order_number" => &facts.order, "reason" => facts.topic.name() };
    let mut messages =
        vec![obj! { "role" => "user", "content" => arr![obj! { "text" => question.clone() }] }];
    let wants = Reply {
        text: String::new(),
        tool: Some(("ReturnsDesk__openReturn", tool.clone(), arguments.clone())),
        stop: "tool_use",
        guardrail: None,
    };
    let input = |messages: Vec<crate::json::Json>| {
        obj! {
            "messages" => messages,
            "system" => arr![obj! { "text" => INSTRUCTION }],
            "inferenceConfig" => obj! { "maxTokens" => 2048, "temperature" => 0 },
        }
    };
    let size = tokens(&question) + tokens(INSTRUCTION) + 120;
    let made = Invocation::converse(
        Operation::Converse,
        MODEL,
        input(messages.clone()),
        size,
        &wants,
        &mut book.rng,
    );
    book.invoke(at + 1, region, &agent, made, world.logging(region, at + 1));
    act(world, book, region, at + 4);

    messages.push(obj! { "role" => "assistant", "content" => arr![obj! { "toolUse" => obj! {
        "toolUseId" => tool.clone(), "name" => "ReturnsDesk__openReturn", "input" => arguments,
    }}]});
    let result =
        obj! { "return" => format!("{}-R1", facts.order), "allowed" => book.rng.chance(85) };
    messages.push(obj! { "role" => "user", "content" => arr![obj! { "toolResult" => obj! {
        "toolUseId" => tool, "content" => arr![obj! { "json" => result }], "status" => "success",
    }}]});
    let reply = Reply::text(say(&mut book.rng, "{reply2}", Some(&facts)));
    let made = Invocation::converse(
        Operation::Converse,
        MODEL,
        input(messages),
        size + 80,
        &reply,
        &mut book.rng,
    );
    book.invoke(at + 6, region, &agent, made, world.logging(region, at + 6));
}

/// Bedrock calls the action group's function, which notes the return.
fn act(world: &World, book: &mut Book, region: Region, at: i64) {
    let bedrock = Caller::service(Account::Application, "bedrock.amazonaws.com");
    let arn = function_arn(region, ACTIONS);
    let agent =
        format!("arn:aws:bedrock:{}:{}:agent/{AGENT_ID}", region.name(), Account::Application.id());
    let call = Call::write("lambda", "Invoke")
        .data()
        .request(obj! { "functionName" => &arn, "invocationType" => "RequestResponse", "sourceArn" => agent })
        .additional(obj! { "functionVersion" => format!("{arn}:$LATEST") })
        .resource("AWS::Lambda::Function", arn.clone());
    book.call(at, region, &bedrock, call);
    if book.rng.chance(20) {
        let role = &world.cast.actions;
        let caller = in_function(role, ACTIONS, region, world.started(&role.name, at, 4));
        let name = "/fernhill/returns/policy-version";
        let call = Call::read("ssm", "GetParameter")
            .request(obj! { "name" => name, "withDecryption" => false })
            .resource(
                "AWS::SSM::Parameter",
                format!(
                    "arn:aws:ssm:{}:{}:parameter{name}",
                    region.name(),
                    Account::Application.id()
                ),
            );
        book.call(at, region, &caller, call);
    }
}
