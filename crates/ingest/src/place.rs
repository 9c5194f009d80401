//! Account and region as file names and folders say them.

/// What a path says about where a file is from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) struct Place {
    pub(crate) account: Option<String>,
    pub(crate) region: Option<String>,
    /// Whether the file's own name says that it is about invocation logging.
    pub(crate) logging: bool,
}

impl Place {
    /// Reads a URI: the file's name first, then the folders and archives around it, the nearest
    /// first. A part that names two different accounts (or regions) says none, and ends the search.
    pub(crate) fn of(uri: &str) -> Place {
        let file = uri.rsplit(['/', '!', '\\']).next().unwrap_or_default();
        let logging = file.contains("invocation-logging");
        let nearest = |named: fn(&str) -> Vec<&str>| {
            let mut parts = uri.rsplit(['/', '!', '\\']).map(named);
            let found = parts.find(|found| !found.is_empty())?;
            let first = *found.first()?;
            found.iter().all(|other| *other == first).then(|| first.to_owned())
        };
        Place { account: nearest(accounts), region: nearest(regions), logging }
    }

    /// Whether both are known.
    pub(crate) fn is_whole(&self) -> bool {
        self.account.is_some() && self.region.is_some()
    }
}

/// Runs of twelve digits that stand by themselves.
fn accounts(part: &str) -> Vec<&str> {
    part.split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| word.len() == 12 && word.bytes().all(|b| b.is_ascii_digit()))
        .collect()
}

/// Where regions lie, as their names say it.
const DIRECTIONS: [&str; 9] = [
    "central",
    "north",
    "south",
    "east",
    "west",
    "northeast",
    "northwest",
    "southeast",
    "southwest",
];

/// Names shaped like a region's: `eu-west-1`, `us-gov-east-1`.
fn regions(part: &str) -> Vec<&str> {
    let mut words: Vec<(usize, &str)> = Vec::new();
    let mut start = 0;
    for (at, c) in part.char_indices().chain([(part.len(), '-')]) {
        if !c.is_ascii_alphanumeric() {
            words.push((start, &part[start..at]));
            start = at + c.len_utf8();
        }
    }
    let mut found = Vec::new();
    for (at, pair) in words.windows(2).enumerate() {
        let (direction, number) = (pair[0], pair[1]);
        let is_end = DIRECTIONS.contains(&direction.1)
            && number.1.len() == 1
            && number.1.as_bytes()[0].is_ascii_digit();
        let Some(before) = at.checked_sub(1).filter(|_| is_end) else { continue };
        let inner = before.checked_sub(1).filter(|head| {
            matches!(words[before].1, "gov" | "iso" | "isob" | "isoe" | "isof")
                || (words[*head].1, words[before].1) == ("eusc", "de")
        });
        let head = inner.unwrap_or(before);
        let short = words[head].1.len() == 2 || words[head].1 == "eusc";
        if !short || !words[head].1.bytes().all(|b| b.is_ascii_lowercase()) {
            continue;
        }
        let name = &part[words[head].0..number.0 + number.1.len()];
        if !name.contains(|c: char| !c.is_ascii_alphanumeric() && c != '-') {
            found.push(name);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_folders_say_the_place() {
        for (uri, account, region) in [
            ("invocation-logging-111122223333-us-east-1.json", "111122223333", "us-east-1"),
            ("a/111122223333/eu-west-1/logging.json", "111122223333", "eu-west-1"),
            ("111122223333/b.zip!logging-us-gov-west-1.json", "111122223333", "us-gov-west-1"),
            (
                "444455556666/logging_111122223333_ap-southeast-2.json",
                "111122223333",
                "ap-southeast-2",
            ),
            ("x/mx-central-1.json", "-", "mx-central-1"),
            ("x/eusc-de-east-1.json", "-", "eusc-de-east-1"),
            ("regions.json", "-", "-"),
            ("111122223333-444455556666.json", "-", "-"),
            ("us-east-1/from-us-east-1-to-us-west-2.json", "-", "-"),
            ("logging-1111222233334.json", "-", "-"),
            ("key111122223333.json", "-", "-"),
            ("trail-us-east-12.json", "-", "-"),
            ("us_east_1.json", "-", "-"),
            ("notes-north-1.json", "-", "-"),
            ("é-eu-north-1.json", "-", "eu-north-1"),
        ] {
            let place = Place::of(uri);
            let part = |part: &Option<String>| part.clone().unwrap_or_else(|| "-".to_owned());
            assert_eq!(
                (part(&place.account).as_str(), part(&place.region).as_str()),
                (account, region),
                "{uri}"
            );
        }
        assert!(Place::of("a/b!invocation-logging.json").logging);
        assert!(!Place::of("invocation-logging/b.json").logging);
    }
}
