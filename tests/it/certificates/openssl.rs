//! OpenSSL's validator of paths, by its program.

use std::fs;
use std::path::Path;
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use proofmark::authenticator::attestation_root;
use proofmark::runner::offline_case::NOW;

fn pem(certificates: &[Vec<u8>]) -> String {
    let one = |der: &Vec<u8>| {
        let text = STANDARD.encode(der);
        let lines: Vec<&str> = (0..text.len()).step_by(64).map(|at| &text[at..text.len().min(at + 64)]).collect();
        format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n"))
    };
    certificates.iter().map(one).collect()
}

/// What `openssl verify` says of a path up to our root, with the checks of RFC 5280 that it leaves out by default.
pub fn verify(chain: &[Vec<u8>]) -> Result<(), String> {
    let directory = tempfile::tempdir().expect("a directory");
    let put = |name: &str, text: String| {
        let path = directory.path().join(name);
        fs::write(&path, text).expect("a writable directory");
        path.display().to_string()
    };
    let root = put("root.pem", pem(&[attestation_root()]));
    // One of a thousand is enough: they are copies.
    let others = put("others.pem", pem(&chain[1..chain.len().min(4)]));
    let leaf = put("leaf.pem", pem(&chain[..1]));
    let mut command = Command::new("openssl");
    command.args(["verify", "-x509_strict", "-no-CApath", "-no-CAstore", "-CAfile", &root]);
    command.args(["-attime", &NOW.to_string()]);
    if chain.len() > 1 {
        command.args(["-untrusted", &others]);
    }
    let output = command.arg(&leaf).output().expect("`openssl` is installed: it is the second validator of paths");
    let said = String::from_utf8_lossy(&output.stderr).replace(&leaf, Path::new("leaf").to_str().unwrap_or_default());
    if output.status.success() { Ok(()) } else { Err(said.trim().replace('\n', "; ")) }
}
