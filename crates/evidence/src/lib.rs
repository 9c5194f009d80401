//! Intake: opens, unpacks within limits, recognises and hashes artifacts; manifest and custody ledger.
