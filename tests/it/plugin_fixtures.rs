//! Components that can be read and never run: those of `tests/spec/plugins`, and what tests put into real ones.
//!
//! `UPDATE_DOCS=1` writes those of the specification, and their lock.

use crate::harness::root;
use chaos_lang::project::{Lock, Pin};
use sha2::{Digest, Sha256};
use std::fs;

/// The SHA-256 of bytes, as a lock has it.
pub fn digest(bytes: &[u8]) -> String {
    let hex: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}

/// A number in LEB128, as the binary format has it.
fn leb(mut number: usize) -> Vec<u8> {
    let mut out = Vec::new();
    loop {
        let byte = u8::try_from(number & 0x7f).unwrap();
        number >>= 7;
        out.push(if number == 0 { byte } else { byte | 0x80 });
        if number == 0 {
            return out;
        }
    }
}

fn section(id: u8, body: &[u8]) -> Vec<u8> {
    [vec![id], leb(body.len()), body.to_vec()].concat()
}

/// A custom section.
pub fn custom(name: &str, content: &str) -> Vec<u8> {
    section(0, &[leb(name.len()), name.as_bytes().to_vec(), content.as_bytes().to_vec()].concat())
}

/// A component that is nothing but what it says of itself.
pub fn said(manifest: &str, module: Option<&str>) -> Vec<u8> {
    let name = "chaos:injector/injector@0.2.0";
    // One export of the first instance, which there is not: nothing but reading it is possible.
    let export = [vec![1, 0], leb(name.len()), name.as_bytes().to_vec(), vec![5, 0, 0]].concat();
    let module = module.map(|text| custom("chaos:module", text)).unwrap_or_default();
    [b"\0asm\x0d\0\x01\0".to_vec(), section(11, &export), custom("chaos:manifest", manifest), module].concat()
}

/// The manifest of a component with one fault.
pub fn manifest(name: &str, fault: &str, params: &str) -> String {
    format!(
        r#"{{"interface":"0.2","name":"{name}","version":"1.2.0","doc":"For the specification.","faults":[{{"name":"{fault}","doc":"Does something.","targets":["service"],"class":"revertible","resource":"instance","params":[{params}]}}]}}"#
    )
}

const KAFKA: &str = r#"# kafka: faults of a broker.

## Stops a partition.
fault pause(
  target: service,
  partition: int in 0..100 = 0,        ## which one
  wait: duration in 0s..10s = 100ms    ## before it stops
) {
  component "kafka" action "pause"
  touches 50% of target.requests
  resource target.instance
  class revertible
}

let longest = 10s
"#;

const PARAMS: &str = r#"{"name":"partition","kind":"integer","default":0,"min":0,"max":1000},{"name":"wait","kind":"duration","default":0.1,"min":0,"max":60}"#;

const EVERY: &str = r#"{"name":"share","kind":"ratio","default":0.5,"min":0.0001,"max":1},{"name":"delay","kind":"duration","min":0.0005,"max":90},{"name":"how","kind":"text","default":"slow","choices":["slow","odd"]},{"name":"size","kind":"size","default":1024},{"name":"hosts","kind":"texts","default":["a","b"]},{"name":"really","kind":"boolean","default":true},{"name":"factor","kind":"number","default":1.5},{"name":"pace","kind":"frequency","default":10},{"name":"width","kind":"bandwidth","default":1000000},{"name":"while","kind":"integer","default":1}"#;

fn kafka() -> Vec<u8> {
    said(&manifest("kafka", "pause", PARAMS), Some(KAFKA))
}

fn disk() -> Vec<u8> {
    said(&manifest("disk", "fill", EVERY), None)
}

fn pin(name: &str, source: &str, bytes: &[u8]) -> Pin {
    Pin {
        name: name.to_owned(),
        source: source.to_owned(),
        resolved: None,
        digest: digest(bytes),
        version: "1.2.0".to_owned(),
        interface: "0.2".to_owned(),
        size: bytes.len() as u64,
    }
}

/// Adds `kafka` to the project in a folder.
pub fn add_kafka(place: &crate::harness::Place) {
    let mut lock = Lock::default();
    lock.put(pin("kafka", "kafka.wasm", &kafka()));
    place.write("kafka.wasm", kafka());
    place.write("chaos.toml", "[plugins]\nkafka = \"kafka.wasm\"\n");
    place.write("chaos.lock", lock.text().unwrap());
}

fn lock() -> String {
    let (kafka, disk) = (kafka(), disk());
    let mut lock = Lock::default();
    let pins = [
        pin("kafka", "kafka.wasm", &kafka),
        pin("acme.disk", "disk.wasm", &disk),
        pin("lost", "lost.wasm", &kafka),
        pin("elsewhere", "oci://registry.example/elsewhere:1", &kafka),
        pin("changed", "disk.wasm", &kafka),
        Pin { version: "1.1.0".to_owned(), ..pin("older", "kafka.wasm", &kafka) },
        Pin { interface: "0.1".to_owned(), ..pin("spoken", "kafka.wasm", &kafka) },
        pin("moved", "https://example.com/kafka.wasm", &kafka),
        pin("my.http", "kafka.wasm", &kafka),
        pin("text", "chaos.toml", &fs::read(root().join("tests/spec/plugins/chaos.toml")).unwrap()),
    ];
    pins.into_iter().for_each(|pin| lock.put(pin));
    lock.text().unwrap()
}

#[test]
fn the_plugins_of_the_specification_are_these() {
    let files = [("kafka.wasm", kafka()), ("disk.wasm", disk()), ("chaos.lock", lock().into_bytes())];
    for (name, bytes) in files {
        let path = root().join("tests/spec/plugins").join(name);
        if std::env::var_os("UPDATE_DOCS").is_some() {
            fs::write(&path, &bytes).unwrap();
        }
        assert!(fs::read(&path).unwrap() == bytes, "UPDATE_DOCS=1 cargo test plugin_fixtures: {name}");
    }
}
