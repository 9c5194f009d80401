//! Every crate says its job, its place in the flow and its invariants, at the top.

use super::Fault;
use crate::repository::SourceFile;

const PARTS: [&str; 3] = ["Job:", "Place in the flow:", "Invariant"];

pub(super) fn check(files: &[SourceFile], faults: &mut Vec<Fault>) {
    for manifest in files {
        let folder = match manifest.path.strip_suffix("/Cargo.toml") {
            Some(folder) if folder == "xtask" || folder.starts_with("crates/") => folder,
            _ => continue,
        };
        let roots = [format!("{folder}/src/lib.rs"), format!("{folder}/src/main.rs")];
        let Some(root) = files.iter().find(|file| roots.contains(&file.path)) else {
            let hint = "a crate without src/lib.rs or src/main.rs cannot be built";
            faults.push(Fault::new(&manifest.path, 1, "no crate root", hint));
            continue;
        };
        let header = header(&root.text);
        let hint = "begin with `//!`: one sentence, then `Job: ...`, `Place in the flow: ...`, \
                    `Invariants: ...`";
        if header.is_empty() {
            faults.push(Fault::new(&root.path, 1, "the crate has no `//!` header", hint));
            continue;
        }
        for part in PARTS.into_iter().filter(|part| !header.contains(part)) {
            let what = format!("the crate's header does not say `{part}`");
            faults.push(Fault::new(&root.path, 1, what, hint));
        }
    }
}

fn header(text: &str) -> String {
    let lines = text.lines().take_while(|line| line.starts_with("//!"));
    // One line, so that a part may be wrapped anywhere.
    lines.map(|line| line.trim_start_matches("//!").trim()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::super::testing::faults_of;
    use super::*;

    const MANIFEST: (&str, &str) = ("crates/model/Cargo.toml", "");

    #[test]
    fn a_full_header_is_fine_however_it_is_wrapped() {
        let text = "//! Nouns.\n//!\n//! Job: a. Place in\n//! the flow: b. Invariants: c.\n";
        assert!(faults_of(check, &[MANIFEST, ("crates/model/src/lib.rs", text)]).is_empty());
    }

    #[test]
    fn what_is_missing_is_named() {
        let faults = faults_of(check, &[MANIFEST, ("crates/model/src/lib.rs", "mod a;\n")]);
        assert_eq!(faults, ["crates/model/src/lib.rs:1: the crate has no `//!` header"]);
        let text = "//! Job: a. Place in the flow: b.\n";
        let faults = faults_of(check, &[MANIFEST, ("crates/model/src/lib.rs", text)]);
        let missing = "crates/model/src/lib.rs:1: the crate's header does not say `Invariant`";
        assert_eq!(faults, [missing]);
    }
}
