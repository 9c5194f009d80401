//! The desk behind the assistant: mails sorted, tickets summarised, models watched.

use super::assistant::{embed, handler, search, user};
use super::cast::in_function;
use super::{APP_BUCKET, KnowledgeBase, SMALL_MODEL, SUMMARY_MODEL, World};
use crate::book::Book;
use crate::clock::{HOUR, iso};
use crate::invocation::{Invocation, Operation, Reply};
use crate::json::{arr, obj};
use crate::place::Region;
use crate::text::{Facts, say, tokens};

/// Writes the desk's work of the stretch.
pub(super) fn fill(world: &World, book: &mut Book) {
    for (region, per_hour) in [(Region::East, 5_600), (Region::West, 1_100)] {
        for _ in 0..world.busy(book, per_hour) {
            triage(world, book, region);
        }
        if let Some(at) = book.hourly(671 + 8 * region as i64) {
            canary(world, book, region, at);
        }
    }
    for _ in 0..world.busy(book, 5_000) {
        summary(world, book);
    }
    if let Some(at) = book.daily(9 * HOUR + 1_260) {
        long_thread(world, book, at);
    }
}

/// A customer's mail is sorted before anyone reads it.
fn triage(world: &World, book: &mut Book, region: Region) {
    let at = book.moment(5);
    let facts = Facts::draw(&mut book.rng, &iso(at)[..10]);
    let text = say(&mut book.rng, "{ask}", Some(&facts));
    let input = obj! {
        "messages" => arr![user(vec![obj! { "text" => text.clone() }])],
        "system" => arr![obj! { "text" => "Sort the message into one of: delivery, return, warranty, sizing, care, payment, account, stock, other. Answer with JSON: {\"topic\": ..., \"urgent\": true|false}." }],
        "inferenceConfig" => obj! { "maxTokens" => 40, "temperature" => 0 },
    };
    let answer =
        format!("{{\"topic\": \"{}\", \"urgent\": {}}}", facts.topic.name(), book.rng.chance(18));
    let made = Invocation::converse(
        Operation::Converse,
        SMALL_MODEL,
        input,
        tokens(&text) + 60,
        &Reply::text(answer),
        &mut book.rng,
    );
    book.invoke(at, region, &handler(world, region, at), made, world.logging(region, at));
}

/// The function that watches, every hour, whether models answer and articles are found.
fn canary(world: &World, book: &mut Book, region: Region, at: i64) {
    let input = obj! {
        "messages" => arr![user(vec![obj! { "text" => "Reply with the single word OK." }])],
        "inferenceConfig" => obj! { "maxTokens" => 8 },
    };
    let made = Invocation::converse(
        Operation::Converse,
        SMALL_MODEL,
        input,
        9,
        &Reply::text("OK"),
        &mut book.rng,
    );
    let function = "support-assistant-canary";
    let caller = in_function(
        &world.cast.app,
        function,
        region,
        world.started(&format!("{function}/{}", region.name()), at, 4),
    );
    book.invoke(at, region, &caller, made, world.logging(region, at));
    book.call(at + 2, region, &caller, search(region, 1));
    embed(world, book, region, at + 2, "how long do I have to return an item?");
    let bucket = KnowledgeBase::of(region).bucket;
    let call = super::content::get_object(&mut book.rng, bucket, region, "manifest.json", 2_871);
    book.call(at + 5, region, &caller, call);
}

/// A closed ticket is summarised for the staff; attachments are read from the application's bucket.
fn summary(world: &World, book: &mut Book) {
    let at = book.moment(8);
    let facts = Facts::draw(&mut book.rng, &iso(at)[..10]);
    let mut thread = String::new();
    for _ in 0..book.rng.between(2, 5) {
        let line =
            *book.rng.pick(&["Customer: {ask}\n", "Customer: {follow}\n", "Agent: {reply}\n"]);
        thread.push_str(&say(&mut book.rng, line, Some(&facts)));
    }
    let text = say(
        &mut book.rng,
        "{name} from {city} contacted us about a {topic} matter on order {order} ({product}). {fix} The customer was offered this: {caveat}",
        Some(&facts),
    );
    summarise(world, book, at, &thread, &text, &facts);
}

fn summarise(world: &World, book: &mut Book, at: i64, thread: &str, text: &str, facts: &Facts) {
    let input = obj! {
        "anthropic_version" => "bedrock-2023-05-31",
        "max_tokens" => 300,
        "temperature" => 0.2,
        "system" => "Summarise the support thread in three sentences for the next agent. Keep order numbers.",
        "messages" => arr![obj! { "role" => "user", "content" => arr![obj! { "type" => "text", "text" => thread.to_owned() }] }],
    };
    let role = &world.cast.summariser;
    let caller =
        in_function(role, "ticket-summariser", Region::East, world.started(&role.name, at, 5));
    if book.rng.chance(35) {
        let key = format!("threads/{}/{}.json", iso(at)[..10].replace('-', "/"), facts.order);
        let call = super::content::get_object(&mut book.rng, APP_BUCKET, Region::East, &key, 4_211);
        book.call(at - 1, Region::East, &caller, call);
    }
    let made = Invocation::claude(
        Operation::InvokeModel,
        SUMMARY_MODEL,
        input,
        tokens(thread) + 30,
        text,
        &mut book.rng,
    );
    book.invoke(at, Region::East, &caller, made, world.logging(Region::East, at));
}

/// Once a day a whole thread is summarised that is too long for the invocation log.
fn long_thread(world: &World, book: &mut Book, at: i64) {
    let facts = Facts::draw(&mut book.rng, &iso(at)[..10]);
    let mut thread = String::with_capacity(120_000);
    while thread.len() < 104_000 {
        let line = *book.rng.pick(&[
            "Customer: {ask}\n",
            "Agent: {reply}\n",
            "Customer: {follow}\n",
            "Agent: {reply2}\n",
        ]);
        thread.push_str(&say(&mut book.rng, line, Some(&facts)));
    }
    let text = say(
        &mut book.rng,
        "A long exchange with {name} {surname} about {order}. {fix} {policy}",
        Some(&facts),
    );
    summarise(world, book, at, &thread, &text, &facts);
}
