//! Text that people and models write: a grammar with large tables, so that no two
//! conversations of an exercise read the same.
//!
//! A template holds `{name}` where a fact of the conversation or a line of a table goes; lines
//! of tables are templates themselves.

mod answers;
mod articles;
mod customers;
mod words;

pub(crate) use articles::{article, every};

use crate::rng::Rng;

/// What a conversation is about; the same in each of its turns.
#[derive(Debug, Clone)]
pub(crate) struct Facts {
    pub(crate) name: &'static str,
    pub(crate) surname: &'static str,
    pub(crate) product: String,
    pub(crate) order: String,
    pub(crate) city: &'static str,
    pub(crate) tracking: String,
    pub(crate) topic: Topic,
    pub(crate) amount: String,
    pub(crate) date: String,
}

/// The kinds of question a support desk gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Topic {
    Delivery,
    Return,
    Warranty,
    Sizing,
    Care,
    Payment,
    Account,
    Stock,
}

impl Topic {
    /// Every topic, common ones more than once.
    const DRAW: [Topic; 13] = [
        Topic::Delivery,
        Topic::Delivery,
        Topic::Delivery,
        Topic::Return,
        Topic::Return,
        Topic::Return,
        Topic::Warranty,
        Topic::Warranty,
        Topic::Sizing,
        Topic::Care,
        Topic::Payment,
        Topic::Account,
        Topic::Stock,
    ];

    /// The name used in table names and metadata.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Topic::Delivery => "delivery",
            Topic::Return => "return",
            Topic::Warranty => "warranty",
            Topic::Sizing => "sizing",
            Topic::Care => "care",
            Topic::Payment => "payment",
            Topic::Account => "account",
            Topic::Stock => "stock",
        }
    }
}

impl Facts {
    /// Draws what a conversation is about.
    pub(crate) fn draw(rng: &mut Rng, today: &str) -> Facts {
        let product = say(rng, "{brand} {gear}", None);
        Facts {
            name: rng.pick::<&str>(words::NAMES),
            surname: rng.pick::<&str>(words::SURNAMES),
            product,
            order: format!("FH-{}-{:05}", 26, rng.below(100_000)),
            city: rng.pick::<&str>(words::CITIES),
            tracking: format!("1Z{}", rng.letters(b"0123456789ABCDEFGHJKLMNPRSTUVWXY", 16)),
            topic: *rng.pick(&Topic::DRAW),
            amount: format!("${}.{:02}", rng.between(18, 640), rng.pick(&[0, 49, 95, 99])),
            date: today.to_owned(),
        }
    }

    fn get(&self, key: &str) -> Option<&str> {
        Some(match key {
            "name" => self.name,
            "surname" => self.surname,
            "product" => &self.product,
            "order" => &self.order,
            "city" => self.city,
            "tracking" => &self.tracking,
            "amount" => &self.amount,
            "topic" => self.topic.name(),
            "today" => &self.date,
            _ => return None,
        })
    }
}

/// Expands a template.
pub(crate) fn say(rng: &mut Rng, template: &str, facts: Option<&Facts>) -> String {
    let mut text = String::with_capacity(template.len() * 4);
    expand(rng, template, facts, &mut text, 0);
    text
}

fn expand(rng: &mut Rng, template: &str, facts: Option<&Facts>, text: &mut String, depth: u8) {
    let mut rest = template;
    while let Some(open) = rest.find('{') {
        let Some(close) = rest[open..].find('}') else { break };
        text.push_str(&rest[..open]);
        let key = &rest[open + 1..open + close];
        rest = &rest[open + close + 1..];
        if let Some(fact) = facts.and_then(|facts| facts.get(key)) {
            text.push_str(fact);
        } else if let Some((low, high)) = key.split_once("..") {
            let bound = |side: &str| side.parse::<i64>().unwrap_or(1);
            text.push_str(&rng.between(bound(low), bound(high)).to_string());
        } else if let Some(lines) = table(key, facts).filter(|_| depth < 8) {
            let line = *rng.pick(lines);
            expand(rng, line, facts, text, depth + 1);
        }
    }
    text.push_str(rest);
}

fn table(key: &str, facts: Option<&Facts>) -> Option<&'static [&'static str]> {
    let topic = facts.map_or(Topic::Delivery, |facts| facts.topic);
    words::table(key)
        .or_else(|| customers::table(key, topic))
        .or_else(|| answers::table(key, topic))
}

/// About how many tokens a text is.
pub(crate) fn tokens(text: &str) -> i64 {
    (text.len() as i64 * 10 / 43).max(1)
}

/// Cuts a text into the pieces a model streams.
pub(crate) fn pieces(rng: &mut Rng, text: &str) -> Vec<String> {
    let mut list = Vec::new();
    let mut piece = String::new();
    let mut want = rng.between(60, 220) as usize;
    for word in text.split_inclusive(' ') {
        piece.push_str(word);
        if piece.len() >= want {
            list.push(std::mem::take(&mut piece));
            want = rng.between(60, 220) as usize;
        }
    }
    if !piece.is_empty() {
        list.push(piece);
    }
    list
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn conversations_do_not_repeat() {
        let mut rng = Rng::derive(1, "text", &[]);
        let mut seen = BTreeSet::new();
        for _ in 0..2_000 {
            let facts = Facts::draw(&mut rng, "2026-10-12");
            let text = say(&mut rng, "{ask}", Some(&facts));
            assert!(!text.contains(['{', '}']), "an unknown table in: {text}");
            seen.insert(text);
            let text = say(&mut rng, "{reply} {follow} {reply2}", Some(&facts));
            assert!(!text.contains(['{', '}']), "an unknown table in: {text}");
        }
        assert!(seen.len() > 1_980, "{} distinct questions", seen.len());
    }

    #[test]
    fn pieces_make_up_the_text() {
        let mut rng = Rng::derive(1, "pieces", &[]);
        let facts = Facts::draw(&mut rng, "2026-10-12");
        let text = say(&mut rng, "{reply}", Some(&facts));
        assert_eq!(pieces(&mut rng, &text).concat(), text);
    }
}
