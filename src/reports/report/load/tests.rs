use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hdrhistogram::serialization::Deserializer;
use hdrhistogram::serialization::interval_log::{IntervalLogIterator, LogEntry};
use serde_json::{Value, json};

use super::*;
use crate::outcome::load::full::{HOSTILE, full};
use crate::outcome::load::sample::sample;
use crate::outcome::load::{
    GeneratorVerdict, Intervals, Judgement, LoadPlanRecord, LoadRecord, LoadStep, PreflightRecord, Scaling,
    ScalingStep, Stopped,
};

fn written(name: &str, record: &LoadRecord) -> String {
    let report = LOAD_REPORTS.iter().find(|report| report.name == name).expect(name);
    let mut text = Vec::new();
    (report.write)(record, &mut text).expect("written");
    String::from_utf8(text).expect("UTF-8")
}

/// Nothing that steers a terminal or turns a text's direction.
fn assert_harmless(text: &str) {
    let steers = |character: &char| {
        (character.is_control() && *character != '\n') || "\u{202e}\u{2066}\u{fffe}".contains(*character)
    };
    assert_eq!(text.chars().find(steers), None);
}

/// A record without a single call.
fn nothing() -> LoadRecord {
    let mut record = sample();
    record.rows.clear();
    record.phases.clear();
    record.generators.clear();
    record.intervals = Intervals::default();
    (record.elapsed_us, record.measured_us) = (0, 0);
    record
}

#[test]
fn every_report_can_be_made_of_any_record() {
    let names: BTreeSet<&str> = LOAD_REPORTS.iter().map(|report| report.name).collect();
    assert_eq!(names.len(), LOAD_REPORTS.len());
    for report in LOAD_REPORTS {
        assert!(!report.summary.is_empty());
        for record in [full(), sample()] {
            assert!(!written(report.name, &record).is_empty(), "{}", report.name);
        }
        written(report.name, &nothing());
        let mut broken = full();
        broken.rows[0].histogram = serde_json::from_str("\"nonsense\"").expect("text");
        let mut text = Vec::new();
        let ended = (report.write)(&broken, &mut text);
        // These hold no histogram of the rows, or hold it as it is.
        assert_eq!(ended.is_ok(), ["json", "ndjson", "junit"].contains(&report.name), "{}", report.name);
    }
}

fn schema() -> jsonschema::Validator {
    let text = include_str!("../../../../reports/schemas/load.schema.json");
    let schema: Value = serde_json::from_str(text).expect("JSON");
    jsonschema::options().should_validate_formats(true).build(&schema).expect("a schema")
}

#[test]
fn the_record_is_what_its_schema_says_and_comes_back() {
    let schema = schema();
    for record in [full(), sample(), nothing()] {
        let text = written("json", &record);
        let value: Value = serde_json::from_str(&text).expect("JSON");
        let errors: Vec<String> =
            schema.iter_errors(&value).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert!(errors.is_empty(), "{errors:#?}");
        assert_eq!(read(text.as_bytes()).expect("our own"), record);
    }
    let whole = serde_json::to_value(full()).expect("JSON");
    for name in whole.as_object().expect("an object").keys().filter(|name| *name != "arrivals") {
        let mut lacking = whole.clone();
        lacking.as_object_mut().expect("an object").remove(name);
        assert!(!schema.is_valid(&lacking), "{name} may be missing");
    }
    for (pointer, wrong) in [
        ("/format", json!(2)),
        ("/started", json!("yesterday")),
        ("/rows/0/step", json!("delete")),
        ("/rows/0/histogram", json!("!")),
        ("/rows/0/count", json!(-1)),
        ("/plan/model/kind", json!("half-open")),
        ("/plan/digest", json!("")),
        ("/generators/0/verdict", json!("limited")),
        ("/thresholds/0/verdict", json!("kept")),
        ("/intervals/list/0/steps/0/extra", Value::Null),
    ] {
        let mut spoilt = whole.clone();
        match spoilt.pointer_mut(pointer) {
            Some(place) => *place = wrong,
            None => spoilt["intervals"]["list"][0]["steps"][0]["extra"] = wrong,
        }
        assert!(!schema.is_valid(&spoilt), "{pointer}");
    }
}

/// What was before the load, why it ended, and what is excused or no verdict.
#[test]
fn what_surrounds_a_load_is_in_its_reports() {
    let mut record = sample();
    record.plan = LoadPlanRecord { known: Some("known.toml".to_owned()), ..record.plan.clone() }.sealed();
    record.preflight =
        Some(PreflightRecord { starts: 9, verifies: 9, confirmed: 8, had: 3, ..PreflightRecord::default() });
    let step = |workers| ScalingStep { workers, ok: 10, took_us: 500_000 };
    record.scaling = Some(Scaling { steps: vec![step(1), step(2), step(4)], busy: false });
    record.notes = vec!["v2/passkey over rest has no list of factors".to_owned()];
    record.correctness.known = 12;
    let at = "2026-01-01T00:00:07Z".to_owned();
    let class = "start/transport/unreachable".to_owned();
    record.stopped = Some(Stopped { useful_us: 7_000_000, at, failed: 41, class, lost: true });
    let text = written("json", &record);
    let value: Value = serde_json::from_str(&text).expect("JSON");
    let errors: Vec<String> = schema().iter_errors(&value).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:#?}");
    assert_eq!(read(text.as_bytes()).expect("our own"), record);
    let page = written("html", &record);
    for words in [
        "STOPPED: nothing succeeded any more",
        "the target went away at 2026-01-01T00:00:07Z, 7.0 s after the first cycle began: since then 41 cycles failed",
        "4 workers complete hardly more cycles than one: 20.0 cycles/s, and one 20.0",
        "1 worker 20.0/s, 2 workers 20.0/s, 4 workers 20.0/s",
        "v2/passkey over rest has no list of factors",
        "20108 registrations, 8 before the load; a subject had up to 3",
        "12 answers that would have been wrong are excused",
        "--known known.toml",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    let junit = written("junit", &record);
    assert!(junit.contains("name=\"ended\"") && junit.contains("type=\"stopped\""), "{junit}");
    assert!(junit.contains("failures=\"0\" errors=\"1\""), "{junit}");
    let prometheus = prometheus(&written("prometheus", &record));
    assert_eq!(prometheus.get("proofmark_load_stopped"), Some(&1.0));
}

#[test]
fn what_is_no_record_is_not_read() {
    let error = |text: &str| read(text.as_bytes()).expect_err("no record").to_string();
    assert!(error("").starts_with("this is not a record of a load run: "));
    assert!(error("{\"format\": 1}").contains("missing field"));
    assert_eq!(error("{\"format\": 2, \"rows\": 5}"), "its format is 2, and this proofmark reads 1");
}

#[test]
fn ndjson_has_a_line_for_each_interval() {
    let record = full();
    let text = written("ndjson", &record);
    assert_harmless(&text);
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(lines.len(), record.intervals.list.len());
    let ok: u64 = lines.iter().filter_map(|line| line["ok"].as_u64()).sum();
    assert_eq!(ok, record.intervals.list.iter().map(|interval| interval.ok).sum::<u64>());
    insta::assert_snapshot!(text.lines().step_by(30).collect::<Vec<_>>().join("\n"));
}

#[test]
fn the_last_interval_ends_with_the_run() {
    let mut record = full();
    record.elapsed_us = 41_250_000;
    let text = written("ndjson", &record);
    let last: Value = serde_json::from_str(text.lines().last().expect("a line")).expect("JSON");
    assert_eq!((last["length_s"].as_f64(), last["rate"].as_f64()), (Some(0.25), Some(396.0 / 0.25)));
}

#[test]
fn hdr_tools_read_the_log() {
    let record = full();
    let text = written("hlog", &record);
    assert_harmless(&text);
    let mut counts: BTreeMap<String, (u64, u64)> = BTreeMap::new();
    let (mut start, mut base, mut last) = (None, None, None);
    for entry in IntervalLogIterator::new(text.as_bytes()) {
        match entry.expect("a line of the format") {
            LogEntry::StartTime(time) => start = Some(time),
            LogEntry::BaseTime(time) => base = Some(time),
            LogEntry::Interval(line) => {
                assert!(Some(line.start_timestamp()) >= last, "in order");
                last = Some(line.start_timestamp());
                let bytes = STANDARD.decode(line.encoded_histogram()).expect("base64");
                let histogram: hdrhistogram::Histogram<u64> =
                    Deserializer::new().deserialize(&mut bytes.as_slice()).expect("a histogram");
                let max = crate::outcome::load::float(histogram.max()) / 1e3;
                assert!((line.max() - max).abs() <= 0.001, "{} {max}", line.max());
                let count = counts.entry(line.tag().expect("a tag").as_str().to_owned()).or_default();
                (count.0, count.1) = (count.0 + 1, count.1 + histogram.len());
            }
        }
    }
    assert_eq!((start.map(|time| time.as_secs()), base), (Some(1_767_225_600), start));
    assert_eq!(counts["rest/verify/ok"], (42, 42 * 390));
    assert_eq!(counts["hold/rest/verify/ok"], (1, 12_000));
    assert_eq!(counts["hold/rest/negative/verify/ok"], (1, 30));
    assert_eq!(counts["hold/rest/cycle/abandoned"], (1, 400));
    insta::assert_snapshot!(
        counts.iter().map(|(tag, count)| format!("{tag} {count:?}")).collect::<Vec<_>>().join("\n")
    );
    let mut hostile = sample();
    hostile.rows[0].protocol = "a b,c\nd".to_owned();
    assert!(written("hlog", &hostile).contains("Tag=hold/a~b~c~d/start/ok,"));
}

#[test]
fn junit_has_a_case_for_each_verdict() {
    let mut record = full();
    record.generators[0].verdict = GeneratorVerdict::Limited;
    record.generators[0].reasons = vec![format!("it lagged {HOSTILE}")];
    let text = written("junit", &record);
    assert_harmless(&text);
    insta::assert_snapshot!(text);
    assert!(text.contains("tests=\"5\" skipped=\"0\" failures=\"3\" errors=\"1\""), "{text}");
    let green = written("junit", &sample());
    assert!(green.contains("tests=\"2\" skipped=\"0\" failures=\"0\" errors=\"0\""), "{green}");
    let mut reader = quick_xml::Reader::from_str(&text);
    while reader.read_event().expect("well-formed") != quick_xml::events::Event::Eof {}
}

/// Samples by metric and labels. Anything that the text format of Prometheus does not allow fails.
fn prometheus(text: &str) -> BTreeMap<String, f64> {
    let is_name = |name: &str| {
        name.starts_with(|c: char| c.is_ascii_lowercase())
            && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
    };
    let (mut samples, mut known, mut current) = (BTreeMap::new(), BTreeSet::new(), (String::new(), String::new()));
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if let Some(help) = line.strip_prefix("# HELP ") {
            let (name, help) = help.split_once(' ').expect("a help");
            let kind =
                lines.next().and_then(|line| line.strip_prefix(&format!("# TYPE {name} "))).expect("its type follows");
            assert!(is_name(name) && help.ends_with('.') && ["counter", "gauge", "summary"].contains(&kind), "{line}");
            assert!(known.insert(name.to_owned()), "{name} twice");
            assert_eq!(name.ends_with("_total"), kind == "counter", "{name}");
            current = (name.to_owned(), kind.to_owned());
            continue;
        }
        let (series, value) = line.rsplit_once(' ').expect("a value");
        let (name, labels) = series
            .split_once('{')
            .map_or((series, ""), |(name, labels)| (name, labels.strip_suffix('}').expect("closed")));
        let base = if current.1 == "summary" { name.trim_end_matches("_sum").trim_end_matches("_count") } else { name };
        assert_eq!(base, current.0, "a sample stands behind its own type");
        let mut rest = labels;
        while !rest.is_empty() {
            let (label, after) = rest.split_once("=\"").expect("a quoted value");
            assert!(is_name(label), "{label}");
            let mut escaped = false;
            let end = after.find(|c| {
                let ends = c == '"' && !escaped;
                assert!(!escaped || "\\\"n".contains(c), "no such escape: {c}");
                escaped = c == '\\' && !escaped;
                ends
            });
            let (_, after) = after.split_at(end.expect("closed"));
            rest = after[1..].strip_prefix(',').unwrap_or(&after[1..]);
        }
        assert!(samples.insert(series.to_owned(), value.parse().expect("a number")).is_none(), "{series} twice");
    }
    samples
}

#[test]
fn prometheus_reads_the_text() {
    let record = full();
    let text = written("prometheus", &record);
    assert_harmless(&text);
    let samples = prometheus(&text);
    let of = |name: &str| samples.get(&format!("proofmark_load_{name}")).copied();
    let verify = "protocol=\"rest\",step=\"verify\"";
    assert_eq!(of(&format!("duration_seconds_count{{{verify}}}")), Some(12_000.0));
    let (p50, p99) = ("quantile=\"0.5\"", "quantile=\"0.99\"");
    let at = |quantile: &str| of(&format!("duration_seconds{{{verify},{quantile}}}")).expect("there");
    assert!((at(p50) - 0.010).abs() < 1e-4 && (at(p99) - 0.0198).abs() < 1e-4);
    assert_eq!(of("arrivals_total{state=\"abandoned\"}"), Some(400.0));
    assert_eq!(of("wrong_answers_total{kind=\"nonconformant\"}"), Some(1.0));
    assert_eq!(of("generator_limited"), Some(0.0));
    assert_eq!(of("threshold_met{rule=\"cycle.p99 < 1s\",verdict=\"missed\"}"), Some(0.0));
    insta::assert_snapshot!(text);
    prometheus(&written("prometheus", &sample()));
    prometheus(&written("prometheus", &nothing()));
}

#[test]
fn the_page_says_the_verdict_first() {
    let heading = |record: &LoadRecord| {
        let page = written("html", record);
        let (_, rest) = page.split_once("<h1>").expect("a heading");
        rest.split_once("</h1>").expect("closed").0.replace("<span aria-hidden=\"true\">", "").replace("</span>", "")
    };
    let mut record = full();
    assert_eq!(heading(&record), "✗ WRONG ANSWERS under load: 1");
    record.correctness.nonconformant = 0;
    assert_eq!(heading(&record), "✗ 1 of 3 thresholds missed");
    record.thresholds[1].verdict = Judgement::Met;
    assert_eq!(heading(&record), "? 1 of 3 thresholds can&#39;t be judged");
    record.thresholds[2].verdict = Judgement::Met;
    assert_eq!(heading(&record), "✓ All 3 thresholds met");
    record.interrupted = true;
    assert_eq!(heading(&record), "! Interrupted");
    record.generators[0].verdict = GeneratorVerdict::Limited;
    assert_eq!(heading(&record), "! GENERATOR-LIMITED: no verdict on the target");
    let page = written("html", &record);
    assert!(page.contains("No figure on this page is the limit of the server"));
    assert!(page.contains("<dt>Was sent</dt>") && !page.contains("<dt>Rate</dt>"));
    assert_eq!(heading(&sample()), "✓ Every answer was right");
}

#[test]
fn the_page_shows_what_queueing_hides_and_what_is_thin() {
    let page = written("html", &full());
    let queueing = "within <b>891.39 ms</b> of the time at which they were due; once started, within <b>30.70 ms</b>";
    assert!(page.contains(queueing), "{page}");
    assert!(!written("html", &sample()).contains("Offered and achieved"));
    // Of 90 calls one and not a hundred are beyond the 95th percentile, and not a whole one beyond the 99.9th.
    let row = page.split("<tr>").find(|row| row.contains(">grpc-web<") && row.contains(">verify<")).expect("a row");
    assert!(row.contains("<td>90</td>") && row.contains("<td class=\"thin\">–</td>"), "{row}");
    let row = page.split("<tr>").find(|row| row.contains(">rest<") && row.contains(">verify<")).expect("a row");
    assert!(row.contains("<td>19.81</td>") && row.contains("<td>19.77 to 19.84</td>"), "{row}");
    assert_eq!(page.matches("<figure>").count(), 8);
    assert!(!page.contains("NaN") && !page.contains("inf"));
}

/// The page as a browser's parser would see it, roughly: each tag, and each attribute's name.
#[test]
fn nothing_of_a_target_is_markup_and_nothing_is_fetched() {
    let page = written("html", &full());
    assert_harmless(&page);
    assert!(page.contains("&lt;/script&gt;]]&gt;&lt;!--&amp;&lt;&gt;&quot;&#39;"), "hostile text is shown");
    for word in
        ["<script", "<link", "<img", "<iframe", "<object", "src=", "url(", "@import", "javascript:", " style=", " on"]
    {
        let found = page.find(word).filter(|_| word != " on");
        assert!(found.is_none(), "{word} at {found:?}");
    }
    let hrefs: Vec<&str> = page.split("href=\"").skip(1).map(|rest| &rest[..1]).collect();
    assert!(!hrefs.is_empty() && hrefs.iter().all(|first| *first == "#"), "links stay within the page");
    let style = page.split_once("<style>").and_then(|(_, rest)| rest.split_once("</style>")).expect("a style").0;
    let digest = crate::webauthn::hash::Hash::Sha256.digest(style.as_bytes());
    let policy = format!(
        "default-src &#39;none&#39;; style-src &#39;sha256-{}&#39;; base-uri &#39;none&#39;; form-action &#39;none&#39;",
        crate::webauthn::base64::encode_standard(&digest)
    );
    assert!(page.contains(&policy), "the policy knows the style");
    // Every element is closed, and every attribute is quoted: quick-xml reads it once void elements are closed.
    let body = page.replace("<!doctype html>\n", "");
    let mut closed = String::new();
    for part in body.split_inclusive('>') {
        let is_void = part.trim_start().rsplit('<').next().is_some_and(|tag| tag.starts_with("meta"));
        closed.push_str(&if is_void { part.replace('>', "/>") } else { part.to_owned() });
    }
    let mut reader = quick_xml::Reader::from_str(&closed);
    let mut elements = 0;
    loop {
        match reader.read_event().expect("well-formed") {
            quick_xml::events::Event::Eof => break,
            quick_xml::events::Event::Start(element) | quick_xml::events::Event::Empty(element) => {
                elements += 1;
                let names = element.attributes().map(|attribute| attribute.expect("quoted").key.as_ref().to_vec());
                for name in names {
                    assert!(!name.starts_with(b"on") && name != b"style", "an attribute that runs or styles");
                }
            }
            _ => {}
        }
    }
    assert!(elements > 200, "{elements}");
    assert!(page.len() < 200_000, "{}", page.len());
}

#[test]
fn the_page_of_a_small_run() {
    let page = written("html", &sample());
    let body = page.split_once("</style>").expect("a style").1;
    insta::assert_snapshot!(body);
}

#[test]
fn steps_have_charts_for_each_that_the_intervals_have() {
    let page = written("html", &full());
    for step in [LoadStep::Start, LoadStep::Verify, LoadStep::Cycle] {
        assert!(page.contains(&format!("aria-label=\"{} over time\"", step.name())), "{}", step.name());
    }
}
