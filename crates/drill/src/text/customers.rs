//! What customers write.

use super::Topic;

const ASK: &[&str] = &[
    "{hello} {problem} {detail} {bye}",
    "{hello} {problem} {mood}. {bye}",
    "{problem} {detail} {mood}. {bye}",
    "{hello} {mood}. {problem} {want} {bye}",
    "{problem} {want}",
    "{hello} {detail} {problem} {want} {bye}",
    "{problem}",
    "Order {order}: {problem} {want}",
];

const FOLLOW: &[&str] = &[
    "{react} {followup}",
    "{followup} {bye}",
    "{react} {followup} {mood}.",
    "{react} And one more thing: {followup}",
    "{followup}",
];

const REACT: &[&str] = &[
    "Ok, that helps.",
    "Hmm.",
    "Thanks, that's clear.",
    "I tried that already.",
    "Got it.",
    "That's not quite what I meant.",
    "Perfect.",
    "Oh, I didn't know that.",
    "Fair enough.",
    "I see.",
    "Great, thank you.",
    "Not ideal, but ok.",
    "I think I understand.",
    "Wait,",
];

const FOLLOWUP: &[&str] = &[
    "does that also apply to the {colour} one?",
    "how long does that take to {anycity}?",
    "can I do it at the {anycity} store instead?",
    "what if the tags are already off?",
    "will I be charged for shipping?",
    "can you send it to my work address in {anycity}?",
    "could you check whether order {order} has it too?",
    "what happens after {2..14} days?",
    "is there someone in {anycity} who could look at it?",
    "do I need the original box?",
    "can you put it on the same card ending in {1000..9999}?",
    "do I get an email about it?",
    "can {anyname} pick it up for me?",
    "is the {brand} {gear} covered the same way?",
    "would a {brand} {gear} be a better choice for {place}?",
    "can you do it now, please?",
    "and if it rains the whole time?",
    "which one would you take to {place}?",
    "what is the cut-off for {day}?",
    "can I combine it with the {2..20}% code I got?",
    "does it matter that I bought it {day}?",
    "is the {amount} refunded in full?",
];

const DETAIL: &[&str] = &[
    "I ordered it {day}, order number {order}.",
    "Order {order}, paid {amount}.",
    "The confirmation says {order}.",
    "It's the {colour} one in size {size}.",
    "I bought it in the {city} store {day}.",
    "The tracking number is {tracking}.",
    "I've used it {2..20} times.",
    "It was on sale for {amount}.",
    "This is for order {order}.",
    "I'm {size} in most brands.",
    "We are {2..6} people.",
    "It ships to {city}.",
];

const SIZES: &[&str] = &[
    "S", "M", "L", "XL", "XS", "8", "9.5", "10", "11.5", "42", "regular", "long", "short", "W 7.5",
];

const WANT: &[&str] = &[
    "What are my options?",
    "Can I get a refund?",
    "Can you replace it?",
    "Could you tell me what to do next?",
    "How long will it take?",
    "Can you check, please?",
    "Please advise.",
    "Can I swap it for the {brand} {gear}?",
    "Who do I talk to about this?",
    "What would you recommend?",
    "Is there anything you can do?",
    "Can you help me choose?",
];

const DELIVERY: &[&str] = &[
    "my {product} was supposed to arrive {day} and {carrier} still shows it in {anycity}.",
    "{carrier} says order {order} was delivered but there is nothing at my door in {city}.",
    "only half of order {order} came: the {gear} is there, the {gear} is not.",
    "can I change the address on order {order} before it ships?",
    "the box with my {product} arrived open and wet on {day}.",
    "tracking {tracking} has not moved since {day}.",
    "I need the {product} by {day}; does express to {city} still make it?",
    "my order was split into {2..4} parcels and I lost track of which holds the {product}.",
    "the driver left the {product} with a neighbour I don't know.",
    "{carrier} wants a customs fee of {amount} for order {order}, is that right?",
];

const RETURN: &[&str] = &[
    "I'd like to send back the {product}, it just doesn't fit my use.",
    "I returned the {product} {day} and the {amount} has not been refunded.",
    "the return label for order {order} gives an error at the {carrier} counter.",
    "can I exchange the {product} for the {colour} one?",
    "I lost the receipt for a {product} that I got as a gift.",
    "I opened the {product} to try it indoors, can it still go back?",
    "the {product} I got is {colour}, I ordered {colour}.",
    "I'm at day {25..64} with the {product}; am I still in the return window?",
    "how do I return part of order {order} without sending back everything?",
    "I bought two sizes of the {product} and want to return one.",
];

const WARRANTY: &[&str] = &[
    "the zipper on my {product} split after {2..14} months.",
    "a pole of the {product} snapped on the second night in {place}.",
    "the sole of my {product} is coming off after {100..700} miles.",
    "the {product} leaks along a seam, I can see the tape lifting.",
    "the buckle on the {product} cracked in the cold.",
    "is a {product} from {2015..2024} still under warranty?",
    "the {product} stopped holding air overnight, no hole that I can find.",
    "the coating inside my {product} is peeling and sticky.",
    "the {product} won't switch on although I charged it all night.",
    "the stitching of the hip belt on my {product} has come loose.",
];

const SIZING: &[&str] = &[
    "I'm between {size} and {size} for the {product}, which should I take?",
    "does the {product} run small compared with {brand}?",
    "I have wide feet, is the {product} an option?",
    "my torso is {40..54} cm, which frame size of the {product} fits?",
    "will the {product} in {size} fit over a thick layer?",
    "my daughter is {100..150} cm tall, is the {product} too big for her?",
    "is the {product} in men's {size} the same as women's {size}?",
    "how warm is the {product} really? I sleep cold and want it for {place}.",
];

const CARE: &[&str] = &[
    "how do I wash the {product} without ruining it?",
    "can I put the {product} in the dryer?",
    "the {product} smells after {place}, what can I use?",
    "how often should I re-waterproof my {product}?",
    "there's pine resin on the {product}, how do I get it off?",
    "how should I store the {product} over winter?",
    "there's a {2..9} cm tear in the {product}, can I patch it myself?",
    "the {product} got mouldy in storage, is it lost?",
];

const PAYMENT: &[&str] = &[
    "I was charged {amount} twice for order {order}.",
    "my gift card of {amount} was not accepted for the {product}.",
    "can I get an invoice for order {order} made out to my company in {city}?",
    "the {5..30}% code didn't apply to the {product}.",
    "the price of the {product} dropped by {amount} the day after I bought it.",
    "why is there a pending charge of {amount} on my card?",
    "can I pay for the {product} in {2..6} instalments?",
];

const ACCOUNT: &[&str] = &[
    "I can't sign in since {day}, the reset email never arrives.",
    "please change the email address of my account, the old one is from my former job.",
    "my {50..900} member points disappeared after order {order}.",
    "I have two accounts, can they be merged?",
    "how do I stop the newsletters but keep the order emails?",
    "I'd like to see what data you keep about me.",
    "my member discount is not shown for the {product}.",
];

const STOCK: &[&str] = &[
    "when is the {product} in {colour} size {size} back in stock?",
    "does the {city} store have the {product}?",
    "is there a newer version of the {product} coming?",
    "can you hold a {product} for me until {day}?",
    "which {gear} do you have under {amount}?",
    "is the {product} made without PFAS?",
    "what's the difference between the {product} and the {brand} {gear}?",
];

/// The table of a name.
pub(super) fn table(key: &str, topic: Topic) -> Option<&'static [&'static str]> {
    Some(match key {
        "ask" => ASK,
        "follow" => FOLLOW,
        "react" => REACT,
        "followup" => FOLLOWUP,
        "detail" => DETAIL,
        "size" => SIZES,
        "want" => WANT,
        "problem" => match topic {
            Topic::Delivery => DELIVERY,
            Topic::Return => RETURN,
            Topic::Warranty => WARRANTY,
            Topic::Sizing => SIZING,
            Topic::Care => CARE,
            Topic::Payment => PAYMENT,
            Topic::Account => ACCOUNT,
            Topic::Stock => STOCK,
        },
        _ => return None,
    })
}
