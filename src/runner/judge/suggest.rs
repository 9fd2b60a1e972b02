//! Proposes entries of the reason map: what the refusals of a recorded run have in common shows what they are about.

use std::collections::{BTreeMap, BTreeSet};

use super::rejudge;
use super::verdict::Judge;
use crate::contract::clause;
use crate::outcome::said::quoted;
use crate::outcome::{Reason, RunRecord};
use crate::runner::target::reason_map::{PREFIXES, ReasonMap, Said};
use crate::transport::Reply;
use crate::wire::secret::Masker;
use crate::wire::status::Code;
use crate::words::beginning;

/// Characters of a message that make a pattern.
const MOST_OF_A_MESSAGE: usize = 120;

/// Refusals that say the same, and what they are about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suggestion {
    /// The pattern of these refusals, and of no others in the run.
    pub pattern: String,
    /// What the first of them says: code and message.
    pub said: String,
    /// How many there are.
    pub refusals: usize,
    /// The clauses under test when they came, the most frequent first.
    pub met: Vec<Met>,
    /// The clause that they are about, or why the run does not show it.
    pub clause: Result<String, String>,
}

/// Refusals of one clause's cases.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Met {
    /// The clause under test.
    pub clause: String,
    /// How many there are.
    pub refusals: usize,
    /// Id of the first test.
    pub example: String,
}

/// What a run shows about the refusals that a map leaves unattributed: first those with the most evidence, last those that the run does
/// not decide.
pub fn suggest(run: &RunRecord, reasons: &ReasonMap) -> Vec<Suggestion> {
    let mut groups: BTreeMap<String, Group> = BTreeMap::new();
    let masker = Masker::default();
    let judge = Judge { reasons, masker: &masker };
    for record in run.cases.iter().filter(|record| record.protocol != "all") {
        for evidence in record.exchanges.iter().filter_map(|exchange| exchange.evidence.as_ref()) {
            let Some(exchange) = rejudge::exchange(evidence) else { continue };
            let Reply::Refusal(refusal) = &exchange.reply else { continue };
            if judge.finding(&evidence.expected, &exchange).reason != Reason::Unattributed {
                continue;
            }
            let said = Said::by(refusal, exchange.protocol, exchange.http_status);
            let Some(pattern) = pattern(&said) else { continue };
            let about = About { clause: evidence.expected.clause.clone(), also: evidence.expected.also.clone() };
            let group = groups.entry(pattern).or_insert_with(|| Group { said: words(&said), about: BTreeMap::new() });
            group.about.entry(about).or_insert_with(|| (0, record.id.clone())).0 += 1;
        }
    }
    let mut suggestions: Vec<Suggestion> =
        groups.into_iter().map(|(pattern, group)| group.suggestion(pattern)).collect();
    suggestions.sort_by_key(|suggestion| (suggestion.clause.is_err(), std::cmp::Reverse(suggestion.refusals)));
    suggestions
}

/// The clauses that a refusal may be about without being wrong: the clause under test, and those that its case also allows.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct About {
    clause: String,
    also: Vec<String>,
}

impl About {
    fn is_explained_by(&self, candidate: &str) -> bool {
        clause::includes(candidate, &self.clause) || self.also.iter().any(|allowed| allowed == candidate)
    }
}

/// Refusals that say the same.
struct Group {
    said: String,
    /// What they may be about, with their number and the first one's test.
    about: BTreeMap<About, (usize, String)>,
}

impl Group {
    fn suggestion(self, pattern: String) -> Suggestion {
        let refusals = self.about.values().map(|(count, _)| count).sum();
        let clause = self.clause(refusals);
        let mut met: BTreeMap<String, Met> = BTreeMap::new();
        for (about, (count, example)) in self.about {
            let clause = about.clause;
            met.entry(clause.clone()).or_insert(Met { clause, refusals: 0, example }).refusals += count;
        }
        let mut met: Vec<Met> = met.into_values().collect();
        met.sort_by_key(|met| std::cmp::Reverse(met.refusals));
        Suggestion { pattern, said: self.said, refusals, met, clause }
    }

    /// The clause that explains every refusal. If there are several, it is the one that most cases are about, then the narrowest.
    fn clause(&self, refusals: usize) -> Result<String, String> {
        let explained = |candidate: &str| -> usize {
            self.about.iter().filter(|(about, _)| about.is_explained_by(candidate)).map(|(_, (count, _))| count).sum()
        };
        let tested = |candidate: &str| -> usize {
            self.about.iter().filter(|(about, _)| about.clause == candidate).map(|(_, (count, _))| count).sum()
        };
        let explaining = clause::all().map(|clause| clause.id).filter(|id| explained(id) == refusals);
        let mut explaining: Vec<(usize, &str)> = explaining.map(|id| (tested(id), id)).collect();
        let most = explaining.iter().map(|(tested, _)| *tested).max();
        explaining.retain(|(tested, _)| Some(*tested) == most);
        let narrowest = |id: &str| explaining.iter().all(|(_, other)| clause::includes(other, id));
        if let Some((_, id)) = explaining.iter().find(|(_, id)| narrowest(id)) {
            return Ok((*id).to_owned());
        }
        let clauses: BTreeSet<&str> = self.about.keys().map(|about| about.clause.as_str()).collect();
        match explaining.as_slice() {
            [] => Err(format!("cases of {} clauses are refused in these words", clauses.len())),
            several => {
                let names: Vec<&str> = several.iter().map(|(_, id)| *id).collect();
                Err(format!("{} explain it equally well", names.join(" and ")))
            }
        }
    }
}

/// The pattern of what a refusal says: by its id if it has one, else by its message, else by its code or status.
fn pattern(said: &Said<'_>) -> Option<String> {
    if let Some(id) = said.id {
        let is_taken = PREFIXES.iter().any(|prefix| id.starts_with(prefix));
        return Some(format!("{}{}", if is_taken { "id:" } else { "" }, literal(id)));
    }
    if !said.message.is_empty() {
        return Some(format!("message:{}", lasting(said.message)));
    }
    let code = said.code.and_then(Code::new).map(|code| format!("code:{}", code.name()));
    code.or_else(|| said.http.map(|status| format!("http:{status}")))
}

/// A glob that matches this text.
fn literal(text: &str) -> String {
    // A backslash would escape the next character.
    globset::escape(text).replace('\\', "?")
}

/// A glob of a message without its numbers and quoted parts, which differ the next time.
fn lasting(message: &str) -> String {
    let mut glob = String::new();
    let mut rest = message;
    let mut before = ' ';
    while let Some(first) = rest.chars().next() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        // Within a word, a single quote is an apostrophe.
        let quoted = if before.is_alphanumeric() { 0 } else { quoted(rest) };
        let skipped = digits.max(quoted);
        if skipped > 0 {
            glob.push('*');
            rest = rest.get(skipped..).unwrap_or_default();
            before = ' ';
        } else {
            glob.push_str(&literal(first.encode_utf8(&mut [0; 4])));
            rest = rest.get(first.len_utf8()..).unwrap_or_default();
            before = first;
        }
        if glob.chars().count() >= MOST_OF_A_MESSAGE && !rest.is_empty() {
            glob.push('*');
            break;
        }
    }
    glob
}

fn words(said: &Said<'_>) -> String {
    let code = said.code.map(|code| format!("code {code}"));
    let code =
        code.or_else(|| said.http.map(|status| format!("HTTP {status}"))).unwrap_or_else(|| "no code".to_owned());
    let message = beginning(said.message, MOST_OF_A_MESSAGE);
    if message.is_empty() { code } else { format!("{code}, \"{message}\"") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(about: &[(&str, &[&str], usize)]) -> Group {
        let about = about.iter().map(|(clause, also, count)| {
            let also = also.iter().map(|clause| (*clause).to_owned()).collect();
            (About { clause: (*clause).to_owned(), also }, (*count, "v2/u2f/rest/a".to_owned()))
        });
        Group { said: "code 3".to_owned(), about: about.collect() }
    }

    #[test]
    fn one_clause_that_explains_all_is_proposed() {
        let [origin, kind, whole] = ["webauthn/7.1/origin", "webauthn/7.1/type", "webauthn/7.1/attestation-statement"];
        let decided = |about: &[(&str, &[&str], usize)]| group(about).suggestion("A".to_owned()).clause;
        assert_eq!(decided(&[(origin, &[], 3)]).as_deref(), Ok(origin));
        // The other cases allow it.
        assert_eq!(decided(&[(origin, &[], 3), (kind, &[origin], 1)]).as_deref(), Ok(origin));
        // What includes all of them, and no more than they have in common.
        assert_eq!(
            decided(&[("webauthn/8.3/magic", &[], 3), ("webauthn/8.2/signature", &[], 9)]).as_deref(),
            Ok(whole)
        );
        assert_eq!(decided(&[("webauthn/8.3/magic", &[], 3)]).as_deref(), Ok("webauthn/8.3/magic"));
    }

    #[test]
    fn what_two_clauses_have_in_common_is_not_proposed() {
        let about: [(&str, &[&str], usize); 2] = [("webauthn/7.1/origin", &[], 3), ("webauthn/7.1/type", &[], 40)];
        let suggestion = group(&about).suggestion("A".to_owned());
        assert_eq!(suggestion.clause, Err("cases of 2 clauses are refused in these words".to_owned()));
        let met: Vec<_> = suggestion.met.iter().map(|met| (met.clause.as_str(), met.refusals)).collect();
        assert_eq!(met, [("webauthn/7.1/type", 40), ("webauthn/7.1/origin", 3)]);
        assert_eq!(suggestion.refusals, 43);
    }

    #[test]
    fn a_pattern_matches_what_it_is_made_of() {
        let mut message = "user \"x[1]\" of 163840776835432345 may not: {a}* \\ 12 'it".to_owned();
        for _ in 0..2 {
            for said in [
                Said { id: Some("A[1]*\\"), message: &message, ..Said::default() },
                Said { id: Some("code:9"), message: &message, ..Said::default() },
                Said { message: &message, ..Said::default() },
                Said { code: Some(9), ..Said::default() },
                Said { http: Some(409), ..Said::default() },
            ] {
                let mut map = ReasonMap::default();
                let pattern = pattern(&said).expect("it says something");
                map.add(&pattern, "c").expect("a pattern");
                assert_eq!(map.clauses(&said), ["c"], "{pattern}");
                assert_eq!(
                    map.clauses(&Said { id: Some("B"), message: "other", code: Some(1), http: Some(1) }),
                    [""; 0]
                );
            }
            message = message.repeat(40);
        }
        assert_eq!(pattern(&Said::default()), None);
    }

    #[test]
    fn what_differs_from_call_to_call_is_left_out_of_a_pattern() {
        assert_eq!(lasting("can't: at column 134 of `a b`"), "can't: at column * of *");
        assert_eq!(lasting(r#"challenge is "[\"x\"]", not 'y'"#), "challenge is *, not *");
        assert_eq!(lasting("an open \"quotation"), "an open \"quotation");
    }
}
