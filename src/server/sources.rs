//! The sources of the server, for the tests that look into them.

/// The sources that ask for defects and variants, for the tests that demand one place for each.
const SOURCES: &[&str] = &[
    include_str!("around.rs"),
    include_str!("bearer.rs"),
    include_str!("carriers.rs"),
    include_str!("ceremony.rs"),
    include_str!("challenge.rs"),
    include_str!("refusal_faults.rs"),
    include_str!("factors.rs"),
    include_str!("grpc.rs"),
    include_str!("grpc_faults.rs"),
    include_str!("handle.rs"),
    include_str!("timing_faults.rs"),
    include_str!("leniency.rs"),
    include_str!("limits.rs"),
    include_str!("body_faults.rs"),
    include_str!("options.rs"),
    include_str!("rest.rs"),
    include_str!("running.rs"),
    include_str!("rush.rs"),
    include_str!("service.rs"),
    include_str!("site.rs"),
    include_str!("slips.rs"),
    include_str!("spelling.rs"),
    include_str!("spill.rs"),
    include_str!("stored.rs"),
    include_str!("strictness.rs"),
];

/// What the sources ask for by a call, such as `has(&defect::limit::TOKEN_NAME_201)`: the paths, in any order.
pub(super) fn asked(call: &str, module: &str) -> Vec<String> {
    let prefix = format!("&{module}::");
    let calls = SOURCES.iter().flat_map(|source| source.split(call).skip(1)).map(str::trim_start);
    let paths = calls.filter_map(|rest| {
        rest.strip_prefix(&prefix)?.split(|c: char| c != ':' && c != '_' && !c.is_alphanumeric()).next()
    });
    paths.map(str::to_owned).collect()
}
