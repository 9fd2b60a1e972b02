//! Runs of load that are over: their reports, their merge and their comparison.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::{Output, proofmark};

/// The record of a short run, made once, and the page that was written with it.
fn recorded() -> &'static (Value, String) {
    static RECORDED: OnceLock<(Value, String)> = OnceLock::new();
    RECORDED.get_or_init(|| {
        let directory = TempDir::new().expect("a directory");
        let path = |name: &str| directory.path().join(name);
        let option = |name: &str, file: &str| format!("{name}={}", path(file).display());
        let (json, html) = (option("json", "a.json"), option("html", "a.html"));
        let load = [
            "load",
            "--users",
            "2",
            "--duration",
            "1s",
            "--seed",
            "3",
            "--generator-lag",
            "10s",
            "--protocol",
            "rest=1,grpc=1",
        ];
        let ended = proofmark(&[load.as_slice(), &["--report", &json, "--report", &html]].concat());
        assert!(ended.err.contains("wrote "), "{}", ended.err);
        (serde_json::from_str(&text(&path("a.json"))).expect("JSON"), text(&path("a.html")))
    })
}

fn text(path: &Path) -> String {
    std::fs::read_to_string(path).expect("there")
}

/// Writes what a change makes of the record.
fn write(directory: &TempDir, name: &str, change: impl Fn(&mut Value)) -> String {
    let mut record = recorded().0.clone();
    change(&mut record);
    let path: PathBuf = directory.path().join(name);
    std::fs::write(&path, record.to_string()).expect("written");
    path.display().to_string()
}

fn shard(index: u32, count: u32) -> impl Fn(&mut Value) {
    move |record| {
        record["plan"]["shard"] = json!({"index": index, "count": count});
        record["generators"][0]["verdict"] = json!("VALID");
    }
}

fn valid(record: &mut Value) {
    record["generators"][0]["verdict"] = json!("VALID");
}

fn load(args: &[&str]) -> Output {
    proofmark(&[&["load"], args].concat())
}

#[test]
fn a_record_is_what_its_schema_says_and_gives_every_report() {
    let (record, page) = recorded();
    let schema: Value = serde_json::from_str(include_str!("../../../reports/schemas/load.schema.json")).expect("JSON");
    let schema = jsonschema::validator_for(&schema).expect("a schema");
    let errors: Vec<String> =
        schema.iter_errors(record).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{errors:#?}");
    assert!(page.starts_with("<!doctype html>") && page.trim_end().ends_with("</html>"));
    let directory = TempDir::new().expect("a directory");
    let from = write(&directory, "a.json", |_| {});
    for (name, begins) in [
        ("json", "{\n"),
        ("ndjson", "{\"at\":"),
        ("hlog", "#proofmark"),
        ("junit", "<?xml"),
        ("prometheus", "# HELP"),
        ("html", "<!doctype html>"),
    ] {
        let to = directory.path().join(name);
        load(&["report", &from, "--report", &format!("{name}={}", to.display())]).exits(0);
        assert!(text(&to).starts_with(begins), "{name}");
    }
    assert_eq!(&text(&directory.path().join("html")), page, "a report is the same whenever it is made");
}

#[test]
fn shards_are_merged_and_what_is_no_shard_is_named() {
    let directory = TempDir::new().expect("a directory");
    let (one, two) = (write(&directory, "1.json", shard(1, 2)), write(&directory, "2.json", shard(2, 2)));
    let whole = directory.path().join("whole.json");
    let option = format!("json={}", whole.display());
    let merged = load(&["merge", &two, &one, "--report", &option]).exits(0);
    assert!(merged.out.contains("cycles/s"), "{}", merged.out);
    let whole: Value = serde_json::from_str(&text(&whole)).expect("JSON");
    let (record, _) = recorded();
    let counts = |record: &Value| -> Vec<u64> {
        record["rows"].as_array().expect("rows").iter().filter_map(|row| row["count"].as_u64()).collect()
    };
    assert_eq!(counts(&whole), counts(record).iter().map(|count| 2 * count).collect::<Vec<_>>());
    assert_eq!(whole["plan"]["digest"], record["plan"]["digest"]);
    load(&["merge", &one]).exits(3).says(&["of 2 shards, 2 is missing", "1.json"]);
    load(&["merge", &one, &one]).exits(3).says(&["1.json and", "both are shard 1"]);
    let none = write(&directory, "none.json", |_| {});
    load(&["merge", &none]).exits(3).says(&["none.json: it is not a shard"]);
    let other = write(&directory, "other.json", |record| {
        shard(2, 2)(record);
        record["version"] = json!("0.0.0");
    });
    load(&["merge", &one, &other]).exits(3).says(&["other.json and", "they differ in version: 0.0.0"]);
    let limited = write(&directory, "limited.json", |record| {
        shard(2, 2)(record);
        record["generators"][0]["verdict"] = json!("GENERATOR-LIMITED");
    });
    load(&["merge", &one, &limited]).exits(9);
}

#[test]
fn a_build_is_compared_with_itself_and_with_a_wrong_one() {
    let directory = TempDir::new().expect("a directory");
    let file = write(&directory, "a.json", valid);
    let files = [file.as_str(), &file, &file];
    let several =
        [&["compare", "--baseline"], files.as_slice(), &["--new"], &files, &["--metric", "verify.p50", "--seed", "1"]]
            .concat();
    let compared = load(&several).exits(0);
    assert!(compared.out.contains("+0.00%") && compared.out.contains("no difference shown"), "{}", compared.out);
    let one = load(&["compare", &file, &file, "--metric", "verify.p50", "--metric", "cycles"]).exits(0);
    assert!(one.out.contains("inconclusive") && one.out.contains("one run a side"), "{}", one.out);
    let wrong = write(&directory, "wrong.json", |record| {
        valid(record);
        record["correctness"]["lost"] = json!(1);
    });
    let compared = load(&["compare", &file, &wrong]).exits(8);
    assert!(compared.err.contains("1 answers were wrong"), "{}", compared.err);
    // Each run of a side is half as fast: the rate of all of them is.
    let slow = write(&directory, "slow.json", |record| {
        valid(record);
        record["measured_us"] = json!(2 * record["measured_us"].as_u64().expect("a number"));
    });
    let slower =
        [&["compare", "--baseline"], files.as_slice(), &["--new", &slow, &slow, &slow, "--metric", "cycles"]].concat();
    let compared = load(&slower).exits(8);
    assert!(compared.out.contains("-50.00%") && compared.out.contains("SLOWER"), "{}", compared.out);
}

#[test]
fn what_can_not_be_read_or_compared_is_told() {
    let directory = TempDir::new().expect("a directory");
    let file = write(&directory, "a.json", valid);
    let other = write(&directory, "other.json", |record| {
        valid(record);
        record["plan"]["subjects"] = json!(7);
    });
    let limited =
        write(&directory, "limited.json", |record| record["generators"][0]["verdict"] = json!("GENERATOR-LIMITED"));
    let broken = directory.path().join("broken.json");
    std::fs::write(&broken, "{}").expect("written");
    let broken = broken.display().to_string();
    load(&["compare", &file, &other]).exits(3).says(&["other.json and", "their plans differ in subjects"]);
    load(&["compare", &file, &limited]).exits(9).says(&["limited.json: the generator was the limit"]);
    load(&["compare", &file, &broken]).exits(3).says(&["broken.json: this is not a record of a load run"]);
    load(&["compare", "--baseline", &file, &file, "--new", &file]).exits(2).says(&["2 baseline runs and 1 new ones"]);
    load(&["compare", &file, &file, "--metric", "errors"]).exits(2).says(&["metric `errors`: "]);
    load(&["compare", &file, &file, "--margin", "3"]).exits(2).says(&["--margin 3: "]);
    load(&["compare", &file, &file, "--confidence", "1"]).exits(2).says(&["--confidence 1: "]);
    load(&["report", &broken, "--report", "html=x.html"]).exits(3).says(&["broken.json"]);
    load(&["report", "--from", &file, "--to", "pdf=x.pdf"]).exits(2).says(&["there is no report `pdf`", "prometheus"]);
    assert!(!Path::new("x.html").exists());
    // Options of a run and what is done without one don't go together.
    let mixed = load(&["--users", "2", "merge", &file]).exits(2);
    assert!(mixed.err.contains("cannot be used with"), "{}", mixed.err);
    assert!(load(&["compare"]).exits(2).err.contains("--baseline"), "it says what is needed");
}
