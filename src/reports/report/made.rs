//! When, where and how a run was made, for every report.

use crate::outcome::RunRecord;

/// What is known of it, with names in lower case: the times, the host, the command, and each label under its key. The values may come
/// from outside.
pub(super) fn facts(run: &RunRecord) -> Vec<(String, String)> {
    let occasion = &run.started.occasion;
    let ended = run.finished.and_then(|finished| finished.ended);
    let command = run.started.made_with.as_ref().and_then(|with| with.command.clone());
    let named = [
        ("started", occasion.started.map(|time| time.to_string())),
        ("ended", ended.map(|time| time.to_string())),
        ("host", occasion.host.clone()),
        ("command", command),
    ];
    let named = named.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    named.chain(occasion.labels.iter().map(|(key, value)| (format!("label {key}"), value.clone()))).collect()
}
