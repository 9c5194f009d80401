//! The help articles of the knowledge base: stable texts, retrieved again and again.

use super::{Topic, say};
use crate::rng::Rng;

/// An article of the knowledge base.
#[derive(Debug, Clone)]
pub(crate) struct Article {
    /// The object's key in the knowledge base's bucket.
    pub(crate) key: String,
    /// Its text, some hundred characters.
    pub(crate) text: String,
}

const TITLES: [(Topic, &[&str]); 8] = [
    (
        Topic::Delivery,
        &[
            "delivery-times",
            "lost-parcels",
            "address-changes",
            "customs-and-duties",
            "split-shipments",
        ],
    ),
    (
        Topic::Return,
        &["returns-and-refunds", "exchanges", "gift-returns", "return-labels", "refund-timing"],
    ),
    (
        Topic::Warranty,
        &["craftsmanship-warranty", "repairs", "tent-poles", "footwear-wear", "electronics"],
    ),
    (Topic::Sizing, &["footwear-fit", "pack-sizing", "layering-guide", "sleeping-bag-ratings"]),
    (Topic::Care, &["washing-down", "waterproofing", "tent-storage", "field-repairs"]),
    (Topic::Payment, &["duplicate-charges", "gift-cards", "price-adjustments", "invoices"]),
    (Topic::Account, &["sign-in-help", "member-points", "privacy-requests", "newsletter"]),
    (Topic::Stock, &["back-in-stock", "store-holds", "materials-and-pfas", "product-comparisons"]),
];

const SENTENCES: &[&str] = &[
    "{caveat}",
    "{policy}",
    "{fix}",
    "{fix}",
    "Staff note: ask for the order number first.",
    "Escalate to a specialist when the amount is above ${200..900}.",
    "This article was reviewed in {2025..2026} by the {anycity} desk.",
    "Applies to online and store purchases alike.",
];

/// The article of a number; the same number is the same article under one seed.
pub(crate) fn article(seed: u64, topic: Topic, number: u64) -> Article {
    let titles =
        TITLES.iter().find(|(of, _)| *of == topic).map_or(&["overview"][..], |(_, list)| list);
    let title = titles[(number % titles.len() as u64) as usize];
    let mut rng = Rng::derive(seed, title, &[]);
    let mut facts = super::Facts::draw(&mut rng, "2026-09-30");
    facts.topic = topic;
    let mut text = format!("# {}\n\n", title.replace('-', " "));
    for _ in 0..rng.between(4, 7) {
        let sentence = *rng.pick(SENTENCES);
        text.push_str(&say(&mut rng, sentence, Some(&facts)));
        text.push(' ');
    }
    Article {
        key: format!("articles/{}/{title}.md", topic.name()),
        text: text.trim_end().to_owned(),
    }
}

/// Every article's topic and number, for the nightly publication.
pub(crate) fn every() -> impl Iterator<Item = (Topic, u64)> {
    TITLES.iter().flat_map(|(topic, titles)| (0..titles.len() as u64).map(|n| (*topic, n)))
}
