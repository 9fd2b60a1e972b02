//! Renderings of a run. Everything is derived from the events; nothing here touches the network.

mod annotations;
mod badge;
mod causes;
mod codequality;
pub mod coverage;
mod coverage_json;
mod diff;
mod format;
mod html;
mod json;
mod junit;
mod known;
pub mod load;
mod made;
mod markdown;
mod markup;
mod ndjson;
mod paste;
mod place;
mod registry;
mod sarif;
mod stream;
mod terminal;
mod text;
mod transcript;
pub mod tree;

pub use annotations::annotations;
pub use diff::{diff_json, diff_text};
pub use format::Report;
pub use ndjson::write_event;
pub use paste::word;
pub use registry::{REPORTS, find};
pub use stream::{Stream, StreamError, read_run};
pub use terminal::{Summary, View, case_line, failure_lines, summary, summary_for};
pub use text::printable;
pub use transcript::transcript;
