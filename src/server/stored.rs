//! How a factor is stored: as it was sent, beside what was there. Defects store something else.

use super::carriers;
use super::factors;
use super::site::Site;
use super::store::{Factor, Kind, Pending, User};
use super::switches::Switches;
use crate::contract::{Flow, Protocol};

/// The length in characters of a column that is too short.
const SHORT_COLUMN: usize = 64;
/// The length in bytes of another column that is too short.
const BYTE_COLUMN: usize = 255;
/// The number of factors of a kind that a defect keeps.
const MOST_FACTORS: usize = 2;
/// The escapes of HTML.
const ENTITIES: [(&str, &str); 4] = [("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("\"", "&#34;")];
/// Letters with a combining mark, and the one character that Unicode's form C has for each.
const COMPOSED: [(&str, &str); 7] = [
    ("e\u{301}", "\u{e9}"),
    ("a\u{308}", "\u{e4}"),
    ("o\u{308}", "\u{f6}"),
    ("u\u{308}", "\u{fc}"),
    ("n\u{303}", "\u{f1}"),
    ("A\u{30a}", "\u{c5}"),
    ("s\u{323}\u{307}", "\u{1e69}"),
];
/// Characters that Unicode's form KC replaces by others that mean something else, or look otherwise.
const COMPATIBLE: [(&str, &str); 6] = [
    ("\u{fb01}", "fi"),
    ("\u{b2}", "2"),
    ("\u{2122}", "TM"),
    ("\u{2460}", "1"),
    ("\u{bd}", "1\u{2044}2"),
    ("\u{ff21}", "A"),
];

/// Adds a factor to those of the user.
pub(super) fn keep(
    site: &Site,
    (flow, protocol): (Flow, Protocol),
    user: &User,
    (pending, mut factor): (&Pending, Factor),
) {
    let switches = &site.switches;
    let mut state = user.state();
    if switches.has("sequence-verify-ends-both-kinds") {
        state.pending().for_each(Vec::clear);
    }
    let is_mistaken = factors::is_named_passkey(flow)
        && protocol == Protocol::Grpc
        && switches.has("stored-passkey-as-u2f-over-grpc");
    let of_kind = state.of(if is_mistaken { Kind::U2f } else { Kind::of(flow) });
    if pending.replayable.is_some() {
        of_kind.factors.retain(|other| other.id != factor.id);
    }
    factor.name = name(switches, (flow, protocol), &of_kind.factors, &factor.name);
    if switches.has("stored-credential-id-cut") {
        factor.credential_id.truncate(BYTE_COLUMN);
    }
    if switches.has("sequence-same-name-replaces") {
        of_kind.factors.retain(|other| other.name != factor.name);
    }
    if switches.has("canary-exclude-of-another") {
        site.memory.keep_factor(user.index, &factor);
    }
    of_kind.factors.extend(of_kind.removed.take());
    of_kind.factors.push(factor);
    if switches.has("sequence-third-evicts-first") && of_kind.factors.len() > MOST_FACTORS {
        of_kind.factors.remove(0);
    }
}

/// The name as it is stored.
fn name(switches: &Switches, (flow, protocol): (Flow, Protocol), before: &[Factor], sent: &str) -> String {
    let mut name = tidied(switches, sent);
    if switches.has("stored-name-cut-to-64-characters") {
        name = name.chars().take(SHORT_COLUMN).collect();
    }
    if Kind::of(flow) == Kind::Passkey && switches.has("stored-passkey-name-cut-to-255-bytes") {
        while name.len() > BYTE_COLUMN {
            name.pop();
        }
    }
    if switches.has("stored-name-in-lower-case") {
        name = name.to_lowercase();
    }
    if switches.has("stored-name-escaped") {
        name = replaced(name, &ENTITIES);
    }
    if switches.has("stored-name-in-compatibility-form") {
        name = replaced(name, &COMPATIBLE);
    }
    if flow.names_user() && switches.has("stored-name-percent-decoded") {
        name = carriers::decoded(&name);
    }
    if switches.has("stored-name-without-astral-planes") {
        name = name.chars().map(|c| if c > '\u{ffff}' { '?' } else { c }).collect();
    }
    if protocol == Protocol::GrpcWeb && switches.has("stored-name-as-latin-1-over-grpc-web") {
        name = name.bytes().map(char::from).collect();
    }
    if !name.is_empty() && name.bytes().all(|b| b.is_ascii_digit()) && switches.has("stored-name-of-digits-as-number") {
        name = name.trim_start_matches('0').to_owned();
    }
    match before.first() {
        Some(first) if switches.has("stored-name-of-the-first") => first.name.clone(),
        _ => name,
    }
}

/// The name as variants have it: the same to a reader.
fn tidied(switches: &Switches, sent: &str) -> String {
    if switches.varies("name-composed") {
        return replaced(sent.to_owned(), &COMPOSED);
    }
    if switches.varies("names-tidied") { without_unseen(sent) } else { sent.to_owned() }
}

/// A name without invisible characters, and with only single blanks, inside it.
fn without_unseen(name: &str) -> String {
    let is_unseen =
        |c: char| c.is_control() || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{feff}');
    let seen: String = name.chars().filter(|c| !is_unseen(*c)).collect();
    seen.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn replaced(name: String, pairs: &[(&str, &str)]) -> String {
    pairs.iter().fold(name, |name, (from, to)| name.replace(from, to))
}
