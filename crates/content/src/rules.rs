//! The detection rules that come with the tool, and the records that test them.

use std::path::Path;

use crate::embedded::{ContentFile, files};

/// What the name of a rule's fixture file ends with; the rule is the same name with `.yml`.
pub const FIXTURE_SUFFIX: &str = ".test.yml";

/// The rule files, sorted by path.
pub fn rules() -> Vec<ContentFile> {
    yaml().filter(|file| !file.path.ends_with(FIXTURE_SUFFIX)).collect()
}

/// The fixture files, sorted by path.
pub fn fixtures() -> Vec<ContentFile> {
    yaml().filter(|file| file.path.ends_with(FIXTURE_SUFFIX)).collect()
}

fn yaml() -> impl Iterator<Item = ContentFile> {
    let suffix = |file: &ContentFile| Path::new(file.path).extension().is_some_and(|e| e == "yml");
    files("rules").into_iter().filter(suffix)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_and_fixtures_are_apart() {
        assert!(rules().iter().all(|file| !file.path.contains(".test.")));
        assert!(fixtures().iter().all(|file| file.path.contains(".test.")));
    }
}
