//! What happens in the corpus, and how often.

/// Kind of call, as far as its record's shape depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Call {
    /// `s3`, `bedrock`, ...
    pub(crate) service: &'static str,
    /// `GetObject`, ...
    pub(crate) name: &'static str,
    /// Whether it only reads.
    pub(crate) read_only: bool,
    weight: u32,
}

impl Call {
    /// A change that few people make: a trail stopped, a user created, a guardrail deleted.
    pub(crate) fn is_administration(&self) -> bool {
        !self.read_only && self.weight == 1
    }
}

/// Calls to draw from, by weight.
#[derive(Debug)]
pub(crate) struct Calls {
    calls: Vec<Call>,
    /// Running sum of the weights.
    ends: Vec<u32>,
}

const LIST: &str = include_str!("events.txt");

/// The service of which a fixed share of the records speaks.
pub(crate) const GENAI: &str = "bedrock";

impl Calls {
    /// The calls of which `keep` is true.
    pub(crate) fn new(keep: impl Fn(&Call) -> bool) -> Calls {
        let calls: Vec<Call> = all().into_iter().filter(keep).collect();
        let mut sum = 0;
        let ends = calls
            .iter()
            .map(|call| {
                sum += call.weight;
                sum
            })
            .collect();
        Calls { calls, ends }
    }

    /// The call at a point of the weights' sum; any number will do.
    pub(crate) fn at(&self, number: u64) -> &Call {
        let sum = u64::from(self.ends.last().copied().unwrap_or(1));
        let point = (number % sum) as u32;
        &self.calls[self.ends.partition_point(|end| *end <= point)]
    }
}

/// Every call of the list.
pub(crate) fn all() -> Vec<Call> {
    let mut calls = Vec::new();
    for line in LIST.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
        let mut words = line.split(' ');
        let service = words.next().expect("a line begins with a service");
        let read_only = words.next() == Some("read");
        for word in words {
            let (name, weight) = word.split_once('*').unwrap_or((word, "1"));
            let weight = weight.parse().expect("a weight is a number");
            calls.push(Call { service, name, read_only, weight });
        }
    }
    calls
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn there_are_enough_names_and_none_twice() {
        let names: BTreeSet<_> = all().iter().map(|call| (call.service, call.name)).collect();
        assert_eq!(names.len(), all().len());
        let names: BTreeSet<_> = all().iter().map(|call| call.name).collect();
        assert!(names.len() >= 250, "{}", names.len());
    }

    #[test]
    fn drawing_follows_the_weights() {
        let calls = Calls::new(|call| call.service == "sts");
        let sum = u64::from(*calls.ends.last().unwrap());
        let drawn = (0..sum).filter(|n| calls.at(*n).name == "AssumeRole").count();
        assert_eq!(drawn, 150);
    }
}
