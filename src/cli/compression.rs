//! Files that are compressed: reports by the end of their name, what is read by its first bytes.

use std::ffi::OsStr;
use std::io::{self, BufRead, BufReader, Write};
use std::path::Path;

use flate2::bufread::MultiGzDecoder;
use flate2::write::GzEncoder;

/// How hard zstd tries: a stream of a default run is a third smaller than with its default, 3.
const ZSTD_LEVEL: i32 = 9;
/// The first bytes of a gzip file (RFC 1952 section 2.3.1).
const GZIP: [u8; 2] = [0x1f, 0x8b];
/// The first bytes of a zstd frame (RFC 8878 section 3.1.1).
const ZSTD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// Writes into a file what a function writes, compressed if the path ends in `.gz` or `.zst`.
///
/// # Errors
/// Errors of the function and of the file.
pub fn write(
    path: &Path,
    file: &mut dyn Write,
    content: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    match path.extension().and_then(OsStr::to_str) {
        Some("gz") => {
            let mut out = GzEncoder::new(file, flate2::Compression::default());
            content(&mut out)?;
            out.finish().map(drop)
        }
        Some("zst") => {
            let mut out = zstd::Encoder::new(file, ZSTD_LEVEL)?;
            content(&mut out)?;
            out.finish().map(drop)
        }
        _ => content(file),
    }
}

/// The content of a file, compressed or not. A stream that a run left when it died is not, whatever its name says.
///
/// # Errors
/// Errors of the file.
pub fn read(file: impl io::Read + 'static) -> io::Result<Box<dyn BufRead>> {
    let mut file = BufReader::new(file);
    let start = file.fill_buf()?;
    if start.starts_with(&GZIP) {
        Ok(Box::new(BufReader::new(MultiGzDecoder::new(file))))
    } else if start.starts_with(&ZSTD) {
        Ok(Box::new(BufReader::new(zstd::Decoder::with_buffer(file)?)))
    } else {
        Ok(Box::new(file))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_under_each_name_is_read_again() {
        for (name, start) in [("a.ndjson", b"li".as_slice()), ("a.ndjson.gz", &GZIP), ("a.ndjson.zst", &ZSTD)] {
            let mut file = Vec::new();
            write(Path::new(name), &mut file, |out| out.write_all(b"line\n")).expect("written");
            assert!(file.starts_with(start), "{name}");
            let mut text = String::new();
            let mut content = read(io::Cursor::new(file.clone())).expect("opened");
            content.read_to_string(&mut text).expect("read");
            assert_eq!(text, "line\n", "{name}");
            if name != "a.ndjson" {
                file.truncate(file.len() - 5);
                let cut = read(io::Cursor::new(file)).and_then(|mut content| content.read_to_string(&mut text));
                assert!(cut.is_err(), "{name}");
            }
        }
    }
}
