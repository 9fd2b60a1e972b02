use std::path::Path;

use super::*;

const WHOLE: &str = "[[known]]
case = \"s/c\"
verdict = \"fail\"
reason = \"accepted-invalid\"
why = \"w\"
";

fn refused(text: &str) -> String {
    Known::parse("known.toml", text).expect_err(text).to_string()
}

#[test]
fn what_is_wrong_is_told_with_its_place_and_the_fix() {
    let with = |line: &str| format!("{WHOLE}{line}\n");
    let instead = |from: &str, to: &str| WHOLE.replace(from, to);
    let table = [
        ("known = 1".to_owned(), "1:9: invalid type: integer `1`, expected a sequence"),
        ("known = []".to_owned(), "1:9: write each entry under a [[known]] of its own"),
        ("[[knwon]]\n".to_owned(), "1:3: unknown field `knwon`, expected `known`"),
        ("[[known]".to_owned(), "1:9: "),
        (with("ownr = \"me\""), "6:1: unknown field `ownr`, expected one of `case`, `flow`"),
        (with("why = \"again\""), "6:1: duplicate key"),
        (instead("case = \"s/c\"\n", ""), "1:1: missing field `case`"),
        (instead("why = \"w\"\n", ""), "1:1: missing field `why`"),
        (instead("\"w\"", "\"  \""), "5:7: `why` is empty; write why this is accepted for now"),
        (instead("\"s/c\"", "\"\""), "2:8: `case` is empty; write a pattern as for `proofmark run`"),
        (instead("\"s/c\"", "[]"), "2:8: `case` is empty"),
        (instead("\"s/c\"", "[\"s/c\", \"a[\"]"), "2:8: `a[` is not a pattern: "),
        (instead("\"s/c\"", "7"), "2:8: a text or a list of texts"),
        (instead("\"fail\"", "\"error\""), "3:11: an error can't be excused, because nothing was observed"),
        (instead("\"fail\"", "\"pass\""), "3:11: a pass or a skip needs no excuse; write fail or deviation"),
        (instead("\"fail\"", "\"bad\""), "3:11: unknown variant `bad`, expected one of `pass`"),
        (instead("accepted-invalid", "wrong-reason"), "4:10: `wrong-reason` is a reason of deviation"),
        (instead("accepted-invalid", "bad"), "4:10: unknown variant `bad`"),
        (
            with("flow = \"v3/u2f\""),
            "6:8: there is no flow `v3/u2f`; write some of v1/u2f, v1/passwordless, v2/u2f, v2/passkey",
        ),
        (
            with("protocol = [\"rest\", \"all\"]"),
            "6:12: there is no protocol `all`; write some of rest, grpc, grpc-web",
        ),
        (with("operation = \"list\""), "6:13: there is no operation `list`; write some of start, verify, remove"),
        (with("format = \"packed\""), "6:10: there is no format `packed`; write some of none, packed-self"),
        (with("observed = \"\""), "6:12: `observed` is empty; leave it out"),
        (with("issue = \" \""), "6:9: `issue` is empty; leave it out"),
        (with("expires = \"2027-01-01\""), "6:11: "),
        (
            with("expires = 2027-01-01T00:00:00Z"),
            "6:11: `2027-01-01T00:00:00Z` is not a date; write for example expires = 2027-03-31",
        ),
        (with("expires = 10:00:00"), "6:11: `10:00:00` is not a date"),
        (with("expires = 2027-02-30"), "6:11: "),
        (
            format!("{}protocol = \"rest\"\n", instead("accepted-invalid", "transports-disagree")),
            "6:12: a comparison of protocols is over all of them; leave `protocol` out",
        ),
        (with("# ü\n [[known]]"), "7:2: missing field"),
    ];
    for (text, words) in table {
        let error = refused(&text);
        assert!(error.starts_with(&format!("known.toml:{words}")), "{words}\n{error}");
        let line: usize = words.split(':').next().and_then(|line| line.parse().ok()).expect("a line");
        let shown = text.lines().nth(line - 1).expect("there");
        assert!(error.ends_with(&format!("\n  | {shown}")), "{error}");
    }
}

#[test]
fn a_file_without_entries_is_a_file() {
    for text in ["", "# nothing yet\n"] {
        assert_eq!(Known::parse("known.toml", text).expect("valid").entries.len(), 0);
    }
    let error = Known::read(Path::new("/no/such/file")).expect_err("there is none").to_string();
    assert!(error.starts_with("/no/such/file: ") && error.contains("`proofmark known suggest"), "{error}");
}

#[test]
fn an_entry_is_read_as_it_is_written() {
    let text = format!(
        "{WHOLE}{}",
        "flow = \"v2/u2f\"\nformat = [\"tpm\", \"none\"]\nissue = \"I-1\"\nowner = \"us\"\nexpires = 2027-03-31\nobserved = \"accepted\"\n"
    );
    let known = Known::parse("known.toml", &format!("\n{text}{WHOLE}")).expect("valid");
    let [first, second] = &known.entries[..] else { panic!("two entries: {known:?}") };
    assert_eq!((first.line, second.line), (2, 13));
    assert_eq!(first.axes.formats, ["tpm", "none"]);
    assert_eq!(first.to_string(), "w (I-1, us, expires 2027-03-31)");
    assert_eq!(first.seen(), "fail (accepted-invalid): accepted");
    assert_eq!((second.to_string(), second.seen()), ("w".to_owned(), "fail (accepted-invalid)".to_owned()));
}
