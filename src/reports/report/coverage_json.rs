//! What a run saw of each clause, as JSON.

use std::io;

use serde_json::{Map, Value, json};

use super::coverage::{Counts, Coverage, Row, State, coverage};
use super::made;
use crate::contract::Protocol;
use crate::gate::Judged;
use crate::outcome::RunRecord;

impl Coverage {
    /// The whole as JSON.
    pub fn to_json(&self, run: &RunRecord) -> Value {
        let clauses: Vec<Value> = self.rows.iter().map(Row::to_json).collect();
        let totals = Protocol::ALL.map(|protocol| {
            let counts = State::ALL.into_iter().zip(self.totals(protocol));
            let counts: Map<String, Value> =
                counts.map(|(state, count)| (state.name().to_owned(), count.into())).collect();
            (protocol.slug().to_owned(), Value::from(counts))
        });
        let made: Map<String, Value> = made::facts(run).into_iter().map(|(name, value)| (name, value.into())).collect();
        json!({
            "format": 1,
            "version": run.started.version,
            "target": run.started.target,
            "seed": run.started.seed,
            "made": made,
            "clauses": clauses,
            "totals": Map::from_iter(totals),
        })
    }

    /// [`Coverage::to_json`] as text, each clause on a line of its own.
    pub fn json_text(&self, run: &RunRecord) -> String {
        let mut document = self.to_json(run);
        let rows = document["clauses"].take();
        let rows: Vec<String> = rows.as_array().into_iter().flatten().map(|row| format!("    {row}")).collect();
        let clauses = format!("\"clauses\": [\n{}\n  ]", rows.join(",\n"));
        format!("{document:#}").replacen("\"clauses\": null", &clauses, 1)
    }
}

impl Row {
    fn to_json(&self) -> Value {
        let cell = |(protocol, (state, counts)): (Protocol, (State, Counts))| {
            let value = json!({
                "state": state.name(),
                "verified": counts.verified,
                "violated": counts.violated,
                "weak": counts.weak,
            });
            (protocol.slug().to_owned(), value)
        };
        let transports: Map<String, Value> = Protocol::ALL.into_iter().zip(self.cells).map(cell).collect();
        let mut row = json!({
            "id": self.clause.id,
            "basis": self.clause.basis.name(),
            "text": self.clause.text,
            "source": self.clause.source,
            "cases": self.cases,
            "transports": transports,
        });
        if let Some(why) = self.clause.on_request() {
            row["on_request"] = why.into();
        }
        if let Some(why) = self.clause.excluded() {
            row["excluded"] = why.into();
        }
        row
    }
}

/// Writes the JSON form.
pub(super) fn write(judged: &Judged, out: &mut dyn io::Write) -> io::Result<()> {
    writeln!(out, "{}", coverage(&judged.run).json_text(&judged.run))
}
