//! Answers whose bodies are changed or slowed on their way.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::time::{Duration, Instant};

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

use super::harness::*;

const GET: &[u8] = b"GET / HTTP/1.1\r\nhost: a\r\n\r\n";

/// A caller whose request has come to the upstream.
async fn asked(proxy: &Proxy, listener: &TcpListener) -> (TcpStream, TcpStream) {
    let mut caller = proxy.caller().await;
    caller.write_all(GET).await.unwrap();
    let (upstream, _) = taken_in(listener).await;
    (caller, upstream)
}

async fn read_exactly(stream: &mut TcpStream, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    timeout(SOON, stream.read_exact(&mut bytes)).await.unwrap().unwrap();
    bytes
}

fn differing(before: &[u8], after: &[u8]) -> usize {
    before.iter().zip(after).filter(|(before, after)| before != after).count()
}

#[tokio::test]
async fn a_corrupt_body_has_its_length_and_other_bytes() {
    let (listener, url) = played_upstream().await;
    let proxy = Proxy::start(&url).await;
    proxy.inject("a", fault(json!({"type": "corrupt", "bytes": 0.05}))).await;
    let (mut caller, mut upstream) = asked(&proxy, &listener).await;
    let body: Vec<u8> = (0..100_000_u32).map(|at| (at * 7) as u8).collect();
    let head = b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\ncontent-encoding: gzip\r\netag: \"1\"\r\ncache-control: public\r\n\r\n";
    upstream.write_all(&[&head[..], &body].concat()).await.unwrap();
    let head = read_until(&mut caller, "\r\n\r\n").await;
    for line in
        ["content-length: 100000\r\n", "content-encoding: gzip\r\n", "etag: \"1\"\r\n", "cache-control: no-store\r\n"]
    {
        assert!(head.contains(line), "{line:?} in {head:?}");
    }
    let came = read_exactly(&mut caller, 100_000).await;
    assert!((4990..=5010).contains(&differing(&body, &came)), "{}", differing(&body, &came));
    assert_eq!(proxy.acted("a").await, 1);
    proxy.revert("a").await;
    caller.write_all(GET).await.unwrap();
    read_until(&mut upstream, "\r\n\r\n").await;
    upstream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await.unwrap();
    assert_eq!(Answer::read(&mut caller).await.body, "ok", "over the same connections");
}

#[tokio::test]
async fn a_corrupt_body_in_chunks_keeps_its_trailers() {
    let (listener, url) = played_upstream().await;
    let proxy = Proxy::start(&url).await;
    proxy.inject("a", fault(json!({"type": "corrupt", "bytes": 0.000_001}))).await;
    let mut caller = proxy.caller().await;
    caller.write_all(b"GET / HTTP/1.1\r\nhost: a\r\nte: trailers\r\n\r\n").await.unwrap();
    let (mut upstream, _) = taken_in(&listener).await;
    let chunked = "HTTP/1.1 200 OK\r\ntrailer: x-sum\r\ntransfer-encoding: chunked\r\n\r\n";
    upstream.write_all(format!("{chunked}4\r\nabcd\r\n0\r\nx-sum: 1\r\n\r\n").as_bytes()).await.unwrap();
    read_until(&mut caller, "\r\n\r\n").await;
    let body = read_exactly(&mut caller, "4\r\nabcd\r\n0\r\nx-sum: 1\r\n\r\n".len()).await;
    assert!(body.starts_with(b"4\r\n") && body.ends_with(b"\r\n0\r\nx-sum: 1\r\n\r\n"), "{body:?}");
    assert_eq!(differing(b"abcd", &body[3..7]), 1, "one at least");
}

#[tokio::test]
async fn where_there_is_no_body_nothing_is_changed() {
    let proxy = Proxy::start(&echo_upstream().await).await;
    proxy.inject("a", fault(json!({"type": "corrupt", "bytes": 1.0}))).await;
    proxy.inject("b", fault(json!({"type": "slow_body", "bytes_per_second": 1, "every_ms": 600_000}))).await;
    assert_eq!(proxy.get("/empty").await.status, 204);
    let mut caller = proxy.caller().await;
    caller.write_all(b"HEAD / HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
    let head = Answer::read_for(&mut caller, false).await;
    assert_eq!((head.status, head.header("cache-control")), (200, None));
    assert_eq!((proxy.acted("a").await, proxy.acted("b").await), (0, 0));
    proxy.inject("c", error(1, 503)).await;
    assert!(proxy.get("/").await.body.starts_with("injected by"), "an injected answer stays as it is");
    assert_eq!((proxy.acted("a").await, proxy.acted("b").await, proxy.acted("c").await), (0, 0, 1));
}

#[tokio::test]
async fn a_slow_body_comes_at_its_pace() {
    let (listener, url) = played_upstream().await;
    let proxy = Proxy::start(&url).await;
    proxy.inject("a", fault(json!({"type": "slow_body", "bytes_per_second": 20_000, "every_ms": 10}))).await;
    let (mut caller, mut upstream) = asked(&proxy, &listener).await;
    let body = "x".repeat(6000);
    let started = Instant::now();
    upstream.write_all(format!("HTTP/1.1 200 OK\r\ncontent-length: 6000\r\n\r\n{body}").as_bytes()).await.unwrap();
    assert_eq!(Answer::read(&mut caller).await.body, body);
    assert!(started.elapsed() >= Duration::from_millis(300), "{:?}", started.elapsed());
    assert_eq!(proxy.acted("a").await, 1);
}

#[tokio::test]
async fn a_slow_body_in_pieces() {
    let (listener, url) = played_upstream().await;
    let proxy = Proxy::start(&url).await;
    proxy.inject("a", fault(json!({"type": "slow_body", "bytes_per_second": 1000, "every_ms": 3}))).await;
    let (mut caller, mut upstream) = asked(&proxy, &listener).await;
    upstream
        .write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n7\r\nabcdefg\r\n0\r\n\r\n")
        .await
        .unwrap();
    let answer = Answer::read(&mut caller).await;
    assert_eq!(answer.body, "3\r\nabc\r\n3\r\ndef\r\n1\r\ng\r\n0\r\n\r\n");
}

#[tokio::test]
async fn a_revert_lets_a_slow_body_go() {
    let (listener, url) = played_upstream().await;
    let proxy = Proxy::start(&url).await;
    proxy.inject("a", fault(json!({"type": "slow_body", "bytes_per_second": 1, "every_ms": 600_000}))).await;
    let (mut caller, mut upstream) = asked(&proxy, &listener).await;
    upstream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n").await.unwrap();
    upstream.write_all("x".repeat(100).as_bytes()).await.unwrap();
    read_until(&mut caller, "\r\n\r\n").await;
    assert!(timeout(Duration::from_millis(50), caller.read(&mut [0])).await.is_err(), "the body does not come yet");
    proxy.revert("a").await;
    assert_eq!(read_exactly(&mut caller, 100).await, "x".repeat(100).as_bytes());
}

#[tokio::test]
async fn a_caller_that_leaves_a_slow_body_is_missed() {
    let (listener, url) = played_upstream().await;
    let proxy = Proxy::start(&url).await;
    proxy.inject("a", fault(json!({"type": "slow_body", "bytes_per_second": 1, "every_ms": 600_000}))).await;
    let (mut caller, mut upstream) = asked(&proxy, &listener).await;
    upstream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nabc").await.unwrap();
    read_until(&mut caller, "\r\n\r\n").await;
    drop(caller);
    assert_eq!(timeout(SOON, upstream.read(&mut [0])).await.unwrap().unwrap(), 0, "the upstream sees the end");
}

#[tokio::test]
async fn several_faults_change_one_body_in_order() {
    let (listener, url) = played_upstream().await;
    let proxy = Proxy::start(&url).await;
    proxy.inject("a", fault(json!({"type": "abort", "at": "body", "ending": "close"}))).await;
    proxy.inject("b", fault(json!({"type": "corrupt", "bytes": 1.0}))).await;
    proxy.inject("c", fault(json!({"type": "slow_body", "bytes_per_second": 100_000}))).await;
    let (mut caller, mut upstream) = asked(&proxy, &listener).await;
    upstream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n0123456789").await.unwrap();
    read_until(&mut caller, "\r\n\r\n").await;
    let mut came = Vec::new();
    timeout(SOON, caller.read_to_end(&mut came)).await.unwrap().unwrap();
    assert_eq!((came.len(), differing(b"01234", &came)), (5, 5));
    for id in ["a", "b", "c"] {
        assert_eq!(proxy.acted(id).await, 1, "{id}");
    }
}
