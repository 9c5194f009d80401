//! What may be asked: one statement that only reads, judged on what was parsed, not on its text.

use datafusion::sql::parser::{DFParserBuilder, Statement};
use datafusion::sql::sqlparser::ast;

use crate::CaseError;
use crate::text::one_line;

/// Parses one read-only statement.
pub(crate) fn parse(sql: &str) -> Result<Statement, CaseError> {
    let mut statements = DFParserBuilder::new(sql)
        .build()
        .and_then(|mut parser| parser.parse_statements())
        .map_err(|error| CaseError::Sql(message(&error)))?;
    match (statements.pop_front(), statements.len()) {
        (None, _) => Err(CaseError::NotAQuery("an empty statement".into())),
        (Some(statement), 0) => {
            check(&statement)?;
            Ok(if shows_tables(&statement) { tables_query()? } else { statement })
        }
        (Some(_), _) => Err(CaseError::NotAQuery("more than one statement".into())),
    }
}

fn shows_tables(statement: &Statement) -> bool {
    matches!(statement, Statement::Statement(inner)
        if matches!(**inner, ast::Statement::ShowTables { .. }))
}

/// The case's own tables in order; the engine's answer comes in the order of a hash map.
fn tables_query() -> Result<Statement, CaseError> {
    parse(
        "SELECT table_name AS \"table\" FROM information_schema.tables \
         WHERE table_schema = 'public' ORDER BY 1",
    )
}

/// An allow list: a statement that a later parser learns is refused until somebody looks at it.
fn check(statement: &Statement) -> Result<(), CaseError> {
    match statement {
        Statement::Explain(explain) => check(&explain.statement),
        Statement::Statement(inner) => check_sql(inner),
        Statement::CreateExternalTable(_) => {
            Err(CaseError::NotAQuery("CREATE EXTERNAL TABLE".into()))
        }
        Statement::CopyTo(_) => Err(CaseError::NotAQuery("COPY".into())),
        Statement::Reset(_) => Err(CaseError::NotAQuery("RESET".into())),
    }
}

fn check_sql(statement: &ast::Statement) -> Result<(), CaseError> {
    match statement {
        ast::Statement::Query(query) => check_query(query),
        ast::Statement::Explain { statement, .. } => check_sql(statement),
        ast::Statement::ExplainTable { .. }
        | ast::Statement::ShowTables { .. }
        | ast::Statement::ShowColumns { .. }
        | ast::Statement::ShowFunctions { .. }
        | ast::Statement::ShowVariable { .. } => Ok(()),
        other => {
            let text = other.to_string();
            let word = text.split_whitespace().next().unwrap_or("this statement");
            Err(CaseError::NotAQuery(one_line(&word.to_uppercase(), 40)))
        }
    }
}

/// Writes hide in queries too: `SELECT ... INTO`, `WITH x AS (INSERT ...)`, `FOR UPDATE`.
fn check_query(query: &ast::Query) -> Result<(), CaseError> {
    if let Some(with) = &query.with {
        for table in &with.cte_tables {
            check_query(&table.query)?;
        }
    }
    if !query.locks.is_empty() {
        return Err(CaseError::NotAQuery("FOR UPDATE".into()));
    }
    check_body(&query.body)
}

fn check_body(body: &ast::SetExpr) -> Result<(), CaseError> {
    match body {
        ast::SetExpr::Select(select) if select.into.is_some() => {
            Err(CaseError::NotAQuery("SELECT INTO".into()))
        }
        ast::SetExpr::Select(_) | ast::SetExpr::Values(_) | ast::SetExpr::Table(_) => Ok(()),
        ast::SetExpr::Query(query) => check_query(query),
        ast::SetExpr::SetOperation { left, right, .. } => {
            check_body(left)?;
            check_body(right)
        }
        ast::SetExpr::Insert(_)
        | ast::SetExpr::Update(_)
        | ast::SetExpr::Delete(_)
        | ast::SetExpr::Merge(_) => Err(CaseError::NotAQuery("a write inside of a query".into())),
    }
}

/// DataFusion's message in one safe line.
pub(crate) fn message(error: &datafusion::error::DataFusionError) -> String {
    let text = error.strip_backtrace();
    one_line(&text, 1_000)
}
