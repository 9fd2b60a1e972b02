//! Machines of their own: network namespaces, each joined to that of the server by a virtual cable, with documentation addresses
//! (RFC 5737). They need a kernel that lets this user make them.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Command, Stdio};

/// The server's address; every machine reaches it by its own cable.
pub const SERVER: &str = "192.0.2.1";

/// Set where it is a failure if there are none.
const REQUIRED: &str = "PROOFMARK_NAMESPACES";

/// What a namespace lives by: it ends with its standard input, so with the test.
const HOLD: [&str; 3] = ["sh", "-c", "echo up; read _"];

/// The server's machine first, then one for each shard.
pub struct Machines(Vec<Child>);

impl Machines {
    /// So many besides the server's. Where they can't be had it says why, unless they are required.
    pub fn of(shards: usize) -> Option<Machines> {
        match Machines::start(shards) {
            Ok(machines) => Some(machines),
            Err(why) if std::env::var_os(REQUIRED).is_some() => panic!("no network namespaces: {why}"),
            Err(why) => {
                // Not eprintln, which the test runner keeps to itself.
                let text = format!("no network namespaces, shards are processes of one machine instead: {why}\n");
                std::io::Write::write_all(&mut std::io::stderr(), text.as_bytes()).expect("writable");
                None
            }
        }
    }

    fn start(shards: usize) -> Result<Machines, String> {
        let server = hold(Command::new("unshare").args(["--user", "--map-root-user", "--net"]).args(HOLD))?;
        let mut machines = Machines(vec![server]);
        machines.run(0, &format!("ip link set lo up && ip address add {SERVER}/32 dev lo"))?;
        for number in 1..=shards {
            let mut held = machines.enter(0);
            let shard = hold(held.args(["unshare", "--net"]).args(HOLD))?;
            let (id, own) = (shard.id(), address(number));
            machines.0.push(shard);
            machines.run(0, &format!("ip link add cable{number} type veth peer name cable netns {id}"))?;
            machines.run(0, &format!("ip link set cable{number} up && ip route add {own}/32 dev cable{number}"))?;
            machines.run(number, &format!("ip address add {own}/32 dev cable && ip link set cable up"))?;
            machines.run(number, &format!("ip route add {SERVER}/32 dev cable src {own}"))?;
        }
        Ok(machines)
    }

    /// A command on a machine; what it runs comes as arguments.
    fn enter(&self, machine: usize) -> Command {
        let mut command = Command::new("nsenter");
        command.args(["--preserve-credentials", "--user", "--net", "--target", &self.0[machine].id().to_string()]);
        command
    }

    /// The same command there: 0 is the server's machine.
    pub fn on(&self, machine: usize, command: &Command) -> Command {
        let mut there = self.enter(machine);
        there.arg(command.get_program()).args(command.get_args());
        there.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => there.env(name, value),
                None => there.env_remove(name),
            };
        }
        there
    }

    fn run(&self, machine: usize, script: &str) -> Result<(), String> {
        let output = self.enter(machine).args(["sh", "-c", script]).output().map_err(|why| why.to_string())?;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        if output.status.success() { Ok(()) } else { Err(format!("{script}: {said}")) }
    }

    /// Addresses that have a connection with a process on the server's machine.
    pub fn peers(&self) -> Vec<String> {
        let table = std::fs::read_to_string(format!("/proc/{}/net/tcp", self.0[0].id())).unwrap_or_default();
        let established = table.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
        let remote = |fields: Vec<&str>| {
            let address = u32::from_str_radix(fields.get(2)?.split(':').next()?, 16).ok()?;
            (fields.get(3) == Some(&"01")).then(|| std::net::Ipv4Addr::from(address.swap_bytes()).to_string())
        };
        established.filter_map(remote).collect()
    }
}

/// The address of a shard's machine, from 1.
pub fn address(number: usize) -> String {
    format!("192.0.2.{}", 10 + number)
}

impl Drop for Machines {
    fn drop(&mut self) {
        for child in &mut self.0 {
            child.kill().unwrap_or_default();
            child.wait().map(|_| ()).unwrap_or_default();
        }
    }
}

/// Starts what holds a namespace, and waits until it is there.
fn hold(command: &mut Command) -> Result<Child, String> {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|why| format!("{:?}: {why}", command.get_program()))?;
    let mut line = String::new();
    BufReader::new(child.stdout.take().expect("piped")).read_line(&mut line).map_err(|why| why.to_string())?;
    if line.trim() == "up" {
        return Ok(child);
    }
    let mut said = String::new();
    child.stderr.take().expect("piped").read_to_string(&mut said).map_err(|why| why.to_string())?;
    child.wait().map_err(|why| why.to_string())?;
    Err(said)
}
