//! A headless browser, driven by the DevTools protocol over two pipes: messages of JSON, each ended by a zero byte.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

/// The most that one command may take, and any wait. A browser starts slowly on a machine that compiles besides.
const PATIENCE: Duration = Duration::from_secs(60);

/// A browser with one page. Ends with its owner.
pub struct Page {
    child: Child,
    input: ChildStdin,
    messages: Receiver<Value>,
    session: String,
    last: u64,
    /// What the browser told without being asked.
    events: Vec<Value>,
    _profile: TempDir,
    _alone: MutexGuard<'static, ()>,
}

/// One browser at a time, so that several do not starve each other on a small machine.
static ONE: Mutex<()> = Mutex::new(());

const MISSING: &str = "there is no Chromium on this machine, so that nothing was looked at in a browser; install it (apt-get install chromium), or \
    set PROOFMARK_WITHOUT_BROWSER=1 where that can't be done";

/// Whether the tests may do without a browser: on a developer's machine, and where that was said.
pub fn may_be_missing(is_ci: bool, is_said: bool) -> bool {
    !is_ci || is_said
}

impl Drop for Page {
    fn drop(&mut self) {
        // It ends by itself when its pipe does; a moment later it is ended.
        let _ = self.send("Browser.close", &json!({}), false);
        let end = Instant::now() + Duration::from_secs(5);
        while Instant::now() < end && matches!(self.child.try_wait(), Ok(None)) {
            std::thread::sleep(Duration::from_millis(20));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The distribution's Chromium, wherever it is.
fn installed() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let names = ["chromium", "chromium-browser", "google-chrome"];
    std::env::split_paths(&path).flat_map(|place| names.map(|name| place.join(name))).find(|path| path.is_file())
}

impl Page {
    /// An empty page; `None`, and a word about it that nothing captures, where there is no browser and need not be one.
    #[track_caller]
    pub fn open() -> Option<Page> {
        let Some(browser) = installed() else {
            let set = |name: &str| std::env::var(name).is_ok_and(|value| !["", "0", "false"].contains(&value.as_str()));
            assert!(may_be_missing(set("CI"), set("PROOFMARK_WITHOUT_BROWSER")), "{MISSING}");
            let skipped = format!("SKIPPED, NOT PASSED: {}: {MISSING}", std::panic::Location::caller());
            // Not by a macro, whose output a test that passes does not show.
            writeln!(std::io::stderr(), "{skipped}").expect("standard error");
            return None;
        };
        let alone = ONE.lock().unwrap_or_else(PoisonError::into_inner);
        let profile = TempDir::new().expect("a directory");
        // The browser reads commands from descriptor 3 and answers on 4.
        let mut child = Command::new("sh")
            .args(["-c", "exec \"$0\" \"$@\" 3<&0 4>&1 </dev/null >/dev/null"])
            .arg(browser)
            .args(["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"])
            .args([
                "--disable-component-update",
                "--disable-sync",
                "--disable-dev-shm-usage",
                "--remote-debugging-pipe",
            ])
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("a shell");
        let input = child.stdin.take().expect("piped");
        let mut output = BufReader::new(child.stdout.take().expect("piped"));
        let (sender, messages) = channel();
        std::thread::spawn(move || {
            let mut message = Vec::new();
            while output.read_until(0, &mut message).is_ok_and(|length| length > 0) {
                message.pop();
                let read = serde_json::from_slice(&message).expect("JSON from the browser");
                message.clear();
                if sender.send(read).is_err() {
                    break;
                }
            }
        });
        let session = String::new();
        let mut page =
            Page { child, input, messages, session, last: 0, events: Vec::new(), _profile: profile, _alone: alone };
        let target = page.call("Target.createTarget", json!({"url": "about:blank"}))["targetId"].clone();
        let session = page.call("Target.attachToTarget", json!({"targetId": target, "flatten": true}));
        session["sessionId"].as_str().expect("a session").clone_into(&mut page.session);
        for domain in ["Page", "Runtime", "Log", "Network"] {
            page.call(&format!("{domain}.enable"), json!({}));
        }
        Some(page)
    }

    fn send(&mut self, method: &str, parameters: &Value, to_page: bool) -> std::io::Result<()> {
        self.last += 1;
        let mut message = json!({"id": self.last, "method": method, "params": parameters});
        if to_page && !self.session.is_empty() {
            message["sessionId"] = self.session.as_str().into();
        }
        self.input.write_all(format!("{message}\0").as_bytes())?;
        self.input.flush()
    }

    /// One command and its result.
    #[track_caller]
    pub fn call(&mut self, method: &str, parameters: Value) -> Value {
        self.send(method, &parameters, true).expect("the browser listens");
        let id = self.last;
        loop {
            let message = self.messages.recv_timeout(PATIENCE).unwrap_or_else(|error| panic!("{method}: {error}"));
            if message["id"] == id {
                assert_eq!(message.get("error"), None, "{method} {parameters}");
                return message["result"].clone();
            }
            self.events.push(message);
        }
    }

    /// Opens a file with a fragment, and waits until it is loaded.
    pub fn go(&mut self, file: &Path, fragment: &str) {
        self.call("Page.navigate", json!({"url": "about:blank"}));
        self.events.clear();
        self.call("Page.navigate", json!({"url": format!("file://{}{fragment}", file.display())}));
        self.until("document.readyState === 'complete' && location.protocol === 'file:'");
    }

    /// As [`Page::go`] where no script may run, ours to wait with neither.
    pub fn go_without_script(&mut self, file: &Path) {
        self.events.clear();
        self.call("Page.navigate", json!({"url": format!("file://{}?plain", file.display())}));
        let end = Instant::now() + PATIENCE;
        while !self.events.iter().any(|event| event["method"] == "Page.loadEventFired") {
            let left = end.saturating_duration_since(Instant::now());
            self.events.push(self.messages.recv_timeout(left).expect("the page is loaded"));
        }
    }

    /// The value of an expression.
    #[track_caller]
    pub fn value(&mut self, expression: &str) -> Value {
        let parameters = json!({"expression": expression, "returnByValue": true, "awaitPromise": true});
        let result = self.call("Runtime.evaluate", parameters);
        assert_eq!(result.get("exceptionDetails"), None, "{expression}");
        result["result"]["value"].clone()
    }

    /// Waits until an expression holds.
    #[track_caller]
    pub fn until(&mut self, expression: &str) {
        let end = Instant::now() + PATIENCE;
        while self.value(expression) != json!(true) {
            assert!(Instant::now() < end, "never: {expression}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Presses a key: a name such as `Tab` or `Enter`, or a character.
    pub fn press(&mut self, key: &str) {
        let code = match key {
            "Tab" => 9,
            "Enter" => 13,
            "Escape" => 27,
            _ => 0,
        };
        let text = match key {
            "Enter" => "\r",
            key if key.chars().count() == 1 => key,
            _ => "",
        };
        let down = if text.is_empty() { "rawKeyDown" } else { "keyDown" };
        for kind in [down, "keyUp"] {
            let mut event = json!({"type": kind, "key": key, "windowsVirtualKeyCode": code});
            if kind == "keyDown" {
                event["text"] = text.into();
            }
            self.call("Input.dispatchKeyEvent", event);
        }
    }

    pub fn write(&mut self, text: &str) {
        text.chars().for_each(|character| self.press(&character.to_string()));
    }

    /// Width and height in CSS pixels.
    pub fn size(&mut self, width: u32, height: u32) {
        let metrics = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600});
        self.call("Emulation.setDeviceMetricsOverride", metrics);
    }

    /// `light` or `dark`; `screen` or `print`.
    pub fn media(&mut self, scheme: &str, medium: &str) {
        let features = json!([{"name": "prefers-color-scheme", "value": scheme}]);
        self.call("Emulation.setEmulatedMedia", json!({"features": features, "media": medium}));
    }

    pub fn scripts(&mut self, on: bool) {
        self.call("Emulation.setScriptExecutionDisabled", json!({"value": !on}));
    }

    /// What is to be seen, as PNG.
    pub fn picture(&mut self) -> Vec<u8> {
        use base64::Engine as _;
        let picture = self.call("Page.captureScreenshot", json!({"format": "png"}));
        let text = picture["data"].as_str().expect("base64");
        base64::engine::general_purpose::STANDARD.decode(text).expect("base64")
    }

    /// Every address that the page asked for since it was opened.
    pub fn requests(&self) -> Vec<String> {
        let asked = self.events.iter().filter(|event| event["method"] == "Network.requestWillBeSent");
        let address = |event: &Value| event["params"]["request"]["url"].as_str().unwrap_or_default().to_owned();
        asked.map(address).filter(|address| address != "about:blank").collect()
    }

    /// Errors, warnings and uncaught exceptions since it was opened.
    pub fn complaints(&self) -> Vec<String> {
        let told = ["Log.entryAdded", "Runtime.consoleAPICalled", "Runtime.exceptionThrown"];
        let complaints = self.events.iter().filter(|event| told.iter().any(|method| event["method"] == *method));
        complaints.map(|event| event["params"].to_string()).collect()
    }
}
