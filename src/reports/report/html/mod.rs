//! One HTML file for people: it works from a disk, without a server, without a request and without JavaScript.
//!
//! Everything in it may come from a hostile target. Each value is escaped when it is written, whatever the template does, and
//! the page's policy lets only our own style and script run, by their hashes.

mod clauses;
mod detail;
mod diagnosed;
mod escape;
mod findings;
mod glance;
mod page;
mod render;
mod sign;
mod suites;

pub(super) use render::write;
