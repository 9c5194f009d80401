//! Watches the content folder, and refuses to embed an incomplete one: a missing folder would
//! otherwise yield a tool without rules that reports nothing and looks healthy.

use std::path::Path;
use std::{env, fs};

fn main() {
    let root = Path::new(&env::var("CARGO_MANIFEST_DIR").expect("cargo sets it"))
        .join("../../content")
        .canonicalize()
        .expect("the folder content/ stands beside crates/");
    assert!(root.join("rules").is_dir(), "content/rules is missing");
    println!("cargo:rerun-if-changed={}", root.display());
    check(&root);
}

/// Content is text: a file that is not UTF-8 stops the build.
fn check(folder: &Path) {
    let entries = fs::read_dir(folder).expect("a content folder can be read");
    for entry in entries {
        let path = entry.expect("a content folder can be listed").path();
        if path.is_dir() {
            check(&path);
        } else if let Err(error) = fs::read_to_string(&path) {
            panic!("{}: content must be UTF-8 text: {error}", path.display());
        }
    }
}
