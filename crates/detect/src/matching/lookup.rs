//! The fields of one record, each fetched once however many rules ask for it.

use std::collections::HashMap;

use heptagon_model::Fields;
use rsigma_eval::EventValue;

use super::event::{RecordEvent, convert};

/// The number of a field path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct FieldId(u32);

/// The field paths that rules speak of.
#[derive(Debug, Default)]
pub(super) struct Paths {
    paths: Vec<Box<str>>,
    ids: HashMap<Box<str>, FieldId>,
}

impl Paths {
    pub(super) fn id(&mut self, path: &str) -> FieldId {
        if let Some(id) = self.ids.get(path) {
            return *id;
        }
        let id = FieldId(self.paths.len() as u32);
        self.paths.push(path.into());
        self.ids.insert(path.into(), id);
        id
    }

    pub(super) fn path(&self, id: FieldId) -> &str {
        &self.paths[id.0 as usize]
    }
}

/// Fields kept in place; a record is rarely asked for more.
const KEPT: usize = 16;

/// The truths of leaves, each with the number of the record it is about.
#[derive(Default)]
pub(super) struct Truths {
    record: u64,
    of_leaf: Vec<(u64, bool)>,
}

impl Truths {
    /// Forgets what was true of the record before.
    fn next_record(&mut self) {
        self.record += 1;
    }
}

/// A record, with the values fetched so far.
pub(super) struct Lookup<'r, F: ?Sized> {
    pub(super) event: RecordEvent<'r, F>,
    record: &'r F,
    paths: &'r Paths,
    /// The numbers of the kept fields, apart from their values so that they are found fast.
    kept_ids: [u32; KEPT],
    kept: [Option<EventValue<'r>>; KEPT],
    n_kept: usize,
    more: Vec<(FieldId, Option<EventValue<'r>>)>,
    truths: &'r mut Truths,
}

impl<'r, F: Fields + ?Sized> Lookup<'r, F> {
    pub(super) fn new(record: &'r F, paths: &'r Paths, truths: &'r mut Truths) -> Self {
        truths.next_record();
        Lookup {
            event: RecordEvent(record),
            record,
            paths,
            kept_ids: [0; KEPT],
            kept: [const { None }; KEPT],
            n_kept: 0,
            more: Vec::new(),
            truths,
        }
    }

    /// What was found of a leaf before.
    pub(super) fn truth(&self, leaf: u32) -> Option<bool> {
        let (record, truth) = *self.truths.of_leaf.get(leaf as usize)?;
        (record == self.truths.record).then_some(truth)
    }

    pub(super) fn keep_truth(&mut self, leaf: u32, truth: bool) {
        let at = leaf as usize;
        if at >= self.truths.of_leaf.len() {
            self.truths.of_leaf.resize(at + 1, (0, false));
        }
        self.truths.of_leaf[at] = (self.truths.record, truth);
    }

    pub(super) fn visit_strings(&self, visit: &mut dyn FnMut(&str)) {
        self.record.visit_strings(visit);
    }

    /// The value of a field, and the record to hold a matcher against.
    pub(super) fn get(&mut self, id: FieldId) -> (Option<&EventValue<'r>>, &RecordEvent<'r, F>) {
        if let Some(at) = self.kept_ids[..self.n_kept].iter().position(|known| *known == id.0) {
            return (self.kept[at].as_ref(), &self.event);
        }
        if let Some(at) = self.more.iter().position(|(known, _)| *known == id) {
            return (self.more[at].1.as_ref(), &self.event);
        }
        let value = self.record.field(self.paths.path(id)).map(convert);
        if self.n_kept < KEPT {
            let at = self.n_kept;
            self.n_kept += 1;
            self.kept_ids[at] = id.0;
            self.kept[at] = value;
            (self.kept[at].as_ref(), &self.event)
        } else {
            self.more.push((id, value));
            (self.more.last().and_then(|(_, value)| value.as_ref()), &self.event)
        }
    }
}
