//! `schema`: the JSON Schemas of what proofmark reads and writes.

use super::args::SchemaArguments;
use super::exit::{Exit, Failure};
use super::{nearest, output};

/// Name, what it is about, and the schema.
const SCHEMAS: [(&str, &str, &str); 7] = [
    ("check", "what `check --format json` prints", include_str!("../../reports/schemas/check.schema.json")),
    ("diagnosis", "what `diagnose --format json` prints", include_str!("../../reports/schemas/diagnosis.schema.json")),
    (
        "events",
        "a line of the event stream, `--report ndjson=PATH`",
        include_str!("../../reports/schemas/events.schema.json"),
    ),
    ("load", "the record of a load, `load --report json=PATH`", include_str!("../../reports/schemas/load.schema.json")),
    ("report", "the report `--report json=PATH`", include_str!("../../reports/schemas/report.schema.json")),
    (
        "subjects",
        "a file of subjects, and what `provision` prints",
        include_str!("../../reports/schemas/subjects.schema.json"),
    ),
    ("vector", "a file that `vectors export` writes", include_str!("../../reports/schemas/vector.schema.json")),
];

/// Prints a schema, or the list of all.
pub fn schema(arguments: &SchemaArguments) -> Result<Exit, Failure> {
    let Some(name) = arguments.name.as_deref() else {
        SCHEMAS.iter().for_each(|(name, about, _)| output::line(&format!("{name:<10} {about}")));
        return Ok(Exit::Green);
    };
    let Some((.., text)) = SCHEMAS.iter().find(|(known, ..)| *known == name) else {
        let near = nearest::meant(name, SCHEMAS.iter().map(|(known, ..)| *known));
        return Err(Failure::text(
            Exit::Usage,
            format!("there is no schema `{name}`; `proofmark schema` lists all{near}"),
        ));
    };
    output::print(text);
    Ok(Exit::Green)
}
