//! The support assistant: customers' conversations, retrieval, guardrail, tools.

use super::cast::{bedrock_endpoint, function_arn, in_function};
use super::{Guard, KnowledgeBase, MODEL, World};
use crate::book::Book;
use crate::clock::iso;
use crate::cloudtrail::Call;
use crate::identity::Caller;
use crate::invocation::{Invocation, Operation, Reply};
use crate::json::{Json, arr, obj};
use crate::place::{Account, Region};
use crate::rng::Rng;
use crate::text::{Facts, article, say, tokens};

pub(super) const HANDLER: &str = "support-assistant-handler";

const SYSTEM: &str = "You are Juniper, the support assistant of Fernhill Outdoor. Answer questions about orders, returns, warranty, sizing, care, payment and stock. Use only the articles in <articles> and the results of your tools; when they do not hold the answer, say so and offer a human agent. Be warm and brief, at most 150 words. Never ask for passwords or full card numbers. Do not give medical, legal or financial advice. Sign no messages.";

/// Writes the conversations of the stretch.
pub(super) fn fill(world: &World, book: &mut Book) {
    for (region, per_hour) in [(Region::East, 10_200), (Region::West, 2_000)] {
        for _ in 0..world.busy(book, per_hour) {
            conversation(world, book, region);
        }
    }
}

/// The handler's credentials, from inside the VPC to Bedrock.
pub(super) fn handler(world: &World, region: Region, secs: i64) -> Caller {
    let app = &world.cast.app;
    let environment = format!("{HANDLER}/{}", region.name());
    let caller = in_function(app, HANDLER, region, world.started(&environment, secs, 6));
    let (endpoint, address) = bedrock_endpoint(region);
    let agent = caller.user_agent.clone();
    caller.through(endpoint).from(address, agent)
}

fn tools() -> Json {
    let tool = |name: &'static str, about: &'static str, field: &'static str| {
        let schema = obj! {
            "type" => "object",
            "properties" => obj! { field => obj! { "type" => "string" } },
            "required" => arr![field],
        };
        obj! { "toolSpec" => obj! {
            "name" => name, "description" => about, "inputSchema" => obj! { "json" => schema },
        }}
    };
    obj! { "tools" => arr![
        tool("lookup_order", "Status, items and parcels of an order.", "order_number"),
        tool("create_return", "Opens a return and makes a label.", "order_number"),
        tool("check_stock", "Stock of a product by store.", "product"),
    ]}
}

/// A message of the customer.
pub(super) fn user(content: Vec<Json>) -> Json {
    obj! { "role" => "user", "content" => content }
}

fn conversation(world: &World, book: &mut Book, region: Region) {
    let mut at = book.moment(500);
    let facts = Facts::draw(&mut book.rng, &iso(at)[..10]);
    let metadata = obj! {
        "conversation" => format!("c-{}", book.rng.hex(10)),
        "channel" => *book.rng.pick(&["web-chat", "web-chat", "app", "email"]),
    };
    let streamed = book.rng.chance(70);
    let mut messages: Vec<Json> = Vec::new();
    let mut carried = tokens(SYSTEM) + 310;
    for turn in 0..=book.rng.below(3) {
        at += book.rng.between(15, 120);
        let line = if turn == 0 { "{ask}" } else { "{follow}" };
        let question = say(&mut book.rng, line, Some(&facts));
        invoked_by_gateway(world, book, region, at);
        let mut content = Vec::new();
        if turn == 0 || book.rng.chance(45) {
            let context = retrieve(world, book, region, at, &facts, &question);
            carried += tokens(&context);
            content.push(obj! { "text" => context });
        }
        carried += tokens(&question);
        content.push(obj! { "text" => question.clone() });
        messages.push(user(content));
        if book.rng.chance(30) {
            let (call, result) = tool_use(book, &facts);
            let reply = Reply {
                text: String::new(),
                tool: Some(call.clone()),
                stop: "tool_use",
                guardrail: None,
            };
            ask(world, book, region, at + 1, streamed, &messages, carried, &reply, &metadata);
            messages.push(
                obj! { "role" => "assistant", "content" => arr![obj! { "toolUse" => obj! {
                    "toolUseId" => &call.1, "name" => call.0, "input" => call.2,
                }}]},
            );
            messages.push(user(vec![obj! { "toolResult" => obj! {
                "toolUseId" => call.1, "content" => arr![obj! { "json" => result }], "status" => "success",
            }}]));
            carried += 90;
            at += 3;
        }
        let line = if turn == 0 { "{reply}" } else { "{reply2}" };
        let mut reply = Reply::text(say(&mut book.rng, line, Some(&facts)));
        if let Guard::On(id, _) = world.guard(region, at) {
            reply.guardrail = guarded(&mut book.rng, &id, &mut reply.text, &mut reply.stop);
        }
        ask(world, book, region, at + 2, streamed, &messages, carried, &reply, &metadata);
        carried += tokens(&reply.text);
        messages
            .push(obj! { "role" => "assistant", "content" => arr![obj! { "text" => reply.text }] });
    }
}

/// A guardrail that now and then blocks a topic, or an answer that no article holds.
fn guarded(rng: &mut Rng, id: &str, text: &mut String, stop: &mut &'static str) -> Option<Json> {
    let (side, policy, instead) = match rng.below(200) {
        0..=2 => {
            let filter = obj! {
                "type" => "GROUNDING", "threshold" => 0.7,
                "score" => rng.between(31, 69) as f64 / 100.0,
                "action" => "BLOCKED", "detected" => true,
            };
            let policy = obj! { "contextualGroundingPolicy" => obj! { "filters" => arr![filter] } };
            let assessments = obj! { id.to_owned() => arr![policy] };
            ("outputAssessments", assessments, "I'm not sure about that. Shall I ask a colleague?")
        }
        3 | 4 => {
            let topic = obj! {
                "name" => "Financial advice", "type" => "DENY",
                "action" => "BLOCKED", "detected" => true,
            };
            let policy = obj! { "topicPolicy" => obj! { "topics" => arr![topic] } };
            let assessment = obj! { id.to_owned() => policy };
            (
                "inputAssessment",
                assessment,
                "I can't help with that, but I'm glad to help with gear.",
            )
        }
        _ => return None,
    };
    instead.clone_into(text);
    *stop = "guardrail_intervened";
    Some(obj! { side => policy, "actionReason" => "Guardrail blocked." })
}

#[expect(clippy::too_many_arguments, reason = "the parts of one request")]
fn ask(
    world: &World,
    book: &mut Book,
    region: Region,
    at: i64,
    streamed: bool,
    messages: &[Json],
    input_tokens: i64,
    reply: &Reply,
    metadata: &Json,
) {
    let operation = if streamed { Operation::ConverseStream } else { Operation::Converse };
    let mut input = obj! {
        "messages" => messages.to_vec(),
        "system" => arr![obj! { "text" => SYSTEM }],
        "inferenceConfig" => obj! { "maxTokens" => 700, "temperature" => 0.3 },
        "toolConfig" => tools(),
    };
    let guard = world.guard(region, at);
    if let Guard::On(id, version) = &guard {
        input.push(
            "guardrailConfig",
            obj! {
                "guardrailIdentifier" => id, "guardrailVersion" => *version, "trace" => "enabled",
            },
        );
    }
    let caller = handler(world, region, at);
    let made = Invocation::converse(operation, MODEL, input, input_tokens, reply, &mut book.rng)
        .labelled(metadata.clone());
    let logged = world.logging(region, at);
    if let Guard::Broken(_) = guard {
        let message = "The guardrail identifier or version provided in the request does not exist.";
        return book.invoke(
            at,
            region,
            &caller,
            made.refused("ValidationException", message),
            logged,
        );
    }
    if book.rng.below(1000) < 14 {
        let message = "Too many requests, please wait before trying again.";
        let refused = made.clone().refused("ThrottlingException", message);
        book.invoke(at - 1, region, &caller, refused, world.logging(region, at - 1));
    }
    book.invoke(at, region, &caller, made, logged);
}

fn tool_use(book: &mut Book, facts: &Facts) -> ((&'static str, String, Json), Json) {
    let id = format!("tooluse_{}", book.rng.letters(b"ABCDEFGHabcdefgh0123456789_-", 22));
    match book.rng.below(4) {
        0 => {
            let result = obj! {
                "return" => format!("{}-R1", facts.order), "label" => "emailed", "refund" => &facts.amount,
            };
            (("create_return", id, obj! { "order_number" => &facts.order }), result)
        }
        1 => {
            let result = obj! { "product" => &facts.product, "store" => facts.city,
            "available" => book.rng.between(0, 6) };
            (("check_stock", id, obj! { "product" => &facts.product }), result)
        }
        _ => {
            let status =
                *book.rng.pick(&["shipped", "delivered", "packed", "in_transit", "backorder"]);
            let result = obj! {
                "order" => &facts.order, "status" => status, "tracking" => &facts.tracking,
                "total" => &facts.amount, "ship_to" => facts.city,
            };
            (("lookup_order", id, obj! { "order_number" => &facts.order }), result)
        }
    }
}

fn invoked_by_gateway(world: &World, book: &mut Book, region: Region, at: i64) {
    let gateway = Caller::service(Account::Application, "apigateway.amazonaws.com");
    let arn = function_arn(region, HANDLER);
    let stage = if region == Region::East { "k3v9x1b7qd" } else { "p8t2m5c4wz" };
    let source = format!(
        "arn:aws:execute-api:{}:{}:{stage}/prod/POST/chat",
        region.name(),
        Account::Application.id()
    );
    let call = Call::write("lambda", "Invoke")
        .data()
        .request(obj! {
            "functionName" => &arn, "invocationType" => "RequestResponse", "sourceArn" => source,
        })
        .additional(obj! {
            "functionVersion" => format!("{arn}:{}", 41 + (at - world.from) / 86_400),
        })
        .resource("AWS::Lambda::Function", arn.clone());
    book.call(at, region, &gateway, call);
}

/// Searches the knowledge base: the search, the embedding of the question, the articles found.
fn retrieve(
    world: &World,
    book: &mut Book,
    region: Region,
    at: i64,
    facts: &Facts,
    question: &str,
) -> String {
    let results = book.rng.between(2, 3);
    book.call(at, region, &handler(world, region, at), search(region, results));
    embed(world, book, region, at, question);
    let bucket = KnowledgeBase::of(region).bucket;
    let mut context = String::from("<articles>");
    let first = book.rng.below(5);
    for number in 0..results.unsigned_abs() {
        let mut found = article(world.seed, facts.topic, first + number);
        if let Some(planted) = world.planted(region, at, &found.key) {
            planted.clone_into(&mut found.text);
        }
        context.push_str(&format!("\n[s3://{bucket}/{}]\n{}", found.key, found.text));
    }
    context.push_str("\n</articles>");
    context
}

/// A search in the knowledge base; CloudTrail never has what was searched for.
pub(super) fn search(region: Region, results: i64) -> Call {
    let id = KnowledgeBase::of(region).id;
    let account = Account::Application.id();
    let arn = format!("arn:aws:bedrock:{}:{account}:knowledge-base/{id}", region.name());
    Call::read("bedrock", "Retrieve")
        .data()
        .host("bedrock-agent-runtime")
        .request(obj! {
            "knowledgeBaseId" => id,
            "retrievalQuery" => "HIDDEN_DUE_TO_SECURITY_REASONS",
            "retrievalConfiguration" => obj! {
                "vectorSearchConfiguration" => obj! { "numberOfResults" => results },
            },
        })
        .resource("AWS::Bedrock::KnowledgeBase", arn)
}

/// The knowledge base embeds a text with its own role, through Bedrock.
pub(super) fn embed(world: &World, book: &mut Book, region: Region, at: i64, text: &str) {
    let role = &world.cast.knowledge_base;
    let caller = role
        .session("bedrock-knowledge-base", world.started(&role.name, at, 1))
        .invoked_by("bedrock.amazonaws.com");
    let logged = world.logging(region, at);
    book.invoke(at, region, &caller, Invocation::embedding(text), logged);
}
