//! One HTML file for people: it works from a disk, without a server, without a request and without JavaScript.
//!
//! Everything in it may come from a hostile target. Each value is escaped where it is written, whatever the template says, and
//! the page's policy lets only our own style and script run, by their hashes.

mod clauses;
mod detail;
mod escape;
mod findings;
mod page;
mod suites;

use std::io;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{Environment, UndefinedBehavior, Value};

use crate::gate::Judged;

/// Name, and text.
const TEMPLATES: [(&str, &str); 3] = [
    ("page.html", include_str!("page.html")),
    ("findings.html", include_str!("findings.html")),
    ("tree.html", include_str!("tree.html")),
];

/// The whole page.
pub(super) fn write(judged: &Judged, out: &mut dyn io::Write) -> io::Result<()> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_formatter(escape::formatter);
    environment
        .set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build().map_err(io::Error::other)?);
    for (name, text) in TEMPLATES {
        environment.add_template(name, text).map_err(io::Error::other)?;
    }
    let template = environment.get_template("page.html").map_err(io::Error::other)?;
    let page = Value::from(Serde(page::Page::of(judged)));
    template.render_captured_to(page, out).map(|_state| ()).map_err(io::Error::other)
}
