//! What any product must do at least: decompress, and parse what was decompressed.
//!
//! Fixed, so that ratios can be compared over time: libdeflate into a buffer of the size the
//! gzip trailer names, and sonic-rs into a typed struct that borrows from the text, with the parts
//! of free form kept as they are. Do not make it slower or faster without saying so beside the
//! numbers.

use std::borrow::Cow;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{fs, thread};

use anyhow::{Context as _, Result, anyhow, bail};
use libdeflater::Decompressor;
use serde::{Deserialize, Serialize};
use sonic_rs::LazyValue;

/// How much of the work is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Work {
    Decompress,
    Parse,
}

/// What was done, to be held against the corpus.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Done {
    pub(crate) json_bytes: u64,
    pub(crate) records: u64,
    /// So that no field is optimised away.
    pub(crate) check: u64,
}

#[derive(Deserialize)]
struct Log<'a> {
    #[serde(borrow, rename = "Records")]
    records: Vec<Record<'a>>,
}

/// Text that borrows unless it is escaped; `Cow` itself never borrows under serde.
#[derive(Deserialize)]
#[serde(transparent)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Record<'a> {
    #[serde(borrow)]
    event_version: Option<Text<'a>>,
    #[serde(borrow)]
    user_identity: Option<Identity<'a>>,
    #[serde(borrow)]
    event_time: Text<'a>,
    #[serde(borrow)]
    event_source: Text<'a>,
    #[serde(borrow)]
    event_name: Text<'a>,
    #[serde(borrow)]
    aws_region: Option<Text<'a>>,
    #[serde(borrow, rename = "sourceIPAddress")]
    source_ip_address: Option<Text<'a>>,
    #[serde(borrow)]
    user_agent: Option<Text<'a>>,
    #[serde(borrow)]
    error_code: Option<Text<'a>>,
    #[serde(borrow)]
    error_message: Option<Text<'a>>,
    #[serde(borrow)]
    request_parameters: Option<LazyValue<'a>>,
    #[serde(borrow)]
    response_elements: Option<LazyValue<'a>>,
    #[serde(borrow)]
    additional_event_data: Option<LazyValue<'a>>,
    #[serde(borrow, rename = "requestID")]
    request_id: Option<Text<'a>>,
    #[serde(borrow, rename = "eventID")]
    event_id: Option<Text<'a>>,
    read_only: Option<bool>,
    #[serde(borrow)]
    resources: Option<LazyValue<'a>>,
    #[serde(borrow)]
    event_type: Option<Text<'a>>,
    #[serde(borrow)]
    api_version: Option<Text<'a>>,
    management_event: Option<bool>,
    #[serde(borrow)]
    recipient_account_id: Option<Text<'a>>,
    #[serde(borrow)]
    service_event_details: Option<LazyValue<'a>>,
    #[serde(borrow, rename = "sharedEventID")]
    shared_event_id: Option<Text<'a>>,
    #[serde(borrow)]
    vpc_endpoint_id: Option<Text<'a>>,
    #[serde(borrow)]
    event_category: Option<Text<'a>>,
    #[serde(borrow)]
    tls_details: Option<Tls<'a>>,
    #[serde(borrow)]
    session_credential_from_console: Option<Text<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Identity<'a> {
    #[serde(borrow, rename = "type")]
    kind: Option<Text<'a>>,
    #[serde(borrow)]
    principal_id: Option<Text<'a>>,
    #[serde(borrow)]
    arn: Option<Text<'a>>,
    #[serde(borrow)]
    account_id: Option<Text<'a>>,
    #[serde(borrow)]
    access_key_id: Option<Text<'a>>,
    #[serde(borrow)]
    user_name: Option<Text<'a>>,
    #[serde(borrow)]
    invoked_by: Option<Text<'a>>,
    #[serde(borrow)]
    session_context: Option<LazyValue<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Tls<'a> {
    #[serde(borrow, rename = "tlsVersion")]
    version: Option<Text<'a>>,
    #[serde(borrow)]
    cipher_suite: Option<Text<'a>>,
    #[serde(borrow)]
    client_provided_host_header: Option<Text<'a>>,
}

/// Named fields of the struct above, for the report.
pub(crate) const FIELDS: usize = 27 + 8 + 3 - 2;

impl Record<'_> {
    /// Depends on every field.
    fn check(&self) -> u64 {
        let text = |value: &Option<Text<'_>>| value.as_ref().map_or(0, |text| text.0.len());
        let raw =
            |value: &Option<LazyValue<'_>>| value.as_ref().map_or(0, |raw| raw.as_raw_str().len());
        let mut sum = self.event_time.0.len() + self.event_source.0.len() + self.event_name.0.len();
        for value in [
            &self.event_version,
            &self.aws_region,
            &self.source_ip_address,
            &self.user_agent,
            &self.error_code,
            &self.error_message,
            &self.request_id,
            &self.event_id,
            &self.event_type,
            &self.api_version,
            &self.recipient_account_id,
            &self.shared_event_id,
            &self.vpc_endpoint_id,
            &self.event_category,
            &self.session_credential_from_console,
        ] {
            sum += text(value);
        }
        for value in [
            &self.request_parameters,
            &self.response_elements,
            &self.additional_event_data,
            &self.resources,
            &self.service_event_details,
        ] {
            sum += raw(value);
        }
        if let Some(who) = &self.user_identity {
            sum += text(&who.kind) + text(&who.principal_id) + text(&who.arn);
            sum += text(&who.account_id) + text(&who.access_key_id) + text(&who.user_name);
            sum += text(&who.invoked_by) + raw(&who.session_context);
        }
        if let Some(tls) = &self.tls_details {
            sum += text(&tls.version) + text(&tls.cipher_suite);
            sum += text(&tls.client_provided_host_header);
        }
        sum += usize::from(self.read_only == Some(true));
        sum += usize::from(self.management_event == Some(true));
        sum as u64
    }
}

/// Does the work on every file under the folders, with that many threads.
pub(crate) fn run(folders: &[PathBuf], work: Work, threads: usize) -> Result<Done> {
    let mut files = Vec::new();
    for folder in folders {
        list(folder, &mut files)?;
    }
    files.sort();
    let next = AtomicUsize::new(0);
    let results: Vec<Result<Done>> = thread::scope(|scope| {
        let workers: Vec<_> =
            (0..threads.max(1)).map(|_| scope.spawn(|| worker(&files, &next, work))).collect();
        workers
            .into_iter()
            .map(|worker| worker.join().unwrap_or_else(|_| Err(anyhow!("a worker panicked"))))
            .collect()
    });
    let mut done = Done::default();
    for result in results {
        let part = result?;
        done.json_bytes += part.json_bytes;
        done.records += part.records;
        done.check += part.check;
    }
    Ok(done)
}

fn worker(files: &[PathBuf], next: &AtomicUsize, work: Work) -> Result<Done> {
    let mut decompressor = Decompressor::new();
    let mut json = Vec::new();
    let mut done = Done::default();
    while let Some(file) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
        let context = || format!("cannot read {}", file.display());
        let gz = fs::read(file).with_context(context)?;
        let size = decompress(&mut decompressor, &gz, &mut json).with_context(context)?;
        done.json_bytes += size as u64;
        match work {
            Work::Decompress => done.check += u64::from(black_box(&json)[size / 2]),
            Work::Parse => {
                let log: Log<'_> = sonic_rs::from_slice(&json[..size]).with_context(context)?;
                done.records += log.records.len() as u64;
                done.check += log.records.iter().map(Record::check).sum::<u64>();
            }
        }
    }
    Ok(done)
}

/// Decompresses a file of one gzip member; returns the size.
fn decompress(decompressor: &mut Decompressor, gz: &[u8], json: &mut Vec<u8>) -> Result<usize> {
    let Some(trailer) = gz.last_chunk::<4>() else { bail!("not gzip") };
    let size = u32::from_le_bytes(*trailer) as usize;
    if json.len() < size {
        json.resize(size, 0);
    }
    let n = decompressor.gzip_decompress(gz, &mut json[..size]).map_err(|e| anyhow!("{e:?}"))?;
    Ok(n)
}

fn list(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    for entry in
        fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))?
    {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            list(&entry.path(), files)?;
        } else {
            files.push(entry.path());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::corpus;
    use super::*;

    #[test]
    fn every_record_of_a_corpus_is_parsed_whatever_the_threads() {
        let folder = std::env::temp_dir().join(format!("xtask-baseline-{}", std::process::id()));
        let corpus = corpus::make(&folder, 3_000_000, 1, 1).unwrap();
        let (folders, content) = corpus.first(1);
        let one = run(&folders, Work::Parse, 1).unwrap();
        let three = run(&folders, Work::Parse, 3).unwrap();
        let bytes = run(&folders, Work::Decompress, 1).unwrap();
        fs::remove_dir_all(&folder).unwrap();
        assert_eq!(one, three);
        assert_eq!((one.records, one.json_bytes), (content.records, content.json_bytes));
        assert_eq!(bytes.json_bytes, content.json_bytes);
    }

    #[test]
    fn the_check_sees_every_part() {
        let text = r#"{"Records":[{"eventTime":"12","eventSource":"3","eventName":"4",
            "userIdentity":{"sessionContext":{"a":1},"arn":"5\u0036"},"readOnly":true,
            "requestParameters":null,"resources":[1],"tlsDetails":{"tlsVersion":"7"}}]}"#;
        let log: Log<'_> = sonic_rs::from_str(text).unwrap();
        // 2+1+1, {"a":1} = 7, "56" = 2, readOnly = 1, [1] = 3, "7" = 1; null is nothing.
        assert_eq!(log.records[0].check(), 18);
    }
}
