//! The HTML report in a real browser, from a disk: what it does, what it can't be made to do, and how it looks.

mod page;

use std::path::{Path, PathBuf};

use page::Page;
use proofmark::gate::Judged;
use proofmark::outcome::{Event, RunRecord};
use proofmark::report;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::cli::{command, finish};

/// What a target may send to get code into a page. Whatever of it runs sets `hacked`.
const MARKUP: &str = "\"'><img src=x onerror=\"window.hacked=1\"><script>window.hacked=2</script></script></style></title>\
    </textarea></pre><svg onload=window.hacked=3><a href=\"javascript:window.hacked=4\">x</a><base href='http://evil.example/'>\
    <meta http-equiv=refresh content='0;url=http://evil.example/'><link rel=stylesheet href=http://evil.example/a.css>\
    {{ 7*7 }}{% raw %}\u{202e}\0\u{1b}[31m\u{2028}-->]]>&lt;";

/// A report of a real run against a server with a defect.
fn of_a_run(directory: &Path, args: &[&str], code: i32) -> PathBuf {
    let run = [&["run", "-q", "--seed", "7", "--report", "html=report.html"], args].concat();
    finish(command(&run).current_dir(directory).env("HOSTNAME", "build-7")).exits(code);
    directory.join("report.html")
}

/// Failures of one clause in three cases, and passes around them.
fn failing(directory: &Path) -> PathBuf {
    let args =
        ["v2/*/*/auth-data/rpid-hash-*", "v2/passkey/*/client-data/type-*", "v2/u2f/*/cose/alg-*", "v2/*/*/enrolment"];
    of_a_run(directory, &[&args[..], &["--defect", "verification-skips-rp-id-hash"]].concat(), 1)
}

fn written(directory: &Path, run: &Judged) -> PathBuf {
    let path = directory.join("report.html");
    let mut page = Vec::new();
    (report::find("html").expect("listed").write)(run, &mut page).expect("memory takes everything");
    std::fs::write(&path, page).expect("written");
    path
}

/// The run of the other reports' tests, with markup in every text that is not one of a closed list.
fn hostile_everywhere() -> Judged {
    let mut run = crate::reports::run();
    let mut example = crate::reports::hostile();
    example.id = "v2/u2f/rest/request/credential".to_owned();
    example.credential = Some(serde_json::from_value(json!({
        "sent": json!({"id": "AAAA", MARKUP: MARKUP, "response": {"clientDataJSON": "eyJhIjoiPGltZyBzcmM9eD4ifQ"}}).to_string(),
        "good": "{\"id\": \"AAAB\"}",
        "mutations": ["a/b"],
    })).expect("a credential"));
    run.run.cases.push(example);
    run.run.cases.iter_mut().for_each(|record| record.grpcurl = record.curl.clone());
    let mut events = vec![serde_json::to_value(Event::RunStarted(run.run.started.clone())).expect("JSON")];
    for case in &run.run.cases {
        events.push(serde_json::to_value(Event::CaseFinished(Box::new(case.clone()))).expect("JSON"));
    }
    let events = events.into_iter().map(|mut event| {
        poison(&mut event);
        serde_json::from_value(event).expect("still an event")
    });
    Judged::new(RunRecord::fold(events).expect("still a run"))
}

fn poison(value: &mut Value) {
    match value {
        Value::String(text) => text.push_str(MARKUP),
        Value::Array(items) => items.iter_mut().for_each(poison),
        Value::Object(map) => {
            let closed = ["event", "verdict", "reason", "sent", "profile", "basis"];
            map.iter_mut().filter(|(key, _)| !closed.contains(&key.as_str())).for_each(|(_, value)| poison(value));
        }
        _ => {}
    }
}

/// Nothing was asked for but the file, and nobody complained.
#[track_caller]
fn assert_quiet(page: &Page, file: &Path) {
    let own = format!("file://{}", file.display());
    let others: Vec<String> = page.requests().into_iter().filter(|address| !address.starts_with(&own)).collect();
    assert_eq!(others, [""; 0], "requests");
    assert_eq!(page.complaints(), [""; 0]);
}

#[test]
fn nothing_of_a_hostile_target_runs() {
    let Some(mut page) = Page::open() else { return };
    let directory = TempDir::new().expect("a directory");
    let file = written(directory.path(), &hostile_everywhere());
    page.go(&file, "");
    // Everything is opened, filtered and searched.
    page.value("document.querySelectorAll('details').forEach(d => d.open = true)");
    page.press("/");
    page.write("<img");
    page.until("document.getElementById('shown').textContent.includes(' of ')");
    page.press("Escape");
    page.value("document.querySelectorAll('a').forEach(a => a.click())");
    assert_eq!(page.value("typeof window.hacked"), "undefined");
    assert_eq!(
        page.value("document.querySelectorAll('img,iframe,object,embed,link,base,[src],[onerror],[onload]').length"),
        0
    );
    assert_eq!(page.value("[document.scripts.length, document.querySelectorAll('style').length, document.querySelectorAll('meta').length].join()"), "1,1,5");
    assert_eq!(
        page.value("[...document.querySelectorAll('a')].filter(a => !a.getAttribute('href').startsWith('#')).length"),
        0
    );
    let visible = page.value("document.body.innerText.includes('<script>window.hacked=2</script>') && document.body.innerText.includes('{{ 7*7 }}')");
    assert_eq!(visible, true, "it is shown as the text that it is");
    let steering = page.value(
        "/[\\u0000-\\u0009\\u000b-\\u001f\\u202a-\\u202e\\u2066-\\u2069]/.test(document.documentElement.textContent)",
    );
    assert_eq!(steering, false);
    assert_quiet(&page, &file);
    // What if something had come through: the policy stops it.
    page.value(
        "{ const s = document.createElement('script'); s.textContent = 'window.hacked = 5'; document.body.append(s); }",
    );
    page.value("{ const a = document.createElement('div'); a.innerHTML = '<img src=x onerror=\"window.hacked = 6\">'; document.body.append(a); }");
    assert_eq!(page.value("fetch('http://127.0.0.1:9/').then(() => 'sent', () => 'refused')"), "refused");
    page.until("performance.now() > 0");
    assert_eq!(page.value("typeof window.hacked"), "undefined");
    let refused = page.complaints().iter().filter(|complaint| complaint.contains("Content Security Policy")).count();
    assert!(refused >= 3, "{:?}", page.complaints());
}

#[test]
fn a_person_finds_the_way_by_keyboard() {
    let Some(mut page) = Page::open() else { return };
    let directory = TempDir::new().expect("a directory");
    let file = failing(directory.path());
    page.go(&file, "");
    assert!(
        page.value("document.querySelector('h1').innerText")
            .as_str()
            .is_some_and(|text| text.contains("NON-CONFORMANT"))
    );
    // The names of columns are not broken into letters.
    assert_eq!(
        page.value("[...document.querySelectorAll('.glance thead th')].filter(th => th.innerText.length > 2 && th.clientHeight > 60).length"),
        0
    );
    // The skip link is the first stop.
    page.press("Tab");
    assert_eq!(page.value("document.activeElement.className"), "skip");
    page.press("Enter");
    page.until("document.activeElement.id === 'main'");
    // What follows from the new fragment is done, too.
    page.value("new Promise(done => setTimeout(done, 100))");
    // Search.
    let all = page.value("document.querySelectorAll('.case:not([hidden])').length");
    page.press("/");
    assert_eq!(page.value("document.activeElement.id"), "q");
    page.write("rpid-HASH-zero rpIdHash");
    page.until("document.getElementById('shown').textContent.includes(' of ')");
    let found = page.value("[...document.querySelectorAll('.case:not([hidden])')].map(c => c.id).join()");
    assert_eq!(found, "case-auth-data/rpid-hash-zero");
    assert_eq!(
        page.value("document.querySelector('details.suite:not([hidden])').open"),
        true,
        "what is found is opened"
    );
    page.press("Escape");
    page.until("!document.getElementById('shown').textContent.includes(' of ')");
    assert_eq!(page.value("document.querySelectorAll('.case:not([hidden])').length"), all);
    // Filter: from the search the next stops are the four lists.
    page.press("Tab");
    assert_eq!(page.value("document.activeElement.id"), "f-v");
    page.write("fail");
    page.until("document.getElementById('shown').textContent.includes(' of ')");
    let verdicts = page
        .value("[...new Set([...document.querySelectorAll('[data-v]:not([hidden])')].map(e => e.dataset.v))].join()");
    assert_eq!(verdicts, "fail");
    page.press("Tab");
    page.write("grpc-web");
    page.until("[...document.querySelectorAll('[data-v]:not([hidden])')].every(e => e.dataset.p === 'grpc-web')");
    assert_ne!(page.value("document.querySelectorAll('#failures [data-v]:not([hidden])').length"), 0);
    // A cause opens by keyboard.
    page.value("document.querySelector('.cause').open = false; document.querySelector('.cause > summary').focus()");
    page.press("Enter");
    page.until("document.querySelector('.cause').open");
    assert_quiet(&page, &file);
}

#[test]
fn a_deep_link_opens_what_it_names() {
    let Some(mut page) = Page::open() else { return };
    let directory = TempDir::new().expect("a directory");
    let file = failing(directory.path());
    let shown = |page: &mut Page, id: &str| {
        page.until(&format!("document.activeElement.id === '{id}'"));
        let visible = format!(
            "(e => e.checkVisibility() && e.getBoundingClientRect().top < innerHeight)(document.getElementById('{id}'))"
        );
        assert_eq!(page.value(&visible), true, "{id}");
    };
    page.go(&file, "#case-auth-data/rpid-hash-zero");
    shown(&mut page, "case-auth-data/rpid-hash-zero");
    page.go(&file, "#clause-webauthn/7.1/rp-id-hash");
    shown(&mut page, "clause-webauthn/7.1/rp-id-hash");
    assert_eq!(page.value("document.querySelector(':target details').open"), true);
    let state = page.value("document.querySelector(':target td').innerText");
    assert!(state.as_str().is_some_and(|state| state.contains("violated")), "{state}");
    // A link to what is filtered away takes the filter back.
    page.press("/");
    page.write("no-such-word");
    page.until("document.querySelectorAll('.case:not([hidden])').length === 0");
    page.value("location.hash = 'case-auth-data/rpid-hash-zero'");
    shown(&mut page, "case-auth-data/rpid-hash-zero");
    // From the case to its failure.
    page.value("document.querySelector(':target a[data-v=fail]').click()");
    page.until("document.activeElement.id.startsWith('run-v2/')");
    assert_eq!(page.value("document.activeElement.closest('.cause').open"), true);
    // Every link of the page leads to something.
    let dead = page.value("[...document.querySelectorAll('a[href^=\"#\"]')].map(a => a.getAttribute('href').slice(1)).filter(id => !document.getElementById(id)).join()");
    assert_eq!(dead, "");
    let twice = page.value("(ids => ids.filter((id, at) => ids.indexOf(id) !== at).join())([...document.querySelectorAll('[id]')].map(e => e.id))");
    assert_eq!(twice, "");
    assert_quiet(&page, &file);
}

#[test]
fn it_fits_every_surface() {
    let Some(mut page) = Page::open() else { return };
    let directory = TempDir::new().expect("a directory");
    let file = failing(directory.path());
    let mut grounds = Vec::new();
    for (width, scheme) in [(1200, "light"), (1200, "dark"), (360, "light"), (360, "dark")] {
        page.size(width, 900);
        page.media(scheme, "screen");
        page.go(&file, "");
        page.value("document.querySelectorAll('details').forEach(d => d.open = true)");
        let overflow = page.value("document.documentElement.scrollWidth - document.documentElement.clientWidth");
        assert_eq!(overflow, 0, "{width} {scheme}");
        grounds.push(page.value("getComputedStyle(document.body).backgroundColor"));
        let weak = page.value(CONTRAST);
        assert_eq!(weak, "", "{width} {scheme}");
    }
    assert_ne!(grounds[0], grounds[1], "dark is another ground than light");
    // On paper nothing is for a mouse.
    page.media("light", "print");
    assert_eq!(page.value("document.getElementById('filter').checkVisibility()"), false);
    // Without JavaScript everything is there, only the filter is not.
    page.media("light", "screen");
    page.scripts(false);
    page.go_without_script(&file);
    page.scripts(true);
    assert_eq!(page.value("document.getElementById('filter').hidden"), true);
    assert_ne!(page.value("document.querySelectorAll('.case').length"), 0);
    assert_quiet(&page, &file);
}

/// Texts whose contrast with their ground is below 4.5 to 1 (WCAG 2.2, 1.4.3).
const CONTRAST: &str = r"
(() => {
  const parse = (color) => color.match(/[\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4))
    .reduce((sum, c, at) => sum + c * [0.2126, 0.7152, 0.0722][at], 0);
  const ground = (element) => {
    for (let e = element; e; e = e.parentElement) {
      const color = parse(getComputedStyle(e).backgroundColor);
      if (color.length < 4 || color[3] === 1) return color;
    }
    return [255, 255, 255];
  };
  const weak = new Set();
  for (const element of document.querySelectorAll('body *')) {
    if (![...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim()) || !element.checkVisibility()) continue;
    const [a, b] = [light(parse(getComputedStyle(element).color)), light(ground(element))].sort((x, y) => y - x);
    if ((a + 0.05) / (b + 0.05) < 4.5) weak.add(element.tagName + '.' + element.className);
  }
  return [...weak].join();
})()";

#[test]
fn a_clean_run_says_so_first() {
    let Some(mut page) = Page::open() else { return };
    let directory = TempDir::new().expect("a directory");
    let file = of_a_run(directory.path(), &["v2/*/*/enrolment"], 0);
    page.size(1200, 900);
    page.go(&file, "");
    assert_eq!(page.value("document.querySelectorAll('#failures, #errors').length"), 0);
    let first = page.value("document.body.innerText.slice(0, 200)");
    assert!(first.as_str().is_some_and(|text| text.contains("partial") && text.contains("green")), "{first}");
    assert_quiet(&page, &file);
}

/// The picture in the documentation: written with PROOFMARK_WRITE_DOCS=1, and otherwise only made.
#[test]
fn the_picture_for_the_documentation() {
    let Some(mut page) = Page::open() else { return };
    let directory = TempDir::new().expect("a directory");
    let file = failing(directory.path());
    page.size(1200, 1500);
    page.media("light", "screen");
    page.go(&file, "");
    let picture = page.picture();
    assert!(picture.starts_with(b"\x89PNG") && picture.len() < 300_000, "{} bytes", picture.len());
    if std::env::var_os("PROOFMARK_WRITE_DOCS").is_some() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/images/report.png");
        std::fs::create_dir_all(path.parent().expect("a directory")).expect("made");
        std::fs::write(path, picture).expect("written");
    }
}

#[test]
fn thousands_of_failures_stay_usable() {
    let Some(mut page) = Page::open() else { return };
    let directory = TempDir::new().expect("a directory");
    let file = written(directory.path(), &crate::html::failing_everywhere());
    page.go(&file, "");
    assert_eq!(page.value("document.querySelectorAll('#failures li[data-v]').length"), 5000);
    page.press("/");
    page.write("case-4711 ");
    page.until("document.getElementById('shown').textContent === '1 of 5010 tests'");
    page.value("location.hash = 'run-v2/u2f/rest/many/case-4711'");
    page.until("document.activeElement.id === 'run-v2/u2f/rest/many/case-4711'");
    assert_quiet(&page, &file);
}

#[test]
fn only_ci_needs_a_browser_and_only_where_there_can_be_one() {
    assert!(page::may_be_missing(false, false), "a newcomer's machine");
    assert!(!page::may_be_missing(true, false));
    assert!(page::may_be_missing(true, true));
}
