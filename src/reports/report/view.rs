//! How a text is shown to people.

/// How a summary is shown.
#[derive(Debug, Clone, Default)]
pub struct View {
    /// Columns at which prose is broken; with `None` no line is broken.
    pub width: Option<usize>,
    /// The arguments, in addition to the seed, that play the same run again, such as `--target target.toml`; `None` if not known.
    pub arguments: Option<String>,
    /// The event stream that the run wrote; `None` if it is not known.
    pub stream: Option<String>,
}
