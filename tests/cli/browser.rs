//! A browser without a window, driven over its own protocol: what a page does
//! when somebody looks at it.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::{Value, json};

/// Programs that speak the protocol, the first found is used.
pub(crate) const NAMES: [&str; 4] =
    ["chromium", "chromium-browser", "google-chrome", "chrome-headless-shell"];
/// It talks over file descriptors 3 and 4, which are our pipes.
const LAUNCH: &str = "exec \"$0\" \"$@\" 3<&0 4>&1 </dev/null >/dev/null 2>&1";
/// A browser that says nothing for so long has failed.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running browser with one page. It ends with this value.
pub(crate) struct Browser {
    child: Child,
    _profile: tempfile::TempDir,
    requests: ChildStdin,
    messages: Receiver<Value>,
    session: Option<String>,
    sent: u64,
    events: Vec<Value>,
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Browser {
    /// A browser on this machine.
    pub(crate) fn find() -> Option<PathBuf> {
        let folders = std::env::var_os("PATH")?;
        let folders: Vec<PathBuf> = std::env::split_paths(&folders).collect();
        let found = |name: &&str| folders.iter().map(|f| f.join(name)).find(|p| p.is_file());
        NAMES.iter().find_map(found)
    }

    pub(crate) fn start(program: &Path) -> Self {
        let profile = tempfile::tempdir().unwrap();
        let mut child = Command::new("sh")
            .args(["-c", LAUNCH])
            .arg(program)
            // A container has no room for the sandbox, and the page is our own.
            .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"])
            .args(["--hide-scrollbars", "--no-first-run", "--remote-debugging-pipe"])
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let requests = child.stdin.take().unwrap();
        let replies = BufReader::new(child.stdout.take().unwrap());
        let (sender, messages) = channel();
        // Ends with the browser, which closes its end of the pipe.
        std::thread::spawn(move || {
            for message in replies.split(0).map_while(Result::ok) {
                let Ok(value) = serde_json::from_slice(&message) else { return };
                if sender.send(value).is_err() {
                    return;
                }
            }
        });
        let (session, events) = (None, Vec::new());
        let mut browser =
            Self { child, _profile: profile, requests, messages, session, sent: 0, events };
        let target = browser.call("Target.createTarget", json!({ "url": "about:blank" }));
        let attach = json!({ "targetId": target["targetId"], "flatten": true });
        let session = browser.call("Target.attachToTarget", attach);
        browser.session = session["sessionId"].as_str().map(str::to_owned);
        for domain in ["Page", "Runtime", "Log", "Network"] {
            browser.call(&format!("{domain}.enable"), json!({}));
        }
        browser
    }

    /// Opens `file` as somebody with such a screen and taste sees it.
    pub(crate) fn open(&mut self, file: &Path, width: u32, scheme: &str, medium: &str) {
        self.resize(width, 800);
        let features = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
        let media = json!({ "media": medium, "features": features });
        self.call("Emulation.setEmulatedMedia", media);
        self.events.clear();
        self.call("Page.navigate", json!({ "url": format!("file://{}", file.display()) }));
        while !self.events.iter().any(|event| event["method"] == "Page.loadEventFired") {
            self.read();
        }
    }

    pub(crate) fn resize(&mut self, width: u32, height: u32) {
        let size =
            json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.call("Emulation.setDeviceMetricsOverride", size);
    }

    /// What `script` comes to on the page.
    pub(crate) fn evaluate(&mut self, script: &str) -> Value {
        let asked = json!({ "expression": script, "returnByValue": true });
        let answer = self.call("Runtime.evaluate", asked);
        assert!(answer["exceptionDetails"].is_null(), "{script}: {answer}");
        answer["result"]["value"].clone()
    }

    /// A picture (PNG) of `[x, y, width, height]` of the page.
    pub(crate) fn picture(&mut self, [x, y, width, height]: [f64; 4]) -> Vec<u8> {
        let clip = json!({ "x": x, "y": y, "width": width, "height": height, "scale": 1 });
        let asked = json!({ "format": "png", "clip": clip, "captureBeyondViewport": true });
        bytes(&self.call("Page.captureScreenshot", asked))
    }

    /// The page as it is printed (PDF).
    pub(crate) fn print(&mut self) -> Vec<u8> {
        bytes(&self.call("Page.printToPDF", json!({ "printBackground": false })))
    }

    /// What happened since the page was opened, of these kinds.
    pub(crate) fn events(&self, methods: &[&str]) -> Vec<&Value> {
        let wanted = |event: &&Value| methods.iter().any(|method| event["method"] == *method);
        self.events.iter().filter(wanted).collect()
    }

    fn call(&mut self, method: &str, params: Value) -> Value {
        self.sent += 1;
        let mut message = json!({ "id": self.sent, "method": method, "params": params });
        if let Some(session) = &self.session {
            message["sessionId"] = json!(session);
        }
        let mut bytes = message.to_string().into_bytes();
        bytes.push(0);
        self.requests.write_all(&bytes).unwrap();
        loop {
            let answer = self.read();
            if answer["id"] == self.sent {
                assert!(answer["error"].is_null(), "{method}: {answer}");
                return answer["result"].clone();
            }
        }
    }

    /// The next message; events are kept.
    fn read(&mut self) -> Value {
        let value = self.messages.recv_timeout(PATIENCE).expect("the browser says nothing");
        if value["method"].is_string() {
            self.events.push(value.clone());
        }
        value
    }
}

fn bytes(answer: &Value) -> Vec<u8> {
    data_encoding::BASE64.decode(answer["data"].as_str().unwrap().as_bytes()).unwrap()
}
