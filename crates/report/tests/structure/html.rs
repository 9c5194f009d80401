//! Reads a page tag by tag, and refuses what our pages never hold.

/// What a page consists of.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Page {
    pub(crate) headings: usize,
    pub(crate) tables: usize,
}

const VOID: [&str; 4] = ["meta", "br", "wbr", "hr"];
const TAGS: [&str; 56] = [
    "html",
    "head",
    "meta",
    "title",
    "style",
    "body",
    "div",
    "nav",
    "main",
    "section",
    "header",
    "article",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "p",
    "span",
    "strong",
    "b",
    "code",
    "pre",
    "a",
    "ul",
    "ol",
    "li",
    "dl",
    "dt",
    "dd",
    "table",
    "caption",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
    "details",
    "summary",
    "figure",
    "figcaption",
    "blockquote",
    "br",
    "wbr",
    "svg",
    "symbol",
    "path",
    "defs",
    "pattern",
    "rect",
    "use",
    "line",
    "text",
    "g",
    "circle",
    "hr",
];

/// Panics when a page is not well-formed, or holds a script, a handler, a style or an outside link.
pub(crate) fn check(page: &str) -> Page {
    let mut rest = page.strip_prefix("<!doctype html>\n").expect("a document type");
    let mut open: Vec<String> = Vec::new();
    let mut ids = std::collections::BTreeSet::new();
    let mut targets = Vec::new();
    let mut found = Page::default();
    while let Some(at) = rest.find('<') {
        text(&rest[..at]);
        let end = tag_end(&rest[at..]).expect("a tag that ends");
        let tag = &rest[at + 1..at + end];
        rest = &rest[at + end + 1..];
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop().as_deref(), Some(name), "closed out of order");
            continue;
        }
        let (name, attributes) = parts(tag);
        // The title of a drawing's part is an element of its own.
        assert!(TAGS.contains(&name), "<{name}>");
        for (key, value) in attributes {
            attribute(name, key, value);
            match key {
                "id" => assert!(ids.insert(value.to_owned()), "id {value} twice"),
                "href" => targets.push(value.trim_start_matches('#').to_owned()),
                _ => {}
            }
        }
        found.headings += usize::from(matches!(name, "h1" | "h2" | "h3" | "h4"));
        found.tables += usize::from(name == "table");
        if !VOID.contains(&name) {
            open.push(name.to_owned());
        }
        if name == "style" {
            let end = rest.find("</style>").expect("a stylesheet that ends");
            assert!(!rest[..end].contains(['<']) && !rest[..end].contains("http"));
            rest = &rest[end..];
        }
    }
    text(rest);
    assert!(open.is_empty(), "left open: {open:?}");
    for target in targets {
        assert!(ids.contains(&target), "a link to nowhere: {target}");
    }
    found
}

fn text(text: &str) {
    assert!(!text.contains(['>', '"', '\'']), "not escaped: {text}");
    for (at, _) in text.match_indices('&') {
        let known = ["&amp;", "&lt;", "&gt;", "&quot;", "&#39;"];
        assert!(known.iter().any(|entity| text[at..].starts_with(entity)), "{}", &text[at..]);
    }
    let hidden = |c: char| {
        (c.is_control() && c != '\n' && c != '\t')
            || ('\u{202a}'..='\u{202e}').contains(&c)
            || c == '\u{200b}'
    };
    assert!(!text.contains(hidden), "hidden characters: {text:?}");
}

/// Where a tag ends: the first `>` outside of quotes.
fn tag_end(text: &str) -> Option<usize> {
    let mut quoted = false;
    text.bytes().position(|b| {
        quoted ^= b == b'"';
        b == b'>' && !quoted
    })
}

fn parts(tag: &str) -> (&str, Vec<(&str, &str)>) {
    let (name, mut rest) = tag.split_once(' ').unwrap_or((tag, ""));
    let mut attributes = Vec::new();
    while !rest.is_empty() {
        let (key, after) = rest.split_once("=\"").expect("a quoted value");
        let (value, after) = after.split_once('"').expect("a value that ends");
        attributes.push((key, value));
        rest = after.trim_start_matches(' ');
    }
    (name, attributes)
}

fn attribute(tag: &str, key: &str, value: &str) {
    assert!(
        key.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            || matches!(key, "viewBox" | "patternUnits" | "preserveAspectRatio"),
        "attribute {key:?}"
    );
    assert!(!key.starts_with("on") && key != "style" && key != "src", "attribute {key}");
    assert!(!value.contains('<') && !value.contains('>'), "not escaped: {value}");
    if key == "href" {
        assert!(value.starts_with('#'), "<{tag}> leads out: {value}");
    }
    if key == "fill" {
        assert!(value.starts_with("url(#h-"), "fill {value}");
    }
    text(value);
}
