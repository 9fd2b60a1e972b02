//! The command as a stranger uses it: what it says, where it says it, and how it exits.

mod attest;
mod capacity;
mod choosing;
mod coverage;
mod distribution;
mod fuzz;
mod inputs;
mod interrupted;
mod leases;
mod load_records;
mod profile;
mod recorded;
mod report;
mod reports;
mod running;
mod setup;
mod shape;
mod stopped;
mod subjects;
mod target_files;
mod triage;
mod unwritable;
mod vectors;
mod verify;

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use tempfile::TempDir;

/// What a run of the command came to.
pub struct Output {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Output {
    /// Fails with both outputs unless the code is this one.
    #[track_caller]
    pub fn exits(self, code: i32) -> Output {
        assert_eq!(self.code, Some(code), "stdout: {}\nstderr: {}", self.out, self.err);
        assert!(!self.err.contains("panicked"), "{}", self.err);
        self
    }

    /// All of these words, on whichever output.
    #[track_caller]
    pub fn tells(&self, words: &[&str]) {
        for word in words {
            assert!(self.out.contains(word) || self.err.contains(word), "no {word:?} in: {}{}", self.out, self.err);
        }
    }

    /// Exactly one error, on standard error and nowhere else, with all of these words.
    #[track_caller]
    pub fn says(&self, words: &[&str]) {
        let errors = self.err.lines().filter(|line| line.starts_with("error: ")).count();
        assert_eq!(errors, 1, "{}", self.err);
        // Before subjects are made, it is told how many.
        let mut lines = self.err.lines().skip_while(|line| line.starts_with("subjects  "));
        assert!(lines.next().is_some_and(|line| line.starts_with("error: ")), "{}", self.err);
        assert_eq!(self.out, "");
        for word in words {
            assert!(self.err.contains(word), "no {word:?} in: {}", self.err);
        }
    }
}

/// The command, away from a terminal and from the environment's ideas.
pub fn command(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_proofmark"));
    command.args(args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.env_remove("CI").env_remove("GITHUB_ACTIONS");
    command
}

pub fn finish(command: &mut Command) -> Output {
    let output = command.output().expect("the command can be started");
    Output {
        code: output.status.code(),
        out: String::from_utf8(output.stdout).expect("UTF-8"),
        err: String::from_utf8(output.stderr).expect("UTF-8"),
    }
}

pub fn proofmark(args: &[&str]) -> Output {
    finish(&mut command(args))
}

/// With a text on standard input.
pub fn fed(args: &[&str], input: &[u8]) -> Output {
    let mut child = command(args).stdin(Stdio::piped()).spawn().expect("started");
    let mut stdin = child.stdin.take().expect("piped");
    let input = input.to_vec();
    // The command may refuse before it has read everything.
    let writer = std::thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output().expect("ended");
    let _ = writer.join().expect("no panic");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    Output { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}

/// A process that is ended with its owner.
pub struct Running(pub Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Running {
    /// Sends a signal by name and waits for the end.
    pub fn signalled(mut self, name: &str) -> Output {
        let id = self.0.id().to_string();
        let sent = Command::new("kill").args(["-s", name, &id]).status().expect("kill is there");
        assert!(sent.success());
        let status = self.0.wait().expect("ended");
        let mut output = Output { code: status.code(), out: String::new(), err: String::new() };
        if let Some(mut out) = self.0.stdout.take() {
            out.read_to_string(&mut output.out).expect("UTF-8");
        }
        self.0.stderr.take().expect("piped").read_to_string(&mut output.err).expect("UTF-8");
        output
    }
}

/// A reference server in a process of its own, with its target file in a directory of its own.
pub struct Served {
    pub directory: TempDir,
    pub server: Running,
    _out: BufReader<ChildStdout>,
}

impl Served {
    pub fn with(args: &[&str]) -> Served {
        Served::of(40, args)
    }

    /// With so many users.
    pub fn of(users: usize, args: &[&str]) -> Served {
        let directory = tempfile::tempdir().expect("a directory");
        let target = directory.path().join("target.toml");
        let mut command = command(&["serve", "--listen", "127.0.0.1:0", "--seed", "5"]);
        command.args(["--users", &users.to_string()]);
        command.args(["--stop-after", "60s", "--target-out"]).arg(&target).args(args);
        let mut server = Running(command.spawn().expect("started"));
        let mut out = BufReader::new(server.0.stdout.take().expect("piped"));
        let mut line = String::new();
        // The target file is there once its line is.
        while !line.starts_with("target file") {
            line.clear();
            assert!(out.read_line(&mut line).expect("UTF-8") > 0, "the server ended early");
        }
        Served { directory, server, _out: out }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub fn target(&self) -> String {
        text(&self.path("target.toml"))
    }

    /// Every token of the subjects file.
    pub fn tokens(&self) -> Vec<String> {
        let pool = std::fs::read(self.path("target.subjects.json")).expect("there");
        let pool: serde_json::Value = serde_json::from_slice(&pool).expect("JSON");
        let subjects = pool["subjects"].as_array().expect("a list").iter().map(|subject| &subject["token"]);
        let tokens = subjects.chain([&pool["adminToken"], &pool["noRightsToken"], &pool["readOnlyToken"]]);
        tokens.map(|token| token.as_str().expect("a string").to_owned()).collect()
    }
}

pub fn text(path: &Path) -> String {
    path.to_str().expect("UTF-8").to_owned()
}
