//! One document to Markdown, HTML and JSON.
