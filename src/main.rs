//! The `proofmark` command.

use std::process::ExitCode;

/// A load makes some hundred allocations a cycle.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    proofmark::cli::main()
}
