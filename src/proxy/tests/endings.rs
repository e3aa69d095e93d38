//! Connections that end without an answer, or in the middle of one.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::time::Duration;

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

use super::super::gateway::MOST_HELD;
use super::harness::*;

const GET: &[u8] = b"GET / HTTP/1.1\r\nhost: a\r\n\r\n";

/// A proxy with a fault before an upstream that the test plays.
async fn with(effect: serde_json::Value) -> (Proxy, TcpListener) {
    let (listener, url) = played_upstream().await;
    let proxy = Proxy::start(&url).await;
    proxy.inject("a", fault(effect)).await;
    (proxy, listener)
}

async fn sent(proxy: &Proxy, request: &[u8]) -> TcpStream {
    let mut caller = proxy.caller().await;
    caller.write_all(request).await.unwrap();
    caller
}

/// The whole answer to a request to which the upstream says `text`.
async fn through(proxy: &Proxy, listener: &TcpListener, request: &[u8], text: &str) -> String {
    let mut caller = sent(proxy, request).await;
    let (mut upstream, _) = taken_in(listener).await;
    upstream.write_all(text.as_bytes()).await.unwrap();
    rest(&mut caller).await
}

#[tokio::test]
async fn an_abort_ends_the_connection_before_the_upstream_sees_the_request() {
    let (proxy, listener) = with(json!({"type": "abort", "ending": "close"})).await;
    assert_eq!(rest(&mut sent(&proxy, GET).await).await, "");
    let body = "x".repeat(1_000_000);
    let post = format!("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    assert_eq!(rest(&mut sent(&proxy, post.as_bytes()).await).await, "", "all of it was read, so nothing is reset");
    proxy.inject("b", fault(json!({"type": "abort"}))).await;
    proxy.revert("a").await;
    let reset = timeout(SOON, sent(&proxy, GET).await.read(&mut [0])).await.unwrap().unwrap_err();
    assert_eq!(reset.kind(), std::io::ErrorKind::ConnectionReset);
    assert_eq!((proxy.acted("b").await, proxy.unanswered().await), (1, Some(3.0)));
    assert!(timeout(Duration::from_millis(50), listener.accept()).await.is_err());
}

#[tokio::test]
async fn an_abort_in_the_body_gives_half_of_it() {
    let (proxy, listener) = with(json!({"type": "abort", "at": "body", "ending": "close"})).await;
    let answer = through(&proxy, &listener, GET, "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n0123456789").await;
    assert!(answer.contains("content-length: 10\r\n") && answer.ends_with("\r\n\r\n01234"), "{answer:?}");
    let chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nabcd\r\n0\r\n\r\n";
    let answer = through(&proxy, &listener, GET, chunked).await;
    assert!(answer.ends_with("\r\n\r\n2\r\nab\r\n"), "{answer:?}");
    let one = through(&proxy, &listener, GET, "HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nx").await;
    assert!(one.contains("content-length: 1\r\n") && one.ends_with("\r\n\r\n"), "{one:?}");
    assert_eq!((proxy.acted("a").await, proxy.unanswered().await), (3, Some(3.0)));
}

#[tokio::test]
async fn an_answer_without_a_body_is_not_given_at_all() {
    let (proxy, listener) = with(json!({"type": "abort", "at": "body", "ending": "close"})).await;
    let head = b"HEAD / HTTP/1.1\r\nhost: a\r\n\r\n";
    assert_eq!(through(&proxy, &listener, head, "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n").await, "");
    for empty in ["204 No Content\r\n\r\n", "304 Not Modified\r\n\r\n", "200 OK\r\ncontent-length: 0\r\n\r\n"] {
        assert_eq!(through(&proxy, &listener, GET, &format!("HTTP/1.1 {empty}")).await, "", "{empty}");
    }
    assert_eq!((proxy.acted("a").await, proxy.unanswered().await), (4, Some(4.0)));
}

#[tokio::test]
async fn an_abort_in_the_body_resets_where_it_should() {
    let (proxy, listener) = with(json!({"type": "abort", "at": "body"})).await;
    let mut caller = sent(&proxy, GET).await;
    let (mut upstream, _) = taken_in(&listener).await;
    upstream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n0123456789").await.unwrap();
    let reset = timeout(SOON, caller.read_to_end(&mut Vec::new())).await.unwrap().unwrap_err();
    assert_eq!(reset.kind(), std::io::ErrorKind::ConnectionReset);
}

#[tokio::test]
async fn what_the_proxy_answers_itself_is_not_cut() {
    let (proxy, listener) = with(json!({"type": "abort", "at": "body"})).await;
    drop(listener);
    assert_eq!(proxy.get("/").await.status, 502);
    assert_eq!(proxy.acted("a").await, 0);
}

#[tokio::test]
async fn a_cut_that_is_over_before_its_place_lets_the_body_pass() {
    let (proxy, listener) = with(json!({"type": "abort", "at": "body", "ending": "close"})).await;
    let mut caller = sent(&proxy, GET).await;
    let (mut upstream, _) = taken_in(&listener).await;
    upstream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n01").await.unwrap();
    read_until(&mut caller, "\r\n\r\n01").await;
    proxy.revert("a").await;
    upstream.write_all(b"23456789").await.unwrap();
    assert_eq!(read_until(&mut caller, "9").await, "23456789");
}

#[tokio::test]
async fn a_blackhole_holds_a_request_until_the_fault_ends() {
    let (proxy, listener) = with(json!({"type": "blackhole"})).await;
    let mut caller = sent(&proxy, b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 4\r\n\r\nbody").await;
    while proxy.acted("a").await != 1 {}
    assert!(timeout(Duration::from_millis(50), caller.read(&mut [0])).await.is_err(), "nothing comes");
    assert_eq!(proxy.unanswered().await, Some(1.0), "it counts while its caller waits");
    proxy.revert("a").await;
    assert_eq!(rest(&mut caller).await, "");
    while proxy.unanswered().await != Some(1.0) {}
    assert!(timeout(Duration::from_millis(50), listener.accept()).await.is_err(), "the upstream never sees it");
}

#[tokio::test]
async fn a_blackhole_ends_with_its_lease_and_with_the_proxy() {
    let (listener, url) = played_upstream().await;
    let proxy = Proxy::start(&url).await;
    let mut short = fault(json!({"type": "blackhole"}));
    short["lease_ms"] = 150.into();
    proxy.inject("short", short).await;
    assert_eq!(rest(&mut sent(&proxy, GET).await).await, "");
    proxy.inject("long", fault(json!({"type": "blackhole"}))).await;
    let mut caller = sent(&proxy, GET).await;
    while proxy.acted("long").await != 1 {}
    timeout(Duration::from_secs(4), proxy.stop()).await.unwrap().unwrap();
    assert_eq!(rest(&mut caller).await, "");
    drop(listener);
}

#[tokio::test]
async fn a_caller_that_gives_up_makes_room_in_a_blackhole() {
    let (proxy, _listener) = with(json!({"type": "blackhole"})).await;
    let body = "x".repeat(1_000_000);
    let post = format!("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    for round in 1..=2_u32 {
        let mut callers = Vec::new();
        for _ in 0..MOST_HELD {
            callers.push(sent(&proxy, post.as_bytes()).await);
        }
        while proxy.acted("a").await != u64::from(round) * (MOST_HELD as u64 + 1) - 1 {}
        assert_eq!(rest(&mut sent(&proxy, GET).await).await, "", "there is no room for one more: it is ended at once");
        drop(callers);
        while proxy.unanswered().await != Some(f64::from(round) * (MOST_HELD as f64 + 1.0)) {}
    }
}

#[tokio::test]
async fn what_was_asked_before_on_a_connection_is_answered() {
    let proxy = Proxy::start(&echo_upstream().await).await;
    let mut spec = fault(json!({"type": "abort", "ending": "close"}));
    spec["match"] = json!({"path": "/bad"});
    proxy.inject("a", spec).await;
    let mut caller = proxy.caller().await;
    let three = ["/one", "/two", "/bad", "/three"].map(|path| format!("GET {path} HTTP/1.1\r\nhost: a\r\n\r\n"));
    caller.write_all(three[..2].concat().as_bytes()).await.unwrap();
    for path in ["/one", "/two"] {
        assert_eq!(Answer::read(&mut caller).await.echo()["uri"], path);
    }
    caller.write_all(three[2].as_bytes()).await.unwrap();
    assert_eq!(rest(&mut caller).await, "");
    let mut pipelined = sent(&proxy, three.concat().as_bytes()).await;
    let mut all = Vec::new();
    let _reset_or_not = timeout(SOON, pipelined.read_to_end(&mut all)).await.unwrap();
    assert!(!String::from_utf8_lossy(&all).contains("/three"), "what was asked behind it is lost with the connection");
    assert_eq!(proxy.acted("a").await, 2);
}

#[tokio::test]
async fn a_websocket_is_refused_but_not_changed() {
    let (proxy, listener) = with(json!({"type": "corrupt", "bytes": 1.0})).await;
    proxy.inject("b", fault(json!({"type": "slow_body", "bytes_per_second": 1, "every_ms": 600_000}))).await;
    proxy.inject("c", fault(json!({"type": "abort", "at": "body"}))).await;
    let ask = b"GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
    let mut caller = sent(&proxy, ask).await;
    let (mut upstream, _) = taken_in(&listener).await;
    let agree = b"HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\nhello";
    upstream.write_all(agree).await.unwrap();
    assert_eq!(Answer::read(&mut caller).await.status, 101);
    assert_eq!(read_until(&mut caller, "hello").await, "hello");
    for id in ["a", "b", "c"] {
        assert_eq!(proxy.acted(id).await, 0, "{id}");
    }
    proxy.inject("d", fault(json!({"type": "abort", "ending": "close"}))).await;
    assert_eq!(rest(&mut sent(&proxy, ask).await).await, "");
    caller.write_all(b"ping").await.unwrap();
    assert_eq!(read_until(&mut upstream, "ping").await, "ping", "a tunnel that stands goes on");
}
