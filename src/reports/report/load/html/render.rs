//! The page from its templates.

use std::io;

use super::page::Page;
use crate::outcome::load::LoadRecord;
use crate::report::markup;

/// Name, and text.
const TEMPLATES: [(&str, &str); 2] =
    [("load.html", include_str!("load.html")), ("parts.html", include_str!("parts.html"))];

/// The whole page.
pub(in crate::report::load) fn write(record: &LoadRecord, out: &mut dyn io::Write) -> io::Result<()> {
    markup::render(&TEMPLATES, Page::of(record)?, out)
}
