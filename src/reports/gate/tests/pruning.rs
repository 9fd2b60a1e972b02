use super::*;

/// Cases whose name has `ok` pass, the others fail.
fn pruned(text: &str) -> Pruned {
    let case = |name: &str| {
        let id = format!("v2/u2f/rest/{name}");
        if name.contains("ok") { pass(&id) } else { fail(&id) }
    };
    let names = ["s/bad", "s/bad-2", "s/ok", "s/ok-2", "s/ok-3", "t/ok", "t/bad"];
    prune(text, &judged(names.iter().map(|name| case(name)).collect(), text))
}

/// An entry of these patterns, in a form of its own that has to be kept.
fn entry_of(case: &str) -> String {
    format!(
        "[[known]]\n  case   = {case} # which\nverdict='fail'\nreason = \"accepted-invalid\"\n\n# inside\nobserved = \"accepted\"\nwhy = \"\"\"\nlong\n\"\"\"\n"
    )
}

#[test]
fn stale_entries_go_and_everything_else_stays() {
    let (bad, other, ok, ok_2) =
        (entry_of("\"s/bad\""), entry_of("\"s/bad-2\""), entry_of("\"s/ok\""), entry_of("\"s/ok-2\""));
    let table = [
        (format!("{bad}\n# of bad-2\n{other}"), format!("{bad}\n# of bad-2\n{other}"), &[][..]),
        (format!("{bad}\n# of ok\n{ok}\n# of bad-2\n{other}"), format!("{bad}\n# of bad-2\n{other}"), &[13]),
        (format!("# head\n\n# of ok\n{ok}\n# of bad\n{bad}"), format!("# head\n\n# of bad\n{bad}"), &[4]),
        (format!("{ok}\n{bad}"), bad.clone(), &[1]),
        (format!("{bad}\n{ok}"), bad.clone(), &[12]),
        (
            format!("{bad}\n# a chapter\n\n# of ok\n{ok}# the end\n"),
            format!("{bad}\n# a chapter\n\n# the end\n"),
            &[15],
        ),
        (format!("# head\n\n{ok}\n{ok_2}\n# the end\n"), "# head\n\n\n# the end\n".to_owned(), &[3, 14]),
        (format!("{ok}\n# kept\n\n{ok_2}\n{bad}"), format!("# kept\n\n{bad}"), &[1, 14]),
    ];
    for (before, after, removed) in table {
        let pruned = pruned(&before);
        assert_eq!(pruned.text, after, "of\n{before}");
        assert_eq!(pruned.removed, removed);
        assert!(pruned.narrowed.is_empty() && pruned.too_wide.is_empty());
    }
}

#[test]
fn lists_lose_the_patterns_that_pass() {
    let table = [
        ("[\"s/bad\", \"s/ok\"]", "[\"s/bad\"]"),
        ("[\"s/ok\", \"s/bad\", \"s/ok-2\"]", "[\"s/bad\"]"),
        ("[\n    \"s/ok\", # fixed\n    \"s/bad\",\n    \"t/bad\",\n]", "[\n    \"s/bad\",\n    \"t/bad\",\n]"),
    ];
    for (before, after) in table {
        let pruned = pruned(&entry_of(before));
        let kept = pruned.text.replace(" # fixed\n    ", "\n    ");
        assert_eq!(kept, entry_of(after), "{}", pruned.text);
        assert_eq!((pruned.narrowed, pruned.removed), (vec![1], vec![]));
    }
}

#[test]
fn what_is_too_wide_is_left_to_a_person() {
    let text = entry_of("\"t\"");
    let pruned = pruned(&text);
    assert_eq!((pruned.text, pruned.too_wide), (text, vec![1]));
}
