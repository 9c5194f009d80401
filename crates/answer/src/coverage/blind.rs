//! What a question needs and does not have.

use std::collections::BTreeSet;

use heptagon_content::questions::{Need, NeedScope};
use heptagon_model::{CoverageRow, CoverageState, Timestamp};

use super::{Coverage, row};
use crate::scope::GLOBAL_REGION;
use crate::settings::{Selected, Trail, names};
use crate::workload::Workload;

/// A cell, or a part of one, in which something could not have been seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Blind {
    pub(crate) source: String,
    pub(crate) category: String,
    pub(crate) account: String,
    pub(crate) region: String,
    /// The bucket, when it is about one.
    pub(crate) store: Option<String>,
    pub(crate) from: Timestamp,
    pub(crate) to: Timestamp,
    pub(crate) state: CoverageState,
    pub(crate) why: String,
}

impl Coverage {
    /// The stretches of a cell inside the window that were not recorded.
    pub(crate) fn blind_cell(
        &self,
        source: &str,
        category: &str,
        account: &str,
        region: &str,
    ) -> Vec<(Timestamp, Timestamp, CoverageState, String)> {
        let window = self.scope.window;
        let key = (source.to_owned(), category.to_owned(), account.to_owned(), region.to_owned());
        let Some(stretches) = self.cells.get(&key) else {
            let why = "no record from here is in the evidence".to_owned();
            return vec![(window.from, window.to, CoverageState::Unknown, why)];
        };
        let mut blind = Vec::new();
        let mut at = window.from;
        for stretch in stretches {
            let (from, to) = (stretch.from.max(window.from), stretch.to.min(window.to));
            if from >= to {
                continue;
            }
            if at < from {
                blind.push((at, from, CoverageState::Unknown, "nothing is known".to_owned()));
            }
            if stretch.state != CoverageState::Recorded {
                blind.push((from, to, stretch.state, stretch.why.clone()));
            }
            at = at.max(to);
        }
        if at < window.to {
            blind.push((at, window.to, CoverageState::Unknown, "nothing is known".to_owned()));
        }
        blind
    }

    /// Everything a need lacks; empty when "no" can be said.
    pub(crate) fn blind(&self, need: &Need, workload: &Workload) -> Vec<Blind> {
        let mut blind = Vec::new();
        if self.scope.accounts.is_empty() || self.scope.window.from >= self.scope.window.to {
            blind.push(self.unknown(need, "", "", None, "there are no records at all"));
            return blind;
        }
        if !matches!(need.source.as_str(), "cloudtrail" | "bedrock-invocation") {
            for account in &self.scope.accounts {
                let why = "this source is not among the evidence that can be read yet";
                blind.push(self.unknown(need, account, "", None, why));
            }
            return blind;
        }
        match need.scope {
            NeedScope::Stores => self.stores(need, workload, "data-store", &mut blind),
            NeedScope::PrivateStores => self.stores(need, workload, "private", &mut blind),
            _ if need.category.starts_with("data:") => self.data(need, workload, &mut blind),
            _ => {
                for (account, region) in self.places(need) {
                    self.cell(need, &account, &region, None, &mut blind);
                }
            }
        }
        blind
    }

    /// The coverage rows behind a need.
    pub(crate) fn rows_of(&self, need: &Need) -> Vec<CoverageRow> {
        let places: BTreeSet<(String, String)> = self.places(need).into_iter().collect();
        let texts = need.source == "bedrock-invocation";
        let cells = self.cells.iter().filter(|((source, category, account, region), _)| {
            *source == need.source
                && (*category == need.category
                    || (texts && category == "text")
                    || (need.category.ends_with(':') && category.starts_with(&need.category)))
                && (need.category.starts_with("data:")
                    || places.contains(&(account.clone(), region.clone())))
        });
        cells.flat_map(|(key, stretches)| stretches.iter().map(|s| row(key, s))).collect()
    }

    fn places(&self, need: &Need) -> Vec<(String, String)> {
        if need.scope == NeedScope::Calls {
            return self
                .calls
                .keys()
                .filter(|place| {
                    let key = (
                        need.source.clone(),
                        need.category.clone(),
                        place.0.clone(),
                        place.1.clone(),
                    );
                    self.cells.contains_key(&key)
                })
                .cloned()
                .collect();
        }
        let regions: BTreeSet<String> = match need.scope {
            NeedScope::Global => [GLOBAL_REGION.to_owned()].into(),
            NeedScope::RegionsAndGlobal => self.regions_and_global().into_iter().collect(),
            _ => self.scope.regions.iter().cloned().collect(),
        };
        let accounts = self.scope.accounts.iter();
        accounts
            .flat_map(|account| regions.iter().map(|region| (account.clone(), region.clone())))
            .collect()
    }

    fn cell(
        &self,
        need: &Need,
        account: &str,
        region: &str,
        store: Option<&str>,
        blind: &mut Vec<Blind>,
    ) {
        for (from, to, state, why) in self.blind_cell(&need.source, &need.category, account, region)
        {
            blind.push(Blind {
                source: need.source.clone(),
                category: need.category.clone(),
                account: account.to_owned(),
                region: region.to_owned(),
                store: store.map(str::to_owned),
                from,
                to,
                state,
                why,
            });
        }
        if need.source == "bedrock-invocation" {
            let withheld = Need { category: "text".to_owned(), ..need.clone() };
            let key =
                (need.source.clone(), "text".to_owned(), account.to_owned(), region.to_owned());
            if need.category == "invocation" && self.cells.contains_key(&key) {
                self.cell(&withheld, account, region, store, blind);
            }
        }
    }

    /// Stores: every one has to appear among the data events, and those have to go on.
    fn stores(&self, need: &Need, workload: &Workload, class: &str, blind: &mut Vec<Blind>) {
        let data_type = need.category.strip_prefix("data:").unwrap_or(&need.category);
        let kind = if data_type == "AWS::S3::Object" { "s3" } else { "dynamodb" };
        let mut known = false;
        for store in workload.stores_of(class) {
            known = true;
            if store.kind != kind {
                continue;
            }
            let id = store.id.rsplit(":::").next().unwrap_or(&store.id);
            let seen: Vec<_> = self
                .stores
                .iter()
                .filter(|seen| seen.data_type == data_type && seen.store == id)
                .collect();
            if seen.is_empty() {
                let account = self.scope.accounts.first().map_or("", String::as_str);
                let (state, why) = self.unseen_store(data_type, id);
                let unseen = self.unknown(need, account, GLOBAL_REGION, Some(id), &why);
                blind.push(Blind { state, ..unseen });
            }
            for seen in seen {
                self.cell(need, &seen.account, &seen.region, Some(id), blind);
            }
        }
        if !known {
            let account = self.scope.accounts.first().map_or("", String::as_str);
            let why = if class == "private" {
                "no private store is declared, and records do not tell what is private"
            } else {
                "no store of the workload is declared or seen"
            };
            blind.push(self.unknown(need, account, "", None, why));
        }
    }

    /// Data events of a type: where the type's service is part of the workload they have to go on.
    fn data(&self, need: &Need, workload: &Workload, blind: &mut Vec<Blind>) {
        let mut places: BTreeSet<(String, String)> = self
            .cells
            .iter()
            .filter(|((source, category, _, _), stretches)| {
                *source == need.source
                    && *category == need.category
                    && stretches.iter().any(|s| s.state == CoverageState::Recorded)
            })
            .map(|((_, _, account, region), _)| (account.clone(), region.clone()))
            .collect();
        if places.is_empty() {
            for account in &self.scope.accounts {
                for (from, to, state, why) in self.unseen_type(need, account) {
                    let unseen = self.unknown(need, account, "", None, &why);
                    blind.push(Blind { from, to, state, ..unseen });
                }
            }
            return;
        }
        let component = match need.category.as_str() {
            "data:AWS::Bedrock::KnowledgeBase" => "knowledge-base",
            "data:AWS::Bedrock::AgentAlias" => "agent",
            _ => "",
        };
        for known in workload.components.iter().filter(|known| known.kind == component) {
            if let (Some(account), Some(region)) = (&known.account, &known.region) {
                places.insert((account.clone(), region.clone()));
            }
        }
        for (account, region) in places {
            self.cell(need, &account, &region, None, blind);
        }
    }

    /// Why no data event of a type is there, in an account: by time, the regions taken together.
    fn unseen_type(
        &self,
        need: &Need,
        account: &str,
    ) -> BTreeSet<(Timestamp, Timestamp, CoverageState, String)> {
        let window = self.scope.window;
        let mut unseen = BTreeSet::new();
        for region in self.regions_and_global() {
            let key =
                (need.source.clone(), need.category.clone(), account.to_owned(), region.clone());
            if self.cells.contains_key(&key) {
                unseen.extend(self.blind_cell(&need.source, &need.category, account, &region));
                continue;
            }
            let mut trails = self.settings.covering(account, &region);
            trails.retain(|trail| trail.records(&need.category));
            let why = if trails.is_empty() {
                "no data event of this type is in the evidence: they are recorded only when a \
                 selector asks for them"
                    .to_owned()
            } else {
                selected_and_unseen(&trails, "data events of this type")
            };
            unseen.insert((window.from, window.to, CoverageState::Unknown, why));
        }
        unseen
    }

    /// Why no data event of a store is there.
    fn unseen_store(&self, data_type: &str, id: &str) -> (CoverageState, String) {
        let category = format!("data:{data_type}");
        let trails: Vec<&Trail> = self.settings.trails.iter().collect();
        let selects = |trail: &Trail| match data_type {
            "AWS::S3::Object" => trail.selects_bucket(id),
            _ => trail.selected(&category).map(|selected| selected != Selected::Nothing),
        };
        let selecting: Vec<&Trail> =
            trails.iter().copied().filter(|trail| selects(trail) == Some(true)).collect();
        if !selecting.is_empty() {
            let why = selected_and_unseen(&selecting, "data events of this store");
            return (CoverageState::Unknown, why);
        }
        // Data events that no known trail selects come from one that is not known.
        let explained = trails.iter().any(|t| t.selected(&category) != Some(Selected::Nothing))
            || !self.stores.iter().any(|seen| seen.data_type == data_type);
        let none = trails.iter().all(|trail| {
            selects(trail) == Some(false) && trail.known_from <= self.scope.window.from
        });
        if !trails.is_empty() && none && explained {
            let verb = if trails.len() == 1 { "selects" } else { "select" };
            let why = format!("{} {verb} no data events of this store", names(&trails));
            return (CoverageState::NotSelected, why);
        }
        let why = "no data event of this store is in the evidence: its data events are recorded \
                   only when a selector asks for them";
        (CoverageState::Unknown, why.to_owned())
    }

    fn unknown(
        &self,
        need: &Need,
        account: &str,
        region: &str,
        store: Option<&str>,
        why: &str,
    ) -> Blind {
        Blind {
            source: need.source.clone(),
            category: need.category.clone(),
            account: account.to_owned(),
            region: region.to_owned(),
            store: store.map(str::to_owned),
            from: self.scope.window.from,
            to: self.scope.window.to,
            state: CoverageState::Unknown,
            why: why.split_whitespace().collect::<Vec<_>>().join(" "),
        }
    }
}

/// Nothing is there of what trails select.
fn selected_and_unseen(trails: &[&Trail], what: &str) -> String {
    let verb = if trails.len() == 1 { "selects" } else { "select" };
    format!(
        "{} {verb} {what}, but none is in the evidence: nothing happened, or the files were not \
         collected",
        names(trails)
    )
}
