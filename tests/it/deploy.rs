//! What `deploy/` ships: manifests that Kubernetes' own schemas accept, whose parts fit each other and whose arguments the command
//! takes, and a container file that leaves nothing but the program.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};

use crate::cli::{command, finish};
use crate::shards::{Serving, agrees, in_rfc_3339, record};

fn text(path: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|why| panic!("{}: {why}", path.display()))
}

fn manifests() -> Vec<Value> {
    serde_saphyr::from_multiple(&text("deploy/kubernetes/load.yaml")).expect("YAML")
}

/// The one manifest of a kind with a name.
fn manifest(kind: &str, name: &str) -> Value {
    let mut found = manifests().into_iter().filter(|of| of["kind"] == kind && of["metadata"]["name"] == name);
    let only = found.next().unwrap_or_else(|| panic!("no {kind} {name}"));
    assert!(found.next().is_none(), "two of {kind} {name}");
    only
}

/// What Kubernetes' schema finds wrong; a kind without one is wrong.
fn wrong(manifest: &Value) -> Vec<String> {
    let mut schema: Value = serde_json::from_str(&text("fixtures/schemas/kubernetes/definitions.json")).expect("JSON");
    let name = match (manifest["apiVersion"].as_str(), manifest["kind"].as_str()) {
        (Some("batch/v1"), Some("Job")) => "io.k8s.api.batch.v1.Job".to_owned(),
        (Some("v1"), Some(kind @ ("PersistentVolumeClaim" | "ConfigMap" | "Secret"))) => {
            format!("io.k8s.api.core.v1.{kind}")
        }
        other => return vec![format!("no schema for {other:?}")],
    };
    schema["$ref"] = json!(format!("#/$defs/{name}"));
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    validator.iter_errors(manifest).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

fn container(job: &Value) -> &Value {
    let containers = job["spec"]["template"]["spec"]["containers"].as_array().expect("containers");
    assert_eq!(containers.len(), 1);
    &containers[0]
}

/// Arguments as the kubelet would make them of the variables.
fn arguments(job: &Value, variables: &[(&str, &str)]) -> Vec<String> {
    let written = container(job)["args"].as_array().expect("args").iter().map(|text| text.as_str().expect("text"));
    let expand = |text: &str| {
        variables.iter().fold(text.to_owned(), |text, (name, value)| text.replace(&format!("$({name})"), value))
    };
    written.map(expand).collect()
}

#[test]
fn kubernetes_schemas_accept_the_manifests() {
    let manifests = manifests();
    assert_eq!(manifests.len(), 3);
    for manifest in &manifests {
        assert_eq!(wrong(manifest), Vec::<String>::new(), "{}", manifest["kind"]);
    }
}

#[test]
fn kubernetes_schemas_refuse_what_is_wrong() {
    let job = manifest("Job", "proofmark-load");
    for (pointer, value) in [
        ("/spec/completions", json!("three")),
        ("/spec/template/spec/containers/0/args", json!("load")),
        ("/spec/template/spec/securityContext/runAsUser", json!("nobody")),
        ("/spec/template/spec/volumes/0/configMap", json!({ "nam": "x" })),
        ("/kind", json!("Jobs")),
    ] {
        let mut broken = job.clone();
        *broken.pointer_mut(pointer).unwrap_or_else(|| panic!("{pointer}")) = value;
        assert!(!wrong(&broken).is_empty(), "{pointer}");
    }
}

#[test]
fn pods_may_do_nothing_that_they_need_not() {
    for job in ["proofmark-load", "proofmark-merge"].map(|name| manifest("Job", name)) {
        let (pod, container) = (&job["spec"]["template"]["spec"], container(&job));
        assert_eq!(pod["automountServiceAccountToken"], false);
        assert_eq!(pod["restartPolicy"], "Never");
        assert_eq!(pod["securityContext"]["runAsNonRoot"], true);
        assert_eq!(pod["securityContext"]["runAsUser"], 65_532);
        assert_eq!(pod["securityContext"]["seccompProfile"]["type"], "RuntimeDefault");
        assert_eq!(container["securityContext"]["allowPrivilegeEscalation"], false);
        assert_eq!(container["securityContext"]["readOnlyRootFilesystem"], true);
        assert_eq!(container["securityContext"]["capabilities"]["drop"], json!(["ALL"]));
        assert!(container["resources"]["requests"]["cpu"].is_string());
        assert!(container["resources"]["limits"]["memory"].is_string());
        assert!(container["command"].is_null(), "the image has no shell to run it");
    }
}

#[test]
fn the_parts_of_the_manifest_fit_each_other() {
    let (load, merge) = (manifest("Job", "proofmark-load"), manifest("Job", "proofmark-merge"));
    let spec = &load["spec"];
    assert_eq!((&spec["completionMode"], &merge["spec"]["suspend"]), (&json!("Indexed"), &json!(true)));
    let shards = spec["completions"].as_u64().expect("a number");
    assert_eq!((spec["parallelism"].as_u64(), spec["maxFailedIndexes"].as_u64()), (Some(shards), Some(shards)));
    assert!(arguments(&load, &[]).contains(&format!("--shards={shards}")));
    let written = |index: u64| {
        let all = arguments(&load, &[("SHARD", &index.to_string())]);
        all.iter().find_map(|text| text.strip_prefix("--report=json=").map(str::to_owned)).expect("a record")
    };
    let merged = arguments(&merge, &[]);
    let read: Vec<_> = merged.iter().filter(|text| text.starts_with('/')).cloned().collect();
    assert_eq!(read, (0..shards).map(written).collect::<Vec<_>>());
    let claim = manifest("PersistentVolumeClaim", "proofmark-load");
    for job in [&load, &merge] {
        let volumes = job["spec"]["template"]["spec"]["volumes"].as_array().expect("volumes");
        let results = volumes.iter().find(|volume| volume["name"] == "results").expect("results");
        assert_eq!(results["persistentVolumeClaim"]["claimName"], claim["metadata"]["name"]);
        for mount in container(job)["volumeMounts"].as_array().expect("mounts") {
            assert!(volumes.iter().any(|volume| volume["name"] == mount["name"]), "{mount}");
        }
    }
}

#[test]
fn the_image_holds_nothing_but_the_program() {
    let text = text("deploy/Containerfile");
    let joined = text.replace("\\\n", " ");
    let lines = joined.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let stages: Vec<Vec<&str>> = lines.fold(Vec::new(), |mut stages, line| {
        if line.starts_with("FROM ") {
            stages.push(Vec::new());
        }
        stages.last_mut().expect("FROM first").push(line);
        stages
    });
    let [build, image] = stages.as_slice() else { panic!("two stages: {stages:?}") };
    let cargo = "RUN cargo build --release --locked --target x86_64-unknown-linux-musl --bin proofmark";
    assert!(build.contains(&cargo), "{build:?}");
    assert_eq!(image[0], "FROM scratch");
    for line in &image[1..] {
        let instruction = line.split_whitespace().next().unwrap_or_default();
        assert!(["COPY", "USER", "STOPSIGNAL", "ENTRYPOINT"].contains(&instruction), "{line}");
    }
    assert!(image.contains(&"USER 65532:65532") && image.contains(&r#"ENTRYPOINT ["/proofmark"]"#), "{image:?}");
}

/// The volumes of the manifest, as they are mounted, below a directory.
fn below(directory: &Path, arguments: Vec<String>) -> Vec<String> {
    let mount = |text: String| {
        ["/config/", "/results/"]
            .iter()
            .fold(text, |text, mount| text.replace(mount, &format!("{}{mount}", directory.display())))
    };
    arguments.into_iter().map(mount).collect()
}

/// What the configuration map and the secret of the manifest's first lines hold.
fn configure(directory: &Path, serving: impl Fn(&Path) -> Serving) -> (Serving, String) {
    for mount in ["config", "secret", "results"] {
        std::fs::create_dir(directory.join(mount)).expect("created");
    }
    let target = directory.join("config/target.toml");
    let serving = serving(&target);
    let (pool, secret) = (directory.join("config/target.subjects.json"), directory.join("secret/subjects.json"));
    let mut subjects: Value = serde_json::from_slice(&std::fs::read(&pool).expect("written")).expect("JSON");
    let token = subjects["adminToken"].take();
    std::fs::write(&secret, subjects.to_string()).expect("written");
    std::fs::remove_file(pool).expect("removed");
    let text = std::fs::read_to_string(&target).expect("written");
    let own = "subjects-file = \"target.subjects.json\"";
    assert!(text.contains(own), "{text}");
    let mounted = format!("subjects-file = \"{}\"\nadmin-token = \"${{PROOFMARK_ADMIN_TOKEN}}\"", secret.display());
    std::fs::write(&target, text.replace(own, &mounted)).expect("written");
    (serving, token.as_str().expect("a token").to_owned())
}

#[test]
fn the_pods_of_the_manifest_load_and_merge() {
    let directory = tempfile::tempdir().expect("a directory");
    let (serving, token) = configure(directory.path(), |target| Serving::start(target, "64"));
    let start = in_rfc_3339(SystemTime::now() + Duration::from_secs(5));
    let pod = |index: u64| {
        let index = index.to_string();
        let all = arguments(&manifest("Job", "proofmark-load"), &[("START_AT", &start), ("SHARD", &index)]);
        // As they are, but smaller: the machine of the test is not the cluster.
        let smaller =
            [("--rate=300/s", "--rate=45/s"), ("--warm-up=10s", "--warm-up=1s"), ("--duration=60s", "--duration=2s")];
        let all = smaller.iter().fold(all, |mut all, (written, instead)| {
            let place = all.iter().position(|text| text == written).unwrap_or_else(|| panic!("no {written}"));
            all[place] = (*instead).to_owned();
            all
        });
        let all = below(directory.path(), all);
        let mut pod = command(&all.iter().map(String::as_str).collect::<Vec<_>>());
        pod.env("JOB_COMPLETION_INDEX", index).env("PROOFMARK_ADMIN_TOKEN", &token);
        pod.spawn().expect("started")
    };
    let pods: Vec<_> = (0..3).map(pod).collect();
    for pod in pods {
        let output = pod.wait_with_output().expect("ended");
        let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        // On a busy machine the generator says that it was the limit (9).
        assert!(matches!(output.status.code(), Some(0 | 9)) && !said.contains(&token), "{said}");
    }
    let merge = below(directory.path(), arguments(&manifest("Job", "proofmark-merge"), &[]));
    let merged = finish(&mut command(&merge.iter().map(String::as_str).collect::<Vec<_>>()));
    assert!(matches!(merged.code, Some(0 | 9)), "{}{}", merged.out, merged.err);
    agrees(&record(&directory.path().join("results/merged.json")), serving.counted());
    for (report, holds) in [("merged.html", "<svg"), ("merged.xml", "<testsuite")] {
        let text = std::fs::read_to_string(directory.path().join("results").join(report)).expect("written");
        assert!(text.contains(holds), "{report}");
    }
}
