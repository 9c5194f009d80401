//! K-way merge of sorted batches, and the gathering of chosen rows into new batches.

use std::cmp::Ordering;
use std::sync::Arc;

use arrow::array::{Array, AsArray, RecordBatch, StringArray};
use arrow::compute::interleave;

use crate::IngestError;
use crate::key::Keys;

/// Rows gathered before a batch is made of them.
pub(crate) const GATHER_ROWS: usize = 4_096;

/// A source of sorted batches: a run's day, or the rows a case has already.
pub(crate) type Source = Box<dyn Iterator<Item = Result<RecordBatch, IngestError>>>;

/// A batch with its keys.
pub(crate) struct Keyed {
    pub(crate) batch: RecordBatch,
    pub(crate) keys: Keys,
    /// References to other copies, from an earlier merge; looked at for every row.
    pub(crate) other_refs: Option<StringArray>,
}

struct Cursor {
    source: Source,
    current: Arc<Keyed>,
    row: usize,
}

/// Yields the rows of all sources in the total order.
pub(crate) struct Merge {
    cursors: Vec<Cursor>,
    /// A binary heap of indices into `cursors`, smallest row first.
    heap: Vec<usize>,
}

fn next_batch(source: &mut Source) -> Result<Option<Arc<Keyed>>, IngestError> {
    for batch in source.by_ref() {
        let batch = batch?;
        if batch.num_rows() > 0 {
            let keys = Keys::of(&batch);
            let other_refs = batch
                .column_by_name("other_refs")
                .map(|column| column.as_string::<i32>().clone())
                .filter(|refs| refs.null_count() < refs.len());
            return Ok(Some(Arc::new(Keyed { batch, keys, other_refs })));
        }
    }
    Ok(None)
}

impl Merge {
    pub(crate) fn new(sources: Vec<Source>) -> Result<Merge, IngestError> {
        let mut cursors = Vec::with_capacity(sources.len());
        for mut source in sources {
            if let Some(current) = next_batch(&mut source)? {
                cursors.push(Cursor { source, current, row: 0 });
            }
        }
        let mut merge = Merge { heap: (0..cursors.len()).collect(), cursors };
        for at in (0..merge.heap.len() / 2).rev() {
            merge.sift_down(at);
        }
        Ok(merge)
    }

    fn less(&self, a: usize, b: usize) -> bool {
        let (left, right) = (&self.cursors[a], &self.cursors[b]);
        left.current.keys.compare(left.row, &right.current.keys, right.row).then(a.cmp(&b))
            == Ordering::Less
    }

    fn sift_down(&mut self, mut at: usize) {
        loop {
            let mut least = at;
            for child in [2 * at + 1, 2 * at + 2] {
                if child < self.heap.len() && self.less(self.heap[child], self.heap[least]) {
                    least = child;
                }
            }
            if least == at {
                return;
            }
            self.heap.swap(at, least);
            at = least;
        }
    }

    /// The next row, as its batch and position.
    pub(crate) fn next(&mut self) -> Result<Option<(Arc<Keyed>, usize)>, IngestError> {
        let Some(&top) = self.heap.first() else { return Ok(None) };
        let cursor = &mut self.cursors[top];
        let row = (Arc::clone(&cursor.current), cursor.row);
        cursor.row += 1;
        if cursor.row == cursor.current.keys.len() {
            match next_batch(&mut cursor.source)? {
                Some(next) => {
                    cursor.current = next;
                    cursor.row = 0;
                }
                None => {
                    self.heap.swap_remove(0);
                }
            }
        }
        self.sift_down(0);
        Ok(Some(row))
    }
}

/// Collects rows from many batches and makes one batch of them.
#[derive(Default)]
pub(crate) struct Gather {
    batches: Vec<Arc<Keyed>>,
    picks: Vec<(usize, usize)>,
}

impl Gather {
    pub(crate) fn push(&mut self, keyed: &Arc<Keyed>, row: usize) {
        // Rows come in spans from one batch, so the last batches are the likely ones.
        let at =
            self.batches.iter().rposition(|known| Arc::ptr_eq(known, keyed)).unwrap_or_else(|| {
                self.batches.push(Arc::clone(keyed));
                self.batches.len() - 1
            });
        self.picks.push((at, row));
    }

    pub(crate) fn len(&self) -> usize {
        self.picks.len()
    }

    pub(crate) fn is_full(&self) -> bool {
        self.picks.len() >= GATHER_ROWS
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.picks.is_empty()
    }

    /// The gathered rows in the order they were pushed; the gatherer is empty afterwards.
    pub(crate) fn take(&mut self) -> Result<RecordBatch, IngestError> {
        let schema = self.batches.first().expect("take is called with rows").batch.schema();
        let mut columns = Vec::with_capacity(schema.fields().len());
        for column in 0..schema.fields().len() {
            let arrays: Vec<&dyn Array> =
                self.batches.iter().map(|keyed| keyed.batch.column(column).as_ref()).collect();
            columns.push(interleave(&arrays, &self.picks)?);
        }
        self.batches.clear();
        self.picks.clear();
        Ok(RecordBatch::try_new(schema, columns)?)
    }
}
