//! The load engine's live page, and the directory that the engine wants for it.

use std::path::PathBuf;

use crate::cli::exit::{Exit, Failure};
use crate::cli::output;
use crate::load::LivePage;

/// A directory for files that nobody asked for; it is removed when this is dropped.
pub(super) struct Scratch {
    port: u16,
    path: PathBuf,
}

impl Scratch {
    /// Makes it, and says where the page is.
    pub(super) fn make(port: u16) -> Result<Scratch, Failure> {
        let path = std::env::temp_dir().join(format!("proofmark-{}", std::process::id()));
        std::fs::create_dir(&path).map_err(|why| {
            Failure::text(Exit::Config, format!("--dashboard={port}: {}: {why}; set TMPDIR", path.display()))
        })?;
        output::note(&format!("the load engine's live page: http://127.0.0.1:{port}/"));
        Ok(Scratch { port, path })
    }

    /// The page, which writes its files in this directory only.
    pub(super) fn page(&self) -> LivePage {
        LivePage { port: self.port, directory: self.path.join("run") }
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // A directory that can't be removed is not worth an error.
        std::fs::remove_dir_all(&self.path).unwrap_or_default();
    }
}
