//! What the build script knows of this build.

/// The version, and the commit if it is known, such as `0.1.0 (1a2b3c4d5e6f)`; `--version` prints it.
pub const LINE: &str = env!("PROOFMARK_BUILD_LINE");

/// The first twelve digits of the commit; empty if it is not known.
pub const COMMIT: &str = env!("PROOFMARK_BUILD_COMMIT");

/// The platform, such as `x86_64-unknown-linux-musl`.
pub const TARGET: &str = env!("PROOFMARK_BUILD_TARGET");

/// Whether the sources differ from the commit.
pub fn is_changed() -> bool {
    env!("PROOFMARK_BUILD_CHANGED") == "true"
}
