//! What is counted as which answer.

#![allow(clippy::unwrap_used, clippy::panic)]

use serde_json::json;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};

use super::harness::*;

/// How many requests are counted with this code and this answer.
async fn counted(proxy: &Proxy, code: &str, answer: &str, cohort: &str) -> Option<f64> {
    let labels = format!(r#"{{code="{code}",answer="{answer}",cohort="{cohort}"}}"#);
    proxy.metric(&format!("chaos_proxy_requests_total{labels}")).await
}

/// How many series there are that have counted something.
async fn kinds(proxy: &Proxy) -> usize {
    let text = proxy.ask("GET", "/metrics", "", "").await.body;
    text.lines().filter(|line| line.starts_with("chaos_proxy_requests_total{") && !line.ends_with(" 0")).count()
}

/// Waits until one request is counted like this, and there is no other.
async fn is_only(proxy: &Proxy, code: &str, answer: &str, cohort: &str) {
    while counted(proxy, code, answer, cohort).await != Some(1.0) {}
    assert_eq!(kinds(proxy).await, 1);
}

/// A request, and the upstream's side of it.
async fn asked(proxy: &Proxy, listener: &TcpListener) -> (TcpStream, TcpStream) {
    let mut caller = proxy.caller().await;
    caller.write_all(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
    (caller, taken_in(listener).await.0)
}

#[tokio::test]
async fn a_corrupt_answer_is_not_whole() {
    let (listener, url) = played_upstream().await;
    let proxy = Proxy::start(&url).await;
    proxy.inject("a", fault(json!({"type": "corrupt", "bytes": 0.5}))).await;
    let (mut caller, mut upstream) = asked(&proxy, &listener).await;
    upstream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await.unwrap();
    read_until(&mut caller, "\r\n\r\n").await;
    is_only(&proxy, "200", "corrupt", "affected").await;
}

#[tokio::test]
async fn an_injected_answer_is_not_the_services_whatever_its_status() {
    let proxy = Proxy::start(&echo_upstream().await).await;
    proxy.inject("a", error(1, 404)).await;
    assert_eq!(proxy.get("/").await.status, 404);
    is_only(&proxy, "404", "injected", "affected").await;
}

#[tokio::test]
async fn an_answer_that_the_service_breaks_off_is_not_whole() {
    let (listener, url) = played_upstream().await;
    let proxy = Proxy::start(&url).await;
    for framing in ["content-length: 10\r\n\r\nabc", "transfer-encoding: chunked\r\n\r\n3\r\nabc\r\n"] {
        let before = counted(&proxy, "200", "broken", "others").await.unwrap_or_default();
        let (caller, mut upstream) = asked(&proxy, &listener).await;
        upstream.write_all(format!("HTTP/1.1 200 OK\r\n{framing}").as_bytes()).await.unwrap();
        drop(upstream);
        while counted(&proxy, "200", "broken", "others").await != Some(before + 1.0) {}
        drop(caller);
    }
    assert_eq!(counted(&proxy, "200", "whole", "others").await, Some(0.0));
}

#[tokio::test]
async fn a_caller_that_leaves_before_the_end_has_no_whole_answer() {
    let (listener, url) = played_upstream().await;
    let proxy = Proxy::start(&url).await;
    let (caller, mut upstream) = asked(&proxy, &listener).await;
    drop(caller);
    is_only(&proxy, "none", "left", "others").await;
    let slow = proxy.metric(r#"chaos_proxy_request_duration_seconds_count{cohort="others"}"#).await;
    assert_eq!(slow, Some(1.0), "how long it waited is known");
    drop(upstream);
    let mut caller;
    (caller, upstream) = asked(&proxy, &listener).await;
    upstream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc").await.unwrap();
    read_until(&mut caller, "abc").await;
    drop(caller);
    while counted(&proxy, "200", "left", "others").await != Some(1.0) {}
}

#[tokio::test]
async fn what_comes_to_its_end_is_whole_however_it_is_framed() {
    let proxy = Proxy::start(&echo_upstream().await).await;
    let mut caller = proxy.caller().await;
    for path in ["/", "/chunks"] {
        assert_eq!(exchange(&mut caller, &format!("GET {path} HTTP/1.1\r\nhost: a\r\n\r\n")).await.status, 200);
    }
    caller.write_all(b"HEAD / HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
    assert_eq!(Answer::read_for(&mut caller, false).await.status, 200);
    assert_eq!(counted(&proxy, "200", "whole", "others").await, Some(3.0));
    assert_eq!(proxy.get("/empty").await.status, 204);
    assert_eq!(counted(&proxy, "204", "whole", "others").await, Some(1.0));
    assert_eq!(kinds(&proxy).await, 2);
}
