//! A diagnosis for programs, as `reports/schemas/diagnosis.schema.json` has it.

use serde_json::{Value, json};

use crate::diagnosis::{Cause, Diagnosis};

/// Version of the document's format; raised when a reader would break.
const FORMAT: u32 = 1;

/// One JSON object; of a run in which nothing failed one without causes.
pub fn diagnosis_json(diagnosis: Option<&Diagnosis>) -> String {
    let failed = diagnosis.map_or(0, |diagnosis| diagnosis.failed);
    let document = json!({
        "format": FORMAT,
        "failed": failed,
        "explained": diagnosis.map_or(0, |diagnosis| failed.saturating_sub(diagnosis.unexplained)),
        "causes": diagnosis.map(|diagnosis| diagnosis.causes.iter().map(cause).collect::<Vec<Value>>()).unwrap_or_default(),
        "unexplained": diagnosis.map(unexplained),
    });
    format!("{document:#}\n")
}

fn cause(cause: &Cause) -> Value {
    json!({
        "defect": cause.defect,
        "same-as": cause.same,
        "clause": cause.clause,
        "wrong": cause.wrong,
        "look": cause.look,
        "explains": cause.explains,
        "further-findings": cause.further,
        "cases": cause.cases,
        "missing": cause.missing,
        "shown-percent": cause.precision,
    })
}

fn unexplained(diagnosis: &Diagnosis) -> Value {
    let nearest = diagnosis.nearest.as_ref().map(|near| {
        json!({ "defect": near.defect, "wrong": near.wrong, "explains": near.explains, "missing": near.missing })
    });
    json!({ "tests": diagnosis.unexplained, "cases": diagnosis.cases, "clauses": diagnosis.clauses, "nearest": nearest })
}
