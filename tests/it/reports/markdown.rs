//! The Markdown summary, read back by a Markdown parser.

use proofmark::gate::Judged;
use proofmark::outcome::{Finding, Reason};
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use super::{HOSTILE, assert_harmless, record, run, written};

/// What the target may send to spoil a page of Markdown.
const MARKUP: &str = "` `` ``` ```` \n\n# x\n- | a | b |\n<img src=x onerror=alert(1)></details><script>alert(1)</script> \
                      ![i](http://evil.example/i.png) [l](javascript:alert(1)) @someone #1 http://evil.example www.evil.example **b** &amp; \\";

/// Fails on everything that came from outside and is not in code; gives the texts in code.
pub fn codes(text: &str) -> Vec<String> {
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_FOOTNOTES;
    let (mut codes, mut block, mut cells) = (Vec::new(), None, 0_usize);
    for event in Parser::new_ext(text, options) {
        match event {
            Event::Start(Tag::CodeBlock(_)) => block = Some(String::new()),
            Event::End(TagEnd::CodeBlock) => codes.extend(block.take()),
            Event::Text(words) => match &mut block {
                Some(block) => block.push_str(&words),
                None => assert!(!["evil", "alert", "someone"].iter().any(|word| words.contains(word)), "{words}"),
            },
            Event::Code(words) => codes.push(words.to_string()),
            Event::Html(html) => {
                let ours = ["<details><summary>", "</details>"];
                assert!(ours.iter().any(|ours| html.starts_with(ours)) && !html.contains("evil"), "{html}");
            }
            Event::InlineHtml(html) => panic!("{html}"),
            Event::Start(tag @ (Tag::Link { .. } | Tag::Image { .. } | Tag::FootnoteDefinition(_))) => {
                panic!("{tag:?}")
            }
            Event::Start(Tag::TableCell) => cells += 1,
            _ => {}
        }
    }
    // Of the table of verdicts, and of the table of causes: a row for the names, and one for each.
    assert!(cells > 18 && (cells - 18) % 8 == 0, "{cells} cells");
    codes
}

#[test]
fn markdown() {
    let text = written("markdown", &run());
    assert_harmless(&text);
    codes(&text);
    insta::assert_snapshot!(text);
}

#[test]
fn markup_of_the_target_stays_in_code() {
    let mut run = run();
    run.run.started.target = MARKUP.to_owned();
    run.run.started.base_url = MARKUP.to_owned();
    for case in &mut run.run.cases {
        case.title = MARKUP.to_owned();
        case.findings[0].received = format!("{MARKUP}{HOSTILE}");
        case.findings[0].expected = MARKUP.to_owned();
        case.curl = format!("curl '{MARKUP}'");
    }
    let text = written("markdown", &run);
    assert_harmless(&text);
    let codes = codes(&text);
    let kept = codes.iter().filter(|code| code.contains("<img src=x onerror=alert(1)>")).count();
    assert!(kept > 10, "{kept} of {codes:?}");
}

#[test]
fn the_page_has_a_bound() {
    let mut run = run();
    let long = "`".repeat(100_000);
    let case = |number: usize| {
        let mut record =
            record(&format!("v1/u2f/rest/s/c-{number}"), "api/status/ok", Reason::WrongStatus, &long, &long);
        record.findings[0].expected = format!("{number} {long}");
        record.curl = "x".repeat(7_000);
        record
    };
    run.run.cases = (0..2_000).map(case).collect();
    for name in [&mut run.run.started.target, &mut run.run.started.base_url, &mut run.run.started.version] {
        name.clone_from(&long);
    }
    let text = written("markdown", &run);
    assert!((100_000..1_000_000).contains(&text.len()), "{}", text.len());
    assert!(text.contains("1960 more causes are in the other reports."), "{}", &text[text.len() - 200..]);
}

/// A run of deviations, skips and errors says each, and how it ended.
#[test]
fn the_end_of_the_run_is_told() {
    let page = |change: fn(&mut Judged)| {
        let mut run = run();
        change(&mut run);
        written("markdown", &run)
    };
    assert!(page(|run| run.run.finished = None).contains("**The run did not come to its end;"));
    let interrupted = |run: &mut Judged| {
        run.run.finished = run.run.finished.map(|f| proofmark::outcome::RunFinished { interrupted: true, ..f })
    };
    assert!(page(interrupted).contains("**The run was interrupted.**"));
    let other = page(|run| {
        run.run.cases.iter_mut().for_each(|case| case.findings.push(Finding::new("c", "a/b", Reason::Leak, "", "")))
    });
    assert!(!other.contains("interrupted") && !other.contains("its end"));
}
