//! One HTML file for people: it works from a disk, without a server, without a request and without JavaScript.
//!
//! Everything in it may come from a hostile target. Each value is escaped where it is written, whatever the template says, and
//! the page's policy lets only our own style and script run, by their hashes.

mod clauses;
mod detail;
mod escape;
mod findings;
mod page;
mod sign;
mod suites;

use std::io;

use super::markup;
use crate::gate::Judged;

/// Name, and text.
const TEMPLATES: [(&str, &str); 3] = [
    ("page.html", include_str!("page.html")),
    ("findings.html", include_str!("findings.html")),
    ("tree.html", include_str!("tree.html")),
];

/// The whole page.
pub(super) fn write(judged: &Judged, out: &mut dyn io::Write) -> io::Result<()> {
    markup::render(&TEMPLATES, page::Page::of(judged), out)
}
