//! Small readers that know enough of HTML and Markdown to see whether text left its place.

pub(crate) mod html;
pub(crate) mod markdown;
