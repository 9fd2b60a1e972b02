//! The `proofmark` command.

use std::process::ExitCode;

/// A load makes some hundred allocations a cycle, and musl's allocator has one lock for all threads.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    proofmark::cli::main()
}
