//! The page from its templates.

use std::io;

use super::page::Page;
use crate::gate::Judged;
use crate::report::markup;

/// Name, and text.
const TEMPLATES: [(&str, &str); 3] = [
    ("page.html", include_str!("page.html")),
    ("findings.html", include_str!("findings.html")),
    ("tree.html", include_str!("tree.html")),
];

/// The whole page.
pub(in crate::report) fn write(judged: &Judged, out: &mut dyn io::Write) -> io::Result<()> {
    markup::render(&TEMPLATES, Page::of(judged), out)
}
