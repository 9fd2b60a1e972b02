//! One start/verify cycle: what it costs the generator, beside the floor and beside goose's own client.
//!
//!     cargo bench --bench cycle                                # five rounds
//!     cargo bench --bench cycle -- --rounds 3 --seconds 2 rest # fewer, and of one kind
//!
//! All send to one null server, which answers from memory in a process of its own. Each contender is a process too, so that its
//! processor time is that of all of its threads, those that attest among them. The floor is a plain loop of the same
//! libraries with the same attestation from the key chain, one thread, no checks, no histograms. Contenders take turns in each
//! round; what is printed are medians over the rounds, and their ratios. Where there is `taskset`, the server has the first processor
//! and contenders the second, so that what is measured is a core's work and not how threads wait for each other. The goals are
//! printed beside, and fail nothing: absolute times are the machine's.

mod floor;
mod goose_loop;
mod grpc;

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use proofmark::authenticator::{BulkAuthenticator, Format};
use proofmark::outcome::load::LoadRecord;
use serde_json::Value;

/// Cycles under way at a time.
const CONNECTIONS: usize = 16;

/// Before a contender is measured.
const WARM_UP: Duration = Duration::from_millis(500);

const ORIGIN: &str = "https://localhost";

/// What is compared within a row: kind, contenders (the floor first), flow of proofmark, and the goal in microseconds.
const KINDS: [(&str, &[&str], &str, f64); 4] = [
    ("rest", &["floor", "goose", "proofmark"], "v2/passkey", 58.0),
    ("grpc", &["floor", "proofmark"], "v2/passkey", 80.0),
    ("grpc-v1", &["floor", "proofmark"], "v1/passwordless", 70.0),
    ("grpc-web", &["floor", "proofmark"], "v2/passkey", 65.0),
];

/// A user of the null server.
#[derive(Clone)]
struct User {
    id: String,
    authorization: String,
}

/// Where it is, and who may call it.
struct Target {
    base_url: String,
    users: Vec<User>,
}

/// What a contender came to.
#[derive(Debug, Clone, Copy)]
struct Measured {
    cycles: u64,
    cpu_us: f64,
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    if let [role, contender, target, seconds] = arguments.as_slice()
        && role == "--contender"
    {
        let measured = play(contender, &Target::read(Path::new(target)), seconds.parse().expect("seconds"));
        println!("{} {}", measured.cycles, measured.cpu_us);
        return;
    }
    let number = |name: &str, usual: u64| {
        let at = arguments.iter().position(|argument| argument == name);
        at.map_or(usual, |at| arguments.get(at + 1).and_then(|text| text.parse().ok()).expect("a number"))
    };
    let (rounds, seconds) = (number("--rounds", 5).max(1), number("--seconds", 3).max(1));
    let wanted = arguments.iter().enumerate().filter(|(at, argument)| {
        !argument.starts_with("--") && !at.checked_sub(1).is_some_and(|before| arguments[before].starts_with("--"))
    });
    let wanted: Vec<&String> = wanted.map(|(_, argument)| argument).collect();
    compare(rounds, seconds, |kind| wanted.is_empty() || wanted.iter().any(|name| *name == kind));
}

/// Runs all in turns and prints the table.
fn compare(rounds: u64, seconds: u64, is_wanted: impl Fn(&str) -> bool) {
    let directory = tempfile::tempdir().expect("a directory");
    let null = Null::start(directory.path());
    let kinds: Vec<_> = KINDS.into_iter().filter(|(kind, ..)| is_wanted(kind)).collect();
    let mut costs: Vec<Vec<Vec<f64>>> = kinds.iter().map(|kind| vec![Vec::new(); kind.1.len()]).collect();
    for round in 0..rounds {
        for (costs, (kind, contenders, flow, _)) in costs.iter_mut().zip(&kinds) {
            for turn in 0..contenders.len() {
                // Every other round goes backwards, so that what drifts weighs on all.
                let at = if round % 2 == 0 { turn } else { contenders.len() - 1 - turn };
                let measured = match contenders[at] {
                    "proofmark" => of_proofmark(kind, flow, &null.target, directory.path(), seconds),
                    name => of_ourselves(&format!("{kind}/{name}"), &null.target, seconds),
                };
                costs[at].push(measured.cpu_us / measured.cycles as f64);
            }
        }
    }
    println!(
        "generator's processor time for a start/verify cycle, packed self from the key chain, {CONNECTIONS} connections;"
    );
    println!("medians of {rounds} rounds of {seconds} s, in microseconds, and from least to most\n");
    println!("{:<10}{:<11}{:>8}  {:<14}{:>10}{:>8}", "protocol", "client", "us", "", "x floor", "goal");
    for (costs, (kind, contenders, _, goal)) in costs.iter_mut().zip(&kinds) {
        let floor = median(&mut costs[0]);
        for (name, costs) in contenders.iter().zip(costs) {
            let middle = median(costs);
            let range = format!("{:.0} to {:.0}", costs[0], costs[costs.len() - 1]);
            let goal = if *name == "proofmark" { format!("{goal:.0}") } else { String::new() };
            println!("{kind:<10}{name:<11}{middle:>8.1}  {range:<14}{:>10.2}{goal:>8}", middle / floor);
        }
    }
}

/// Sorts, and gives the middle.
fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    (values[(values.len() - 1) / 2] + values[values.len() / 2]) / 2.0
}

/// The null server in a process of its own.
struct Null {
    process: Child,
    target: PathBuf,
}

impl Null {
    fn start(directory: &Path) -> Null {
        let target = directory.join("target.toml");
        let mut command = on_processor(0, Path::new(env!("CARGO_BIN_EXE_proofmark")));
        command.args(["serve", "--null", "--listen", "127.0.0.1:0", "--users", "64", "--seed", "1", "--stop-after"]);
        command.args(["30m", "--target-out"]).arg(&target).stdout(Stdio::null());
        let process = command.spawn().expect("it starts");
        let begun = Instant::now();
        while std::fs::read_to_string(&target).map_or(0, |text| text.len()) == 0 {
            assert!(begun.elapsed() < Duration::from_secs(10), "the null server does not come up");
            std::thread::sleep(Duration::from_millis(20));
        }
        Null { process, target }
    }
}

impl Drop for Null {
    fn drop(&mut self) {
        self.process.kill().unwrap_or_default();
        self.process.wait().map(|_| ()).unwrap_or_default();
    }
}

impl Target {
    fn read(path: &Path) -> Target {
        let text = std::fs::read_to_string(path).expect("a target file");
        let base_url = text.lines().find_map(|line| line.strip_prefix("base-url = ")).expect("an address");
        let pool = std::fs::read(path.with_extension("subjects.json")).expect("a pool");
        let pool: Value = serde_json::from_slice(&pool).expect("JSON");
        let user = |entry: &Value| User {
            id: entry["userId"].as_str().expect("an id").to_owned(),
            authorization: format!("Bearer {}", entry["token"].as_str().expect("a token")),
        };
        let users = pool["subjects"].as_array().expect("subjects").iter().take(CONNECTIONS).map(user).collect();
        Target { base_url: base_url.trim_matches('"').to_owned(), users }
    }
}

/// A program on one processor alone, where that can be had.
fn on_processor(number: usize, program: &Path) -> Command {
    let can = |name: &str| Command::new(name).arg("--version").stdout(Stdio::null()).status().is_ok();
    if std::thread::available_parallelism().map_or(1, |count| count.get()) <= number || !can("taskset") {
        return Command::new(program);
    }
    let mut command = Command::new("taskset");
    command.args(["-c", &number.to_string()]).arg(program);
    command
}

/// One of the loops of this program, as a process of its own.
fn of_ourselves(contender: &str, target: &Path, seconds: u64) -> Measured {
    let mut command = on_processor(1, &std::env::current_exe().expect("this program"));
    command.args(["--contender", contender]).arg(target).arg(seconds.to_string());
    let output = command.stderr(Stdio::inherit()).output().expect("it starts");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let numbers = text.lines().last().and_then(|line| line.split_once(' '));
    let (cycles, cpu) = numbers.unwrap_or_else(|| panic!("{contender} failed: {text}"));
    Measured { cycles: cycles.parse().expect("a count"), cpu_us: cpu.parse().expect("a number") }
}

/// The load generator as everybody starts it, but for the special cycles, which the null server can't play. What its record says
/// of processor time and cycles has both over the same stretch of time.
fn of_proofmark(kind: &str, flow: &str, target: &Path, directory: &Path, seconds: u64) -> Measured {
    let record = directory.join("load.json");
    let mut command = on_processor(1, Path::new(env!("CARGO_BIN_EXE_proofmark")));
    command.arg("load").arg("--target").arg(target).args(["--transport", kind.trim_end_matches("-v1"), "--flow", flow]);
    command.args(["--users", &CONNECTIONS.to_string(), "--warm-up", "500ms", "--duration", &format!("{seconds}s")]);
    command.args(["--negatives", "0%", "--races", "0%", "--lookups", "0%", "--keep", "--seed", "1", "--report"]);
    command.arg(format!("json={}", record.display()));
    let before = children();
    let output = command.output().expect("it starts");
    let whole = children() - before;
    // 9: it used more of the processors than it tolerates, which is the point here.
    assert!(matches!(output.status.code(), Some(0 | 9)), "{}", String::from_utf8_lossy(&output.stdout));
    let record: LoadRecord = serde_json::from_slice(&std::fs::read(record).expect("written")).expect("a record");
    assert!(record.errors.is_empty() && record.correctness.judged > 0, "{:?}", record.errors);
    let generator = &record.generators[0];
    let cpu_us = (generator.user_us + generator.system_us) as f64;
    // The kernel's count of the whole process has start-up, reports and the end in it too.
    assert!(cpu_us > whole * 0.5 && cpu_us <= whole + 20_000.0, "it says {cpu_us} us, the kernel {whole} us");
    Measured { cycles: generator.cycles, cpu_us }
}

fn play(contender: &str, target: &Target, seconds: u64) -> Measured {
    let time = Duration::from_secs(seconds);
    match contender {
        "rest/floor" => floor::measure(target, time, floor::rest),
        "grpc/floor" => floor::measure(target, time, grpc::v2),
        "grpc-v1/floor" => floor::measure(target, time, grpc::v1),
        "grpc-web/floor" => floor::measure(target, time, grpc::web),
        "rest/goose" => goose_loop::measure(target, time),
        _ => panic!("there is no contender {contender}"),
    }
}

/// The attestations of a worker: keys in sequence, as the load generator has them.
fn authenticator(number: usize) -> BulkAuthenticator {
    let seed = [u8::try_from(number + 1).expect("few"); 32];
    BulkAuthenticator::new(ORIGIN, Format::PackedSelf, seed).expect("a bulk format")
}

/// Processor time of this process so far, in microseconds.
fn own() -> f64 {
    ticks(11) * 10_000.0
}

/// The same of its children that were waited for.
fn children() -> f64 {
    ticks(13) * 10_000.0
}

/// Two neighbours of `/proc/self/stat`, counted from behind the name: hundredths of a second.
fn ticks(first: usize) -> f64 {
    let text = std::fs::read_to_string("/proc/self/stat").expect("Linux");
    let (_, fields) = text.rsplit_once(')').expect("a name");
    let fields: Vec<&str> = fields.split_whitespace().collect();
    let number = |at: usize| fields[at].parse::<f64>().expect("a number");
    number(first) + number(first + 1)
}
