//! The whole summary: all causes at a glance, the gravest in full, and at the end what a terminal still shows.

use super::{detail, end, glance};
use crate::gate::Judged;
use crate::report::causes::ordered;
use crate::report::view::View;
use crate::report::{diagnosis_text, known};

/// A summary in its parts, each of whole lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// A table of all causes; empty for one cause and for none.
    pub glance: String,
    /// Causes in full, and what the known-deviations file excuses.
    pub details: String,
    /// The run, its verdict, the gravest causes, what to do next.
    pub end: String,
}

impl Summary {
    /// For a view.
    pub fn of(judged: &Judged, view: &View) -> Summary {
        let causes = ordered(judged);
        if view.brief {
            return Summary { glance: String::new(), details: String::new(), end: end::brief(judged, &causes, view) };
        }
        let mut details = detail::details(judged, &causes, view);
        known::describe(&mut details, judged, view.width);
        details.push_str(&diagnosis_text::short(judged, view));
        Summary { glance: glance::table(&causes, view), details, end: end::end(judged, &causes, view) }
    }
}

/// The whole summary as for a file.
pub fn summary(judged: &Judged) -> String {
    summary_for(judged, &View::default())
}

/// The same, for a given view.
pub fn summary_for(judged: &Judged, view: &View) -> String {
    let Summary { glance, details, end } = Summary::of(judged, view);
    format!("{glance}{details}{end}")
}
