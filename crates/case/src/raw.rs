//! The SQL function `raw(artifact, record)`: the record as it came, from the sealed evidence.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use arrow::array::{AsArray, StringBuilder};
use arrow::datatypes::{DataType, Int64Type};
use datafusion::common::{Result, exec_err};
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility,
};

/// Where `raw()` gets records from.
pub trait RawSource: Send + Sync {
    /// The texts of records, given as artifact and number, in their order; nothing for those whose
    /// evidence is not at hand or has changed.
    fn raw(&self, wanted: &[(&str, i64)]) -> Vec<Option<String>>;
}

pub(crate) struct RawFunction {
    signature: Signature,
    source: Option<Arc<dyn RawSource>>,
}

impl RawFunction {
    pub(crate) fn new(source: Option<Arc<dyn RawSource>>) -> RawFunction {
        let signature = Signature::exact(vec![DataType::Utf8, DataType::Int64], Volatility::Stable);
        RawFunction { signature, source }
    }

    fn identity(&self) -> usize {
        self.source.as_ref().map_or(0, |source| Arc::as_ptr(source).cast::<()>() as usize)
    }
}

impl fmt::Debug for RawFunction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("raw")
    }
}

impl PartialEq for RawFunction {
    fn eq(&self, other: &RawFunction) -> bool {
        self.identity() == other.identity()
    }
}

impl Eq for RawFunction {}

impl Hash for RawFunction {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.identity().hash(state);
    }
}

impl ScalarUDFImpl for RawFunction {
    fn name(&self) -> &'static str {
        "raw"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arguments: &[DataType]) -> Result<DataType> {
        Ok(DataType::Utf8)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let Some(source) = &self.source else {
            return exec_err!("raw() needs the evidence, which is not at hand here");
        };
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        let [artifacts, records] = arrays.as_slice() else {
            return exec_err!("raw() takes an artifact and a record number");
        };
        let (artifacts, records) =
            (artifacts.as_string::<i32>(), records.as_primitive::<Int64Type>());
        let keys: Vec<Option<(&str, i64)>> =
            artifacts.iter().zip(records.iter()).map(|(a, r)| a.zip(r)).collect();
        let wanted: Vec<(&str, i64)> = keys.iter().flatten().copied().collect();
        let mut found = source.raw(&wanted).into_iter();
        let mut texts = StringBuilder::new();
        for key in keys {
            texts.append_option(key.and_then(|_| found.next().flatten()));
        }
        Ok(ColumnarValue::Array(Arc::new(texts.finish())))
    }
}
