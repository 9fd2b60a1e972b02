//! `init`: a target file from a URL.

mod dialogue;
mod text;

pub use dialogue::init;
