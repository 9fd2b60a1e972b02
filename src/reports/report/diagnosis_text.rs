//! A diagnosis for people: in full, and in short for the summary of a run.

use super::diagnosis_words::{explains, head, missing, nearest, same, unexplained, wrong};
use super::text::{printable, push, wrapped};
use super::view::View;
use crate::diagnosis::{Cause, Diagnosis, of_run};
use crate::gate::{Judged, Standing};

/// How many causes a summary has.
const SHORT: usize = 3;
/// Columns of a label.
const INDENT: usize = 16;
/// The fewest columns for prose, however narrow the terminal is.
const LEAST: usize = 24;

/// The whole diagnosis; `None` says that nothing failed.
pub fn diagnosis_text(diagnosis: Option<&Diagnosis>, view: &View) -> String {
    let Some(diagnosis) = diagnosis else { return "nothing failed, so that there is nothing to explain\n".to_owned() };
    let mut text = String::new();
    paragraph(&mut text, view, &format!("{}. A diagnosis explains; it is not a verdict.", head(diagnosis)));
    for (index, cause) in diagnosis.causes.iter().enumerate() {
        push(&mut text, "\n");
        title(&mut text, view, index, &wrong(cause));
        full(&mut text, view, cause);
    }
    if let Some(words) = unexplained(diagnosis) {
        push(&mut text, "\n");
        line(&mut text, view, "unexplained", &words);
        nearest(diagnosis).iter().for_each(|words| line(&mut text, view, "nearest", words));
    }
    text
}

fn full(text: &mut String, view: &View, cause: &Cause) {
    line(text, view, "look", &cause.look);
    line(text, view, "explains", &explains(cause));
    line(text, view, "clause", &cause.clause);
    missing(cause).iter().for_each(|words| line(text, view, "did not fail", words));
    line(text, view, "as defect", &cause.defect);
    same(cause).iter().for_each(|words| line(text, view, "or as", words));
}

/// The diagnosis of a run that is not green, for its summary; empty if there is nothing to say.
pub(super) fn short(judged: &Judged, view: &View) -> String {
    let Some(diagnosis) = of_red(judged) else { return String::new() };
    let mut text = String::new();
    paragraph(&mut text, view, &format!("DIAGNOSIS: {}.", head(&diagnosis)));
    for (index, cause) in diagnosis.causes.iter().take(SHORT).enumerate() {
        title(&mut text, view, index, &format!("{} It explains {}.", wrong(cause), tests(cause)));
        line(&mut text, view, "look", &cause.look);
    }
    let stream = view.stream.as_deref().unwrap_or("EVENTS");
    line(&mut text, view, "more", &format!("proofmark diagnose {stream}"));
    push(&mut text, "\n");
    text
}

fn tests(cause: &Cause) -> String {
    let words = explains(cause);
    words.split_once(" of ").map_or(words.clone(), |(tests, _)| tests.to_owned())
}

/// The diagnosis of what failed in a run and is not a known deviation.
pub(super) fn of_red(judged: &Judged) -> Option<Diagnosis> {
    of_run(&judged.run, |record| !matches!(judged.standing(record), Standing::Known(_)))
}

fn paragraph(text: &mut String, view: &View, words: &str) {
    labelled(text, view, "", 0, words);
}

fn title(text: &mut String, view: &View, index: usize, words: &str) {
    labelled(text, view, &format!("{}. ", index + 1), 3, words);
}

fn line(text: &mut String, view: &View, label: &str, words: &str) {
    labelled(text, view, &format!("   {label:<width$}", width = INDENT - 3), INDENT, words);
}

/// A label and a text that is broken at the width; further lines begin below the text.
fn labelled(text: &mut String, view: &View, label: &str, indent: usize, words: &str) {
    let lines = wrapped(&printable(words), view.width.saturating_sub(indent).max(LEAST));
    for (index, words) in lines.iter().enumerate() {
        let label = if index == 0 { label } else { "" };
        push(text, &format!("{label:<indent$}{words}\n"));
    }
}
