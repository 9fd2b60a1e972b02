//! What every check of a ceremony has at hand.

use serde_json::Value;

use super::ceremony::{Ceremony, Omission, Refusal};
use super::procedure::Procedure;
use super::step::Step;
use crate::webauthn::client_data::{ClientDataError, ReceivedClientData};
use crate::words::beginning;

/// A check of something that was read: `Err` says what is wrong.
pub(super) type Row<T> = (Step, fn(&Context<'_>, &T) -> Result<(), String>);

/// One verification.
pub(super) struct Context<'a> {
    pub procedure: &'a Procedure,
    pub ceremony: &'a Ceremony<'a>,
    pub omissions: &'a [Omission],
}

impl Context<'_> {
    pub(super) fn skips(&self, step: Step) -> bool {
        self.omissions.contains(&Omission::Step(step))
    }

    /// Whether one check is left out that is not a whole step.
    pub(super) fn omits(&self, check: &'static str) -> bool {
        self.omissions.contains(&Omission::Check(check))
    }

    /// Whether a statement counts as verified although it fails a check.
    pub(super) fn tolerates(&self, format: &str, check: &str) -> bool {
        self.omissions.iter().any(|omission| match *omission {
            Omission::Step(step) => step == Step::AttestationStatement,
            Omission::Format(name) => name == format,
            Omission::Check(name) => name == check,
        })
    }

    pub(super) fn ensure(&self, step: Step, holds: bool, detail: impl FnOnce() -> String) -> Result<(), Refusal> {
        if holds || self.skips(step) { Ok(()) } else { Err(self.refusal(step, detail())) }
    }

    /// The first check that does not hold is the refusal.
    pub(super) fn check<T>(&self, rows: &[Row<T>], read: &T) -> Result<(), Refusal> {
        let mut rows = rows.iter().filter(|(step, _)| !self.skips(*step));
        rows.try_for_each(|(step, check)| check(self, read).map_err(|detail| self.refusal(*step, detail)))
    }

    pub(super) fn refusal(&self, step: Step, detail: impl ToString) -> Refusal {
        Refusal { section: self.procedure.section, step, check: None, detail: detail.to_string() }
    }

    /// The client data, decoded and parsed.
    pub(super) fn read_client_data(&self, bytes: &[u8]) -> Result<ReceivedClientData, Refusal> {
        let read = if self.skips(Step::ClientDataJson) {
            ReceivedClientData::parse_prefix(bytes)
        } else if self.skips(Step::ClientDataUtf8) {
            ReceivedClientData::parse_any_unicode(bytes)
        } else {
            ReceivedClientData::parse(bytes)
        };
        read.map_err(|error| match error {
            ClientDataError::NotUtf8 => self.refusal(Step::ClientDataUtf8, error),
            ClientDataError::NotJson(_) => self.refusal(Step::ClientDataJson, error),
        })
    }
}

/// `Ok` if the condition holds, otherwise what is wrong.
pub(super) fn holds(holds: bool, detail: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(detail()) }
}

pub(super) fn show(member: &Option<Value>) -> String {
    match member {
        None => "missing".to_owned(),
        Some(Value::String(text)) => quote(text),
        Some(other) => quote(&other.to_string()),
    }
}

/// Quotes hostile text: escaped, and cut after 80 characters.
pub(super) fn quote(text: &str) -> String {
    let head = beginning(text, 80);
    let more = if head.len() < text.len() { " ..." } else { "" };
    format!("{head:?}{more}")
}
