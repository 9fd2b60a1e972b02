//! One HTML file for people: it works from a disk, without a server, without a request and without JavaScript.

mod charts;
mod page;
mod plot;
mod render;
mod table;

pub(super) use render::write;
