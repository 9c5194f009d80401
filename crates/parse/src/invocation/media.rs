//! Images, video, sound and documents: what they are and how big, never their data.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::json::Node;

/// Something that is not text in a body.
#[derive(Debug, Default)]
pub(crate) struct Media<'n> {
    /// `png`, `image/png`, `pdf`.
    pub(crate) form: Option<Cow<'n, str>>,
    /// Where it lies, when it is not in the body.
    pub(crate) location: Option<&'n str>,
    /// Base64 in the body.
    data: Option<&'n str>,
    /// Decoded size.
    pub(crate) bytes: u64,
}

impl<'n> Media<'n> {
    /// Reads an image, video, sound or document in the form of any family.
    pub(crate) fn read(value: &'n Node<'_>) -> Media<'n> {
        let mut media = Media::default();
        media.fill(value, 0);
        media
    }

    fn fill(&mut self, value: &'n Node<'_>, depth: u32) {
        match value {
            Node::Text(text) => self.reference(text),
            Node::Numbers(_, count) => self.bytes = *count as u64,
            Node::Object(members) if depth < 4 => {
                for (key, member) in members {
                    match (key.as_ref(), member) {
                        ("format" | "media_type" | "mime_type" | "mimeType", Node::Text(form)) => {
                            self.form = Some(Cow::Borrowed(form));
                        }
                        (
                            "source" | "s3Location" | "image_url" | "imageUrl" | "input_audio"
                            | "file" | "audio" | "mediaSource" | "image" | "video",
                            _,
                        )
                        | (
                            "bytes" | "data" | "base64" | "base64String" | "file_data" | "url"
                            | "uri" | "file_id" | "file_url",
                            Node::Text(_) | Node::Numbers(..),
                        ) => self.fill(member, depth + 1),
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }

    /// A data URI, a URL, an S3 URI or base64.
    fn reference(&mut self, text: &'n str) {
        if let Some(rest) = text.strip_prefix("data:") {
            if let Some((form, data)) = rest.split_once(',') {
                self.form = Some(Cow::Borrowed(form.split(';').next().unwrap_or(form)));
                self.base64(data);
            }
        } else if text.len() < 4096 && (text.contains("://") || text.starts_with("file-")) {
            self.location = Some(text);
        } else {
            self.base64(text);
        }
    }

    fn base64(&mut self, data: &'n str) {
        let padding = data.bytes().rev().take_while(|byte| *byte == b'=').count().min(2);
        self.bytes = ((data.len() / 4 * 3 + data.len() % 4 * 3 / 4).saturating_sub(padding)) as u64;
        self.data = Some(data);
        if self.form.is_none() {
            self.form = form_of(data).map(Cow::Borrowed);
        }
    }

    /// The text of a document whose form is text: what the model read is what can hold instructions.
    pub(crate) fn text(&self) -> Option<String> {
        let form = self.form.as_deref()?;
        let is_text = form.starts_with("text/")
            || matches!(
                form,
                "txt"
                    | "md"
                    | "csv"
                    | "html"
                    | "xml"
                    | "json"
                    | "application/json"
                    | "application/xml"
            );
        let decoded = STANDARD.decode(self.data.filter(|_| is_text)?).ok()?;
        Some(match String::from_utf8(decoded) {
            Ok(text) => text,
            Err(fault) => String::from_utf8_lossy(fault.as_bytes()).into_owned(),
        })
    }

    /// `image/png, 68 bytes`, or where it lies.
    pub(crate) fn description(&self) -> String {
        let what = match self.location {
            Some(location) => location.to_owned(),
            None => format!("{} bytes", self.bytes),
        };
        match &self.form {
            Some(form) => format!("{form}, {what}"),
            None => what,
        }
    }
}

/// The form base64 begins with.
fn form_of(data: &str) -> Option<&'static str> {
    const BEGINNINGS: [(&str, &str); 6] = [
        ("iVBORw0", "png"),
        ("/9j/", "jpeg"),
        ("R0lGOD", "gif"),
        ("UklGR", "webp"),
        ("JVBERi", "pdf"),
        ("AAAA", "mp4"),
    ];
    BEGINNINGS.iter().find(|(start, _)| data.starts_with(start)).map(|(_, form)| *form)
}

/// Whether a string is data (base64, a data URI) rather than something people wrote.
pub(crate) fn looks_like_data(text: &str) -> bool {
    text.starts_with("data:")
        || (text.len() > 256
            && text.bytes().all(|byte| {
                byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=' | b'-' | b'_')
            }))
}
