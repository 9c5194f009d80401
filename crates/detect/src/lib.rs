//! Sigma rules over records, correlations over sorted matches, rule tests.
