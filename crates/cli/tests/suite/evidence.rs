//! The example's evidence as text, and other containers for the same records.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::Path;

use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::support::{example, files};

/// A file of the example: where it lies and what it says.
#[derive(Debug, Clone)]
pub(crate) struct Log {
    pub(crate) uri: String,
    pub(crate) text: String,
}

impl Log {
    pub(crate) fn is_cloudtrail(&self) -> bool {
        self.uri.contains("/CloudTrail/")
    }

    /// Whether it is a body that the invocation log keeps as an object of its own.
    pub(crate) fn is_body(&self) -> bool {
        self.uri.contains("/data/")
    }

    /// The records of a CloudTrail file, as they are.
    pub(crate) fn records(&self) -> Vec<Box<RawValue>> {
        #[derive(serde::Deserialize)]
        #[serde(rename_all = "PascalCase")]
        struct File {
            records: Vec<Box<RawValue>>,
        }
        serde_json::from_str::<File>(&self.text).expect("a CloudTrail file").records
    }
}

/// Every log file of the example.
pub(crate) fn logs() -> Vec<Log> {
    let folder = example().join("evidence");
    files(&folder)
        .into_iter()
        .map(|uri| {
            let text = gunzip(&fs::read(folder.join(&uri)).unwrap());
            Log { uri, text }
        })
        .collect()
}

pub(crate) fn gunzip(bytes: &[u8]) -> String {
    let mut text = String::new();
    MultiGzDecoder::new(bytes).read_to_string(&mut text).expect("gzip of UTF-8");
    text
}

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub(crate) fn write(path: &Path, bytes: impl AsRef<[u8]>) {
    fs::create_dir_all(path.parent().expect("below a folder")).unwrap();
    fs::write(path, bytes).unwrap();
}

/// Writes logs as gzip files into a folder, as they lay in the bucket.
pub(crate) fn write_all(folder: &Path, logs: &[Log]) {
    for log in logs {
        write(&folder.join(&log.uri), gzip(log.text.as_bytes()));
    }
}

pub(crate) fn zip(path: &Path, members: &[(String, Vec<u8>)]) {
    let mut archive = zip::ZipWriter::new(File::create(path).unwrap());
    for (name, bytes) in members {
        archive.start_file(name.as_str(), zip::write::SimpleFileOptions::default()).unwrap();
        archive.write_all(bytes).unwrap();
    }
    archive.finish().unwrap();
}

pub(crate) fn tar_gz(path: &Path, members: &[(String, Vec<u8>)]) {
    let encoder = GzEncoder::new(File::create(path).unwrap(), Compression::fast());
    let mut archive = tar::Builder::new(encoder);
    for (name, bytes) in members {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o600);
        archive.append_data(&mut header, name, bytes.as_slice()).unwrap();
    }
    archive.into_inner().unwrap().finish().unwrap();
}

/// One CloudTrail file as `aws cloudtrail lookup-events` would have printed its records.
pub(crate) fn lookup_events(log: &Log) -> String {
    let events: Vec<Value> = log
        .records()
        .iter()
        .map(|raw| {
            let record: Value = serde_json::from_str(raw.get()).unwrap();
            json!({
                "EventId": record["eventID"],
                "EventName": record["eventName"],
                "ReadOnly": record["readOnly"].as_bool().unwrap_or_default().to_string(),
                "EventTime": record["eventTime"],
                "EventSource": record["eventSource"],
                "Resources": [],
                "CloudTrailEvent": raw.get(),
            })
        })
        .collect();
    json!({ "Events": events }).to_string()
}
