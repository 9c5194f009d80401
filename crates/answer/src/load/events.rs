//! One pass over all events: who came from where, which services, stores and models were used, and
//! who is behind the findings.

use std::collections::{BTreeSet, HashMap, HashSet};

use heptagon_case::{CaseDir, read};
use heptagon_model::Timestamp;

use super::columns::Columns;
use super::{LoadError, hour_of, reference, store_of};
use crate::input::{Inputs, ModelCall, Origin, Ref, ServiceUse, StoreSeen};

/// Distinct (actor, address) pairs kept.
const ORIGINS_MAX: usize = 500_000;
/// Addresses named per finding and actor.
const ADDRESSES_MAX: usize = 50;

/// An actor at an address, while events pass in the order of time.
#[derive(Clone, Copy)]
struct Visit {
    first: Timestamp,
    last: Timestamp,
    events: u64,
    days: u64,
    day: i64,
}

/// (account, region).
type Place = (String, String);
/// (data type, store, account, region).
type StoreKey = (String, String, String, String);
/// (account, region, actor, model, address, hour).
type CallKey = (String, String, String, String, Option<String>, Timestamp);

#[derive(Default)]
struct Pass {
    origins: HashMap<String, HashMap<String, Visit>>,
    n_origins: usize,
    /// Events and uses by service.
    services: HashMap<String, HashMap<Place, (u64, u64)>>,
    stores: HashMap<StoreKey, StoreSeen>,
    calls: HashMap<CallKey, ModelCall>,
}

const WANTED: [&str; 13] = [
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
];

pub(super) fn summarise(
    case: &CaseDir,
    inputs: &mut Inputs,
    refs: &HashMap<Ref, Vec<u32>>,
    logged: &HashMap<String, HashSet<u64>>,
) -> Result<(), LoadError> {
    let mut pass = Pass::default();
    let mut by_artifact: HashMap<&str, HashMap<u64, &Vec<u32>>> = HashMap::new();
    #[expect(clippy::iter_over_hash_type, reason = "into another table that is only looked up")]
    for (reference, findings) in refs {
        by_artifact.entry(&reference.artifact).or_default().insert(reference.record, findings);
    }
    let wanted: Vec<&str> = WANTED.iter().copied().chain(["record", "read_only"]).collect();
    for batch in read(case, "events", Some(&wanted))? {
        let batch = batch?;
        let columns = Columns::new("events", &batch);
        for row in 0..batch.num_rows() {
            pass.event(&columns, row, logged);
            let found =
                columns.text(12, row).and_then(|artifact| by_artifact.get(artifact)).and_then(
                    |records| records.get(&columns.int(13, row).unwrap_or_default().unsigned_abs()),
                );
            let Some(actor) = columns.text(5, row) else { continue };
            for at in found.into_iter().copied().flatten() {
                let addresses =
                    inputs.findings[*at as usize].actors.entry(actor.to_owned()).or_default();
                if let Some(address) = columns.text(11, row)
                    && addresses.len() < ADDRESSES_MAX
                    && !addresses.iter().any(|known| known == address)
                {
                    addresses.push(address.to_owned());
                }
            }
        }
    }
    for finding in &mut inputs.findings {
        finding.actors.values_mut().for_each(|addresses| addresses.sort());
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
        let time = columns.time(0, row);
        let (actor, event_source, event_name) = (text(5), text(6), text(7));
        if let Some(address) = columns.text(11, row) {
            self.origin(actor, address, time);
        }
        let category = text(8);
        let used = text(10) == "success"
            && (category == "management-write" || category.starts_with("data:"));
        self.service(event_source, text(2), text(3), used);
        if let Some(data_type) = category.strip_prefix("data:") {
            self.store(columns, row, data_type, time);
        }
        if event_source == "bedrock.amazonaws.com"
            && matches!(
                event_name,
                "InvokeModel" | "InvokeModelWithResponseStream" | "Converse" | "ConverseStream"
            )
        {
            let record = columns.int(13, row).unwrap_or_default().unsigned_abs();
            let logged = logged.get(text(12)).is_some_and(|records| records.contains(&record));
            self.call(columns, row, time, logged);
        }
    }

    fn origin(&mut self, actor: &str, address: &str, time: Timestamp) {
        let day = time.day();
        if let Some(origin) =
            self.origins.get_mut(actor).and_then(|addresses| addresses.get_mut(address))
        {
            origin.first = origin.first.min(time);
            origin.last = origin.last.max(time);
            origin.events += 1;
            // Events come in the order of time, so a new day is a later one.
            if origin.day != day {
                origin.days += 1;
                origin.day = day;
            }
            return;
        }
        if self.n_origins < ORIGINS_MAX {
            self.n_origins += 1;
            let addresses = self.origins.entry(actor.to_owned()).or_default();
            let visit = Visit { first: time, last: time, events: 1, days: 1, day };
            addresses.insert(address.to_owned(), visit);
        }
    }

    fn service(&mut self, event_source: &str, account: &str, region: &str, used: bool) {
        if !self.services.contains_key(event_source) {
            self.services.insert(event_source.to_owned(), HashMap::new());
        }
        let Some(places) = self.services.get_mut(event_source) else { return };
        let place = places.entry((account.to_owned(), region.to_owned())).or_default();
        place.0 += 1;
        place.1 += u64::from(used);
    }

    fn store(&mut self, columns: &Columns<'_>, row: usize, data_type: &str, time: Timestamp) {
        let Some(resource) = columns.text(9, row) else { return };
        let store = store_of(resource);
        let store = store.strip_prefix("arn:aws:s3:::").unwrap_or(store);
        let text = |column: usize| columns.text(column, row).unwrap_or_default();
        let key = (data_type.to_owned(), store.to_owned(), text(2).to_owned(), text(3).to_owned());
        if !self.stores.contains_key(&key) && self.stores.len() >= ORIGINS_MAX {
            return;
        }
        let seen = self.stores.entry(key).or_insert_with_key(|key| StoreSeen {
            data_type: key.0.clone(),
            store: key.1.clone(),
            account: key.2.clone(),
            region: key.3.clone(),
            reads: 0,
            writes: 0,
            first_time: time,
            last_time: time,
        });
        if columns.bool(14, row) == Some(false) {
            seen.writes += 1;
        } else {
            seen.reads += 1;
        }
        seen.first_time = seen.first_time.min(time);
        seen.last_time = seen.last_time.max(time);
    }

    fn call(&mut self, columns: &Columns<'_>, row: usize, time: Timestamp, logged: bool) {
        let text = |column: usize| columns.text(column, row).unwrap_or_default().to_owned();
        let hour = hour_of(time);
        let address = columns.text(11, row).map(str::to_owned);
        let key = (text(2), text(3), text(5), text(9), address.clone(), hour);
        let call = self.calls.entry(key).or_insert_with(|| ModelCall {
            source: "cloudtrail".to_owned(),
            account: text(2),
            region: text(3),
            principal: text(4),
            actor: text(5),
            model: text(9),
            source_ip: address,
            hour,
            calls: 0,
            failed: 0,
            logged: 0,
            tokens: 0,
            first_ref: reference(columns, 12, 13, row),
            first_time: time,
        });
        if columns.text(10, row) == Some("success") {
            call.calls += 1;
            call.logged += u64::from(logged);
        } else {
            call.failed += 1;
        }
    }

    fn finish(self, inputs: &mut Inputs) {
        let mut origins: BTreeSet<Origin> = BTreeSet::new();
        #[expect(clippy::iter_over_hash_type, reason = "the set sorts")]
        for (actor, addresses) in self.origins {
            origins.extend(addresses.into_iter().map(|(source_ip, of)| Origin {
                actor: actor.clone(),
                source_ip,
                first_time: of.first,
                last_time: of.last,
                events: of.events,
                days: of.days,
            }));
        }
        inputs.origins = origins.into_iter().collect();
        #[expect(clippy::iter_over_hash_type, reason = "sorted below")]
        for (event_source, places) in self.services {
            inputs.services.extend(places.into_iter().map(
                |((account, region), (events, uses))| ServiceUse {
                    event_source: event_source.clone(),
                    account,
                    region,
                    events,
                    uses,
                },
            ));
        }
        inputs.services.sort_by(|a, b| {
            (&a.event_source, &a.account, &a.region).cmp(&(&b.event_source, &b.account, &b.region))
        });
        inputs.stores = self.stores.into_values().collect();
        inputs.stores.sort_by(|a, b| {
            (&a.data_type, &a.store, &a.account, &a.region).cmp(&(
                &b.data_type,
                &b.store,
                &b.account,
                &b.region,
            ))
        });
        inputs.model_calls.extend(self.calls.into_values());
        super::tables::sort_calls(&mut inputs.model_calls);
    }
}
