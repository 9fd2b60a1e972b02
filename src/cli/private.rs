//! Files with tokens: only their owner may read them.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

/// Writes such a file under another name and then renames it, so that neither the mode nor the open readers of an older file remain.
/// A link is followed; if the path is not a regular file but, for example, a pipe, it is written directly.
///
/// # Errors
/// Errors of the file system; no temporary file is left then.
pub fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if std::fs::metadata(path).is_ok_and(|found| !found.is_file()) {
        return OpenOptions::new().write(true).open(path)?.write_all(bytes);
    }
    let place = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let (aside, mut file) = create_beside(&place)?;
    let written = file.write_all(bytes).and_then(|()| std::fs::rename(&aside, &place));
    if written.is_err() {
        // A file that can't be written may not be removable either.
        std::fs::remove_file(&aside).unwrap_or_default();
    }
    written
}

fn create_beside(place: &Path) -> io::Result<(PathBuf, File)> {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let mut name = place.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}-{}.part", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed)));
    let aside = place.with_file_name(name);
    let mut options = OpenOptions::new();
    // Never an existing file: somebody else may have it open.
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(&aside)?;
    Ok((aside, file))
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};

    use super::*;

    fn mode(path: &Path) -> u32 {
        std::fs::metadata(path).expect("there").permissions().mode() & 0o777
    }

    #[test]
    fn a_file_that_everybody_could_read_gets_no_token() {
        let directory = tempfile::tempdir().expect("a directory");
        let (path, link) = (directory.path().join("pool.json"), directory.path().join("link.json"));
        std::fs::write(&path, "old").expect("written");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).expect("mine");
        // Whoever has it open still reads the old content.
        let mut open = File::open(&path).expect("there");
        let before = std::fs::metadata(&path).expect("there").ino();
        write(&path, b"a-token").expect("writable");
        assert_eq!((mode(&path), std::fs::read_to_string(&path).expect("there").as_str()), (0o600, "a-token"));
        assert_ne!(std::fs::metadata(&path).expect("there").ino(), before);
        assert_eq!(io::read_to_string(&mut open).expect("readable"), "old");
        std::os::unix::fs::symlink(&path, &link).expect("a link");
        write(&link, b"another").expect("writable");
        assert!(std::fs::symlink_metadata(&link).expect("there").is_symlink());
        assert_eq!((mode(&path), std::fs::read_to_string(&path).expect("there").as_str()), (0o600, "another"));
        write(&directory.path().join("new"), b"x").expect("writable");
        assert_eq!(mode(&directory.path().join("new")), 0o600);
        assert!(write(&directory.path().join("no/where"), b"x").is_err());
        assert_eq!(std::fs::read_dir(directory.path()).expect("readable").count(), 3, "nothing is left aside");
    }
}
