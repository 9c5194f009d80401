//! Bytes to records and problems, one module per source and container.
