//! How a factor is stored: as it was sent, beside what was there. Defects store something else.

use super::carriers;
use super::defect;
use super::factors;
use super::site::Site;
use super::store::{Factor, Kind, Pending, User};
use super::switches::Switches;
use super::variant;
use crate::contract::{Flow, Protocol};
use crate::words::beginning;

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
    if switches.has(&defect::sequence::VERIFY_ENDS_BOTH_KINDS) {
        state.pending().for_each(Vec::clear);
    }
    let is_mistaken = factors::is_named_passkey(flow)
        && protocol == Protocol::Grpc
        && switches.has(&defect::stored::PASSKEY_AS_U2F_OVER_GRPC);
    let of_kind = state.of(if is_mistaken { Kind::U2f } else { Kind::of(flow) });
    if pending.replayable.is_some() {
        of_kind.factors.retain(|other| other.id != factor.id);
    }
    factor.name = name(switches, (flow, protocol), &of_kind.factors, &factor.name);
    if switches.has(&defect::stored::CREDENTIAL_ID_CUT) {
        factor.credential_id.truncate(BYTE_COLUMN);
    }
    if switches.has(&defect::sequence::SAME_NAME_REPLACES) {
        of_kind.factors.retain(|other| other.name != factor.name);
    }
    if switches.has(&defect::canary::EXCLUDE_OF_ANOTHER) {
        site.memory.keep_factor(user.index, &factor);
    }
    of_kind.factors.extend(of_kind.removed.take());
    of_kind.factors.push(factor);
    if switches.has(&defect::sequence::THIRD_EVICTS_FIRST) && of_kind.factors.len() > MOST_FACTORS {
        of_kind.factors.remove(0);
    }
}

/// The name as it is stored.
fn name(switches: &Switches, (flow, protocol): (Flow, Protocol), before: &[Factor], sent: &str) -> String {
    let mut name = tidied(switches, sent);
    if switches.has(&defect::stored::NAME_CUT_TO_64_CHARACTERS) {
        name = beginning(&name, SHORT_COLUMN).to_owned();
    }
    if Kind::of(flow) == Kind::Passkey && switches.has(&defect::stored::PASSKEY_NAME_CUT_TO_255_BYTES) {
        while name.len() > BYTE_COLUMN {
            name.pop();
        }
    }
    if switches.has(&defect::stored::NAME_IN_LOWER_CASE) {
        name = name.to_lowercase();
    }
    if switches.has(&defect::stored::NAME_ESCAPED) {
        name = replaced(name, &ENTITIES);
    }
    if switches.has(&defect::stored::NAME_IN_COMPATIBILITY_FORM) {
        name = replaced(name, &COMPATIBLE);
    }
    if flow.names_user() && switches.has(&defect::stored::NAME_PERCENT_DECODED) {
        name = carriers::decoded(&name);
    }
    if switches.has(&defect::stored::NAME_WITHOUT_ASTRAL_PLANES) {
        name = name.chars().map(|c| if c > '\u{ffff}' { '?' } else { c }).collect();
    }
    if protocol == Protocol::GrpcWeb && switches.has(&defect::stored::NAME_AS_LATIN_1_OVER_GRPC_WEB) {
        name = name.bytes().map(char::from).collect();
    }
    if !name.is_empty()
        && name.bytes().all(|b| b.is_ascii_digit())
        && switches.has(&defect::stored::NAME_OF_DIGITS_AS_NUMBER)
    {
        name = name.trim_start_matches('0').to_owned();
    }
    match before.first() {
        Some(first) if switches.has(&defect::stored::NAME_OF_THE_FIRST) => first.name.clone(),
        _ => name,
    }
}

/// The name as variants have it: the same to a reader.
fn tidied(switches: &Switches, sent: &str) -> String {
    if switches.varies(&variant::behaviour::NAME_COMPOSED) {
        return replaced(sent.to_owned(), &COMPOSED);
    }
    if switches.varies(&variant::behaviour::NAMES_TIDIED) { without_unseen(sent) } else { sent.to_owned() }
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
