//! One HTML file for people: it works from a disk, without a server, without a request and without JavaScript.

mod charts;
mod page;
mod plot;
mod table;

use std::io;

use super::super::markup;
use crate::outcome::load::LoadRecord;

/// Name, and text.
const TEMPLATES: [(&str, &str); 2] =
    [("load.html", include_str!("load.html")), ("parts.html", include_str!("parts.html"))];

/// The whole page.
pub(super) fn write(record: &LoadRecord, out: &mut dyn io::Write) -> io::Result<()> {
    markup::render(&TEMPLATES, page::Page::of(record)?, out)
}
