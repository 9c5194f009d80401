//! One pass over all events: which services, stores and models were used.

use std::collections::{HashMap, HashSet};

use heptagon_case::{CaseDir, read};
use heptagon_content::catalog::is_genai_source;
use heptagon_model::Timestamp;

use super::columns::Columns;
use super::groups::{Groups, hash_of};
use super::{LoadError, hour_of, reference, store_of};
use crate::input::{Inputs, ModelCall, ServiceUse, StoreSeen};

/// Distinct services in accounts and regions, stores, and callers by hour that are kept.
const SERVICES_MAX: usize = 50_000;
const STORES_MAX: usize = 500_000;
const CALLS_MAX: usize = 1_000_000;

struct Pass {
    services: Groups<ServiceUse>,
    stores: Groups<StoreSeen>,
    calls: Groups<ModelCall>,
}

const WANTED: [&str; 15] = [
    "event_time",
    "source",
    "account",
    "region",
    "principal",
    "actor",
    "event_source",
    "event_name",
    "category",
    "resource",
    "outcome",
    "source_ip",
    "artifact",
    "record",
    "read_only",
];

pub(super) fn summarise(
    case: &CaseDir,
    inputs: &mut Inputs,
    logged: &HashMap<String, HashSet<u64>>,
) -> Result<(), LoadError> {
    let mut pass = Pass {
        services: Groups::new(SERVICES_MAX),
        stores: Groups::new(STORES_MAX),
        calls: Groups::new(CALLS_MAX),
    };
    for batch in read(case, "events", Some(&WANTED))? {
        let batch = batch?;
        let columns = Columns::new(&batch);
        for row in 0..batch.num_rows() {
            pass.event(&columns, row, logged);
        }
    }
    pass.finish(inputs);
    Ok(())
}

impl Pass {
    fn event(&mut self, columns: &Columns<'_>, row: usize, logged: &HashMap<String, HashSet<u64>>) {
        if columns.text(1, row) != Some("cloudtrail") {
            return;
        }
        let text = |column: usize| columns.text(column, row).unwrap_or_default();
        let event_source = text(6);
        let category = text(8);
        if is_genai_source(event_source) {
            let used = text(10) == "success"
                && (category == "management-write" || category.starts_with("data:"));
            self.service(event_source, text(2), text(3), used);
        }
        if let Some(data_type) = category.strip_prefix("data:") {
            self.store(columns, row, data_type, columns.time(0, row));
        } else if event_source == "bedrock.amazonaws.com"
            && matches!(
                text(7),
                "InvokeModel" | "InvokeModelWithResponseStream" | "Converse" | "ConverseStream"
            )
        {
            let record = columns.int(13, row).unwrap_or_default().unsigned_abs();
            let logged = logged.get(text(12)).is_some_and(|records| records.contains(&record));
            self.call(columns, row, columns.time(0, row), logged);
        }
    }

    fn service(&mut self, event_source: &str, account: &str, region: &str, used: bool) {
        let hash = hash_of(&[event_source, account, region], 0);
        let service = self.services.at(
            hash,
            |known| {
                known.event_source == event_source
                    && known.account == account
                    && known.region == region
            },
            || ServiceUse {
                event_source: event_source.to_owned(),
                account: account.to_owned(),
                region: region.to_owned(),
                events: 0,
                uses: 0,
            },
        );
        if let Some(service) = service {
            service.events += 1;
            service.uses += u64::from(used);
        }
    }

    fn store(&mut self, columns: &Columns<'_>, row: usize, data_type: &str, time: Timestamp) {
        let Some(resource) = columns.text(9, row) else { return };
        let store = store_of(resource);
        let store = store.strip_prefix("arn:aws:s3:::").unwrap_or(store);
        let text = |column: usize| columns.text(column, row).unwrap_or_default();
        let (account, region) = (text(2), text(3));
        let seen = self.stores.at(
            hash_of(&[data_type, store, account, region], 0),
            |known| {
                known.store == store
                    && known.data_type == data_type
                    && known.account == account
                    && known.region == region
            },
            || StoreSeen {
                data_type: data_type.to_owned(),
                store: store.to_owned(),
                account: account.to_owned(),
                region: region.to_owned(),
                reads: 0,
                writes: 0,
                first_time: time,
                last_time: time,
            },
        );
        let Some(seen) = seen else { return };
        if columns.bool(14, row) == Some(false) {
            seen.writes += 1;
        } else {
            seen.reads += 1;
        }
        seen.first_time = seen.first_time.min(time);
        seen.last_time = seen.last_time.max(time);
    }

    fn call(&mut self, columns: &Columns<'_>, row: usize, time: Timestamp, logged: bool) {
        let text = |column: usize| columns.text(column, row).unwrap_or_default();
        let hour = hour_of(time);
        let address = columns.text(11, row);
        let (account, region, actor, model) = (text(2), text(3), text(5), text(9));
        let call = self.calls.at(
            hash_of(&[account, region, actor, model, address.unwrap_or_default()], hour.0),
            |known| {
                known.hour == hour
                    && known.actor == actor
                    && known.model == model
                    && known.source_ip.as_deref() == address
                    && known.account == account
                    && known.region == region
            },
            || ModelCall {
                source: "cloudtrail".to_owned(),
                account: account.to_owned(),
                region: region.to_owned(),
                principal: text(4).to_owned(),
                actor: actor.to_owned(),
                model: model.to_owned(),
                source_ip: address.map(str::to_owned),
                hour,
                calls: 0,
                failed: 0,
                logged: 0,
                tokens: 0,
                first_ref: reference(columns, 12, 13, row),
                first_time: time,
            },
        );
        let Some(call) = call else { return };
        if text(10) == "success" {
            call.calls += 1;
            call.logged += u64::from(logged);
        } else {
            call.failed += 1;
        }
    }

    fn finish(self, inputs: &mut Inputs) {
        inputs.services = self.services.into_rows();
        inputs.services.sort_by(|a, b| {
            (&a.event_source, &a.account, &a.region).cmp(&(&b.event_source, &b.account, &b.region))
        });
        inputs.stores = self.stores.into_rows();
        inputs.stores.sort_by(|a, b| {
            (&a.data_type, &a.store, &a.account, &a.region).cmp(&(
                &b.data_type,
                &b.store,
                &b.account,
                &b.region,
            ))
        });
        inputs.model_calls.extend(self.calls.into_rows());
        super::tables::sort_calls(&mut inputs.model_calls);
    }
}
