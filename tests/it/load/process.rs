//! The command while it runs: what it listens to, what it shows, and how Ctrl-C ends it.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddrV4, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use proofmark::server::RunningServer;
use tempfile::TempDir;

use super::{command, server, target_file};

/// A load on a server of the test, which knows how far it is.
struct Running {
    child: Child,
    server: RunningServer,
    directory: TempDir,
}

impl Drop for Running {
    fn drop(&mut self) {
        // It has ended already, unless the test fails.
        self.child.kill().unwrap_or_default();
    }
}

impl Running {
    /// Starts it, and waits until the server has verified some of the load, which begins after a look at the target.
    async fn start(arguments: &[&str]) -> Running {
        let directory = tempfile::tempdir().expect("a directory");
        let server = server(&[], 4).await;
        let target = target_file(directory.path(), &server, &server.base_url(), 4);
        let target = target.to_str().expect("UTF-8");
        let mut command = command(&[arguments, &["--target", target, "--seed", "1"]].concat());
        let scratch = directory.path().join("scratch");
        std::fs::create_dir(&scratch).expect("created");
        let child = command.current_dir(&scratch).env("TMPDIR", &scratch).spawn().expect("it starts");
        let mut running = Running { child, server, directory };
        let began = Instant::now();
        while running.server.counts.verified() < 5 {
            assert!(began.elapsed() < Duration::from_secs(60), "nothing was sent");
            if running.child.try_wait().expect("a child").is_some() {
                panic!("it ended by itself: {}", running.interrupted().2);
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        running
    }

    /// Presses Ctrl-C: exit code, how long the end took, and what was said on standard output and error.
    fn interrupted(&mut self) -> (Option<i32>, Duration, String) {
        let _ = Command::new("kill").args(["-INT", &self.child.id().to_string()]).status().expect("kill is there");
        let began = Instant::now();
        let mut text = String::new();
        self.child.stdout.take().expect("piped").read_to_string(&mut text).expect("UTF-8");
        self.child.stderr.take().expect("piped").read_to_string(&mut text).expect("UTF-8");
        let ended = self.child.wait().expect("it ends");
        (ended.code(), began.elapsed(), text)
    }

    /// Presses Ctrl-C, and holds the end to what it always is.
    async fn end(&mut self) -> String {
        let (code, took, text) = tokio::task::block_in_place(|| self.interrupted());
        assert_eq!(code, Some(130), "{text}");
        assert!(took < Duration::from_secs(30), "{took:?}");
        assert!(!text.contains("launched"), "the engine has nothing to say: {text}");
        let counts = &self.server.counts;
        assert_eq!(counts.verified(), counts.removed(), "what was enrolled is removed: {text}");
        let left = std::fs::read_dir(self.directory.path().join("scratch")).expect("there").count();
        assert_eq!(left, 0, "it writes nothing that nobody asked for: {text}");
        text
    }

    /// Addresses at which it listens, IPv4 and IPv6, as the kernel writes them.
    fn listening(&self) -> Vec<String> {
        let links = std::fs::read_dir(format!("/proc/{}/fd", self.child.id())).expect("a running process of ours");
        let links = links.filter_map(|entry| std::fs::read_link(entry.ok()?.path()).ok());
        let inode = |link: PathBuf| Some(link.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?.to_owned());
        let sockets: Vec<String> = links.filter_map(inode).collect();
        assert!(!sockets.is_empty(), "it has connections at least");
        let read = |name| std::fs::read_to_string(format!("/proc/net/{name}")).unwrap_or_default();
        let own = |line: &str| {
            let fields: Vec<&str> = line.split_whitespace().collect();
            let is_own = fields.get(9).is_some_and(|inode| sockets.iter().any(|own| own == inode));
            (fields.get(3) == Some(&"0A") && is_own).then(|| fields[1].to_owned())
        };
        ["tcp", "tcp6"].map(read).iter().flat_map(|table| table.lines()).filter_map(own).collect()
    }
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn ctrl_c_reports_what_is_there_and_nobody_listens() {
    let mut running = Running::start(&["--users", "2", "--duration", "50s"]).await;
    assert_eq!(running.listening(), Vec::<String>::new(), "no port opens unless asked");
    let text = running.end().await;
    assert!(text.contains("errors 0 of ") && text.contains("interrupted: "), "{text}");
    let cycles = text.lines().find(|line| line.starts_with("rest cycle ")).expect("a row");
    assert!(cycles.split_whitespace().nth(2).and_then(|n| n.parse::<u64>().ok()).is_some_and(|n| n > 0), "{text}");
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn the_live_page_is_at_the_loopback_address_alone_and_only_if_asked() {
    let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port").local_addr().expect("bound").port();
    let option = format!("--dashboard={free}");
    let mut running = Running::start(&["--users", "2", "--duration", "50s", &option]).await;
    // 127.0.0.1 in the kernel's notation.
    assert_eq!(running.listening(), [format!("0100007F:{free:04X}")]);
    let page = get(free, "/");
    assert!(page.starts_with("HTTP/1.1 200 ") && page.contains("<title>Goose"), "{page}");
    let snapshot = loop {
        let snapshot = get(free, "/api/v1/snapshot");
        // The engine hears of calls in batches.
        if snapshot.contains(r#""name":"verify""#) {
            break snapshot;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    };
    assert!(!running.server.accounts.subjects.iter().any(|account| snapshot.contains(account.token.expose())));
    // Who looks on does not keep it from ending, and can't do more than look.
    let watching = ask(free, "GET", "/api/v1/events");
    let mut stop = String::new();
    ask(free, "POST", "/api/v1/control/stop").read_to_string(&mut stop).expect("UTF-8");
    assert!(stop.starts_with("HTTP/1.1 404 "), "{stop}");
    let text = running.end().await;
    assert!(text.contains(&format!("http://127.0.0.1:{free}/")), "{text}");
    drop(watching);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_port_that_is_taken_is_said() {
    let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let port = taken.local_addr().expect("bound").port();
    let option = format!("--dashboard={port}");
    let (code, _, err) = super::run(&["--users", "1", "--duration", "1s", &option]).await;
    assert_eq!(code, Some(3), "{err}");
    assert!(err.contains(&format!("{option}: ")) && err.contains("a free port"), "{err}");
}

#[tokio::test(flavor = "multi_thread")]
async fn ctrl_c_ends_a_search_with_what_is_known() {
    let search = ["find", "--objective", "verify.p50<5s", "--lowest", "20/s", "--highest", "20/s", "--hold", "50s"];
    let mut running = Running::start(&[&search[..], &["--users", "4", "--generator-lag", "10s"]].concat()).await;
    let text = running.end().await;
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines[0].ends_with(": from 20/s to 20/s, each held for 50s; seed 1"), "{text}");
    assert!(lines.iter().any(|line| line.starts_with("hold  1 ") && line.contains("interrupted")), "{text}");
    assert!(lines.iter().any(|line| line.starts_with("interrupted: no rate is known")), "{text}");
}

fn ask(port: u16, method: &str, path: &str) -> TcpStream {
    let mut stream = TcpStream::connect(SocketAddrV4::new(Ipv4Addr::LOCALHOST, port)).expect("it listens");
    stream.set_read_timeout(Some(Duration::from_secs(10))).expect("a timeout");
    let head = format!("{method} {path} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\nconnection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).expect("written");
    stream
}

fn get(port: u16, path: &str) -> String {
    let mut reply = String::new();
    ask(port, "GET", path).read_to_string(&mut reply).expect("UTF-8");
    reply
}
