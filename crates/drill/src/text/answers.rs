//! What the assistant answers.

use super::Topic;

const REPLY: &[&str] = &[
    "{thanks} {fix} {fix} {closing}",
    "{thanks} {fix} {policy} {closing}",
    "{thanks} {policy} {fix} {caveat} {closing}",
    "{fix} {policy} {caveat}",
    "{thanks} Here is what I suggest:\n\n1. {fix}\n2. {fix}\n3. {caveat}\n\n{closing}",
    "{thanks} {fix} {caveat} {closing}",
];

const REPLY2: &[&str] = &[
    "Yes, {name}. {policy} {closing}",
    "{fix} {closing}",
    "Good point. {caveat} {policy}",
    "I checked for you: {fix} {caveat}",
    "No problem. {fix}",
    "That depends. {caveat} {fix} {closing}",
    "Of course. {policy} {fix}",
];

const CAVEAT: &[&str] = &[
    "Please note that this doesn't apply to clearance items.",
    "Processing usually takes {2..7} business days.",
    "Stores can decide differently when the item shows signs of heavy use.",
    "I can't change orders that have already been handed to {carrier}.",
    "Times can be longer around {place} because of road closures.",
    "I don't have a way to see your full card number, only the last four digits.",
    "If the {product} was a gift, the refund goes out as store credit.",
    "For safety-critical gear we always ask for an inspection first.",
    "Members get free return shipping; for others {amount} is the most it can cost.",
    "I can only see what the warehouse scanned up to {day}.",
];

const DELIVERY_FIX: &[&str] = &[
    "Order {order} left our {anycity} warehouse {day} and is with {carrier}.",
    "The tracking number is {tracking}; the latest scan is in {anycity}.",
    "I've opened a trace with {carrier}, which they answer within {2..5} business days.",
    "If nothing has arrived by {day}, I can send a replacement at no cost.",
    "I can redirect the parcel to a pickup point in {city}.",
    "The second parcel with the {gear} ships {day}.",
    "Please check with neighbours and the back door; drivers often mark parcels early.",
];

const RETURN_FIX: &[&str] = &[
    "I've created return {order}-R{1..9} for the {product}.",
    "Print the label, put it on any sturdy box, and drop it at {carrier}.",
    "The refund of {amount} goes back to the original payment method.",
    "An exchange for the {colour} version is free if it's in stock.",
    "You can also bring it to our {city} store; no label needed.",
    "I've asked our returns team to check the parcel scanned on {day}.",
];

const WARRANTY_FIX: &[&str] = &[
    "This sounds like a manufacturing fault, which our lifetime craftsmanship warranty covers.",
    "Please send two photos: one of the damage, one of the label inside the {product}.",
    "Our repair workshop in {anycity} can fix this in about {8..21} days.",
    "If it can't be repaired, we'll replace it with the closest current model.",
    "A field repair with seam tape will hold for a weekend at {place}.",
    "Wear of soles and fabrics is not covered, but we offer a repair at cost.",
];

const SIZING_FIX: &[&str] = &[
    "For the {product} I'd take the larger size if you plan to layer.",
    "Measure from the bony bump at your neck to the top of your hips for the torso length.",
    "The {product} runs about half a size small.",
    "Customers with wide feet are usually happiest with the {brand} {gear}.",
    "The comfort rating is {-12..6} °C; cold sleepers should add 5 degrees.",
    "You can order both sizes and return one free of charge.",
];

const CARE_FIX: &[&str] = &[
    "Wash it on a gentle cycle at 30 °C with a soap made for technical fabric.",
    "Never use fabric softener; it ruins the membrane.",
    "Dry it on low heat with two tennis balls until no clumps are left.",
    "Renew the water repellent every {10..30} uses or when water stops beading.",
    "Store it loosely in a large cotton bag, not in its stuff sack.",
    "A patch of repair tape with rounded corners holds for years.",
];

const PAYMENT_FIX: &[&str] = &[
    "One of the two charges is an authorisation that drops off within {3..7} days.",
    "I've sent the invoice for {order} to the address on your account.",
    "We honour a lower price within {7..14} days; I've requested a credit of {amount}.",
    "Gift cards work once the {amount} order is below their balance.",
    "The code is limited to full-price items.",
];

const ACCOUNT_FIX: &[&str] = &[
    "I've sent a new sign-in link to the address we have on file.",
    "Points are posted {10..30} days after delivery.",
    "You can merge accounts under Profile, Household; the older one is kept.",
    "Unsubscribing from news doesn't affect order emails.",
    "A copy of your data can be requested under Profile, Privacy.",
];

const STOCK_FIX: &[&str] = &[
    "The {product} in {colour} is expected {day}.",
    "The {city} store shows {1..6} in stock; I can hold one for 48 hours.",
    "The difference to the {brand} {gear} is mainly weight: about {90..900} grams.",
    "All fabrics of the {brand} line have been PFAS-free since {2021..2025}.",
    "I can sign you up for a notice when it is back.",
];

const POLICY: &[&str] = &[
    "Our help article on {topic} says the same.",
    "According to our {topic} policy, you have {30..90} days from delivery.",
    "Our policy asks for the order number, which I have: {order}.",
    "As the care and {topic} guide explains, this is covered for members.",
    "The {topic} guidelines leave room for exceptions, and I've noted yours.",
];

/// The table of a name.
pub(super) fn table(key: &str, topic: Topic) -> Option<&'static [&'static str]> {
    Some(match key {
        "reply" => REPLY,
        "reply2" => REPLY2,
        "caveat" => CAVEAT,
        "policy" => POLICY,
        "fix" => match topic {
            Topic::Delivery => DELIVERY_FIX,
            Topic::Return => RETURN_FIX,
            Topic::Warranty => WARRANTY_FIX,
            Topic::Sizing => SIZING_FIX,
            Topic::Care => CARE_FIX,
            Topic::Payment => PAYMENT_FIX,
            Topic::Account => ACCOUNT_FIX,
            Topic::Stock => STOCK_FIX,
        },
        _ => return None,
    })
}
