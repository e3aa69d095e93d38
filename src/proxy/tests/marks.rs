//! Two proxies in a row: the first one selects requests, the second one faults them.

#![allow(clippy::unwrap_used)]

use serde_json::{Value, json};
use tokio::net::TcpStream;

use super::harness::*;

/// A proxy before another one before an upstream that tells what it got.
async fn in_a_row() -> (Proxy, Proxy) {
    let second = Proxy::start(&echo_upstream().await).await;
    let first = Proxy::start(&format!("http://{}", second.at.listen)).await;
    (first, second)
}

fn marking(share: f64) -> Value {
    json!({"fence": 1, "lease_ms": 60_000, "share": share, "rate": 1.0, "effect": {"type": "mark"}})
}

fn failing(share: f64, by: &str) -> Value {
    let effect = json!({"type": "error", "status": 503});
    json!({"fence": 1, "lease_ms": 60_000, "share": share, "rate": 1.0, "marked_by": by, "effect": effect})
}

async fn send(caller: &mut TcpStream, baggage: &str) -> Answer {
    exchange(caller, &format!("GET / HTTP/1.1\r\nhost: a\r\n{baggage}\r\n")).await
}

async fn counts(proxy: &Proxy, id: &str) -> (u64, u64, u64) {
    let (_, view) = proxy.command("GET", &format!("/v1/faults/{id}"), &Value::Null).await;
    let count = |name: &str| view[name].as_u64().unwrap();
    (count("seen"), count("touched"), count("acted"))
}

#[tokio::test]
async fn one_hop_selects_and_another_faults_exactly_those() {
    let (first, second) = in_a_row().await;
    first.inject("run.sel", marking(0.2)).await;
    second.inject("run.broken", failing(1.0, "run")).await;
    let mut caller = first.caller().await;
    let mut failed = 0;
    for _ in 0..400 {
        failed += u64::from(send(&mut caller, "").await.status == 503);
    }
    let (seen, touched, acted) = counts(&first, "run.sel").await;
    assert_eq!((seen, touched), (400, acted));
    assert!((70..=80).contains(&touched), "{touched}");
    assert_eq!(counts(&second, "run.broken").await, (400, touched, touched));
    assert_eq!(failed, touched);
    // Who comes by another way is spared.
    let mut other = second.caller().await;
    assert_eq!(send(&mut other, "").await.status, 200);
    assert_eq!(send(&mut other, "baggage: chaos=other.sel\r\n").await.status, 200);
}

#[tokio::test]
async fn what_is_marked_beyond_the_own_share_is_spared() {
    let (first, second) = in_a_row().await;
    first.inject("run.sel", marking(1.0)).await;
    second.inject("run.broken", failing(0.1, "run")).await;
    let mut caller = first.caller().await;
    let mut failed = 0;
    for sent in 1..=400_u64 {
        failed += u64::from(send(&mut caller, "").await.status == 503);
        assert!(failed * 10 <= sent, "{failed} of {sent}");
    }
    assert!(failed >= 30, "{failed}");
}

#[tokio::test]
async fn the_baggage_that_was_there_travels_on() {
    let (first, _second) = in_a_row().await;
    first.inject("run.sel", marking(1.0)).await;
    let mut caller = first.caller().await;
    let echo = send(&mut caller, "baggage: user=7;p\r\nbaggage: x=1\r\n").await.echo();
    assert_eq!(echo["headers"]["baggage"], "user=7;p,x=1,chaos=run.sel");
    // What has no room for a mark is passed on as it is, and does not count as touched.
    let full = vec!["a=1"; 180].join(",");
    let echo = send(&mut caller, &format!("baggage: {full}\r\n")).await.echo();
    assert_eq!(echo["headers"]["baggage"], full);
    assert_eq!(counts(&first, "run.sel").await, (2, 1, 1));
}
