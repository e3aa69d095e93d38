//! Traffic without a fault comes through as if the proxy were not there.

#![allow(clippy::unwrap_used, clippy::panic)]

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;

use super::harness::*;

#[tokio::test]
async fn a_request_and_its_body_come_through() {
    let proxy = Proxy::start(&echo_upstream().await).await;
    let mut caller = proxy.caller().await;
    let body = "x".repeat(300_000);
    let request = format!(
        "POST /a/b?c=d HTTP/1.1\r\nhost: shop.example\r\nx-own: 1\r\nconnection: x-hop\r\nx-hop: 1\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    for _ in 0..3 {
        let echo = exchange(&mut caller, &request).await.echo();
        assert_eq!(
            (&echo["method"], &echo["uri"], &echo["length"]),
            (&"POST".into(), &"/a/b?c=d".into(), &300_000.into())
        );
        let headers = &echo["headers"];
        assert_eq!((&headers["host"], &headers["x-own"]), (&"shop.example".into(), &"1".into()));
        assert!(headers.get("x-hop").is_none() && headers.get("connection").is_none(), "{headers}");
    }
    assert_eq!(
        proxy.metric(r#"chaos_proxy_requests_total{code="200",answer="whole",cohort="others"}"#).await,
        Some(3.0)
    );
}

#[tokio::test]
async fn every_way_to_frame_a_body_works() {
    let proxy = Proxy::start(&echo_upstream().await).await;
    let mut caller = proxy.caller().await;
    let chunked = "PUT / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n4\r\nabcd\r\n3\r\nefg\r\n0\r\n\r\n";
    assert_eq!(exchange(&mut caller, chunked).await.echo()["length"], 7);
    let chunks = exchange(&mut caller, "GET /chunks HTTP/1.1\r\nhost: a\r\n\r\n").await;
    assert_eq!(chunks.body.matches("part").count(), 3, "{chunks:?}");
    assert_eq!(exchange(&mut caller, "GET /empty HTTP/1.1\r\nhost: a\r\n\r\n").await.status, 204);
    caller.write_all(b"HEAD / HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
    let head = Answer::read_for(&mut caller, false).await;
    assert!(head.header("content-length").is_some_and(|length| length != "0"), "{head:?}");
    let absolute = exchange(&mut caller, "GET http://other:81/x HTTP/1.1\r\nhost: a\r\n\r\n").await.echo();
    assert_eq!((&absolute["uri"], &absolute["headers"]["host"]), (&"/x".into(), &"other:81".into()));
    let mut old = proxy.caller().await;
    let answer = exchange(&mut old, "GET /old HTTP/1.0\r\n\r\n").await;
    assert!(answer.head.starts_with("HTTP/1.0 200"), "{answer:?}");
}

#[tokio::test]
async fn many_header_fields_come_through_as_they_were_written() {
    let (listener, url) = played_upstream().await;
    let proxy = Proxy::start(&url).await;
    let mut caller = proxy.caller().await;
    let fields: String = (0..500).map(|index| format!("X-Field-{index}: {index}\r\n")).collect();
    caller.write_all(format!("GET / HTTP/1.1\r\nHost: a\r\n{fields}\r\n").as_bytes()).await.unwrap();
    let (mut upstream, head) = taken_in(&listener).await;
    assert_eq!(head.matches("\r\nX-Field-").count(), 500, "{head}");
    upstream.write_all(format!("HTTP/1.1 200 OK\r\n{fields}Content-Length: 0\r\n\r\n").as_bytes()).await.unwrap();
    assert_eq!(Answer::read(&mut caller).await.head.matches("\r\nX-Field-").count(), 500);
}

#[tokio::test]
async fn a_body_is_asked_for_by_100_continue() {
    let proxy = Proxy::start(&echo_upstream().await).await;
    let mut caller = proxy.caller().await;
    let head = "POST / HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\ncontent-length: 4\r\n\r\n";
    assert_eq!(exchange(&mut caller, head).await.status, 100);
    assert_eq!(exchange(&mut caller, "body").await.echo()["length"], 4);
}

#[tokio::test]
async fn a_websocket_goes_both_ways() {
    let (listener, url) = played_upstream().await;
    let proxy = Proxy::start(&url).await;
    let mut caller = proxy.caller().await;
    let ask = b"GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
    caller.write_all(ask).await.unwrap();
    let (mut upstream, head) = taken_in(&listener).await;
    assert!(head.to_ascii_lowercase().contains("upgrade: websocket\r\n"), "{head}");
    let agree = b"HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\nhello";
    upstream.write_all(agree).await.unwrap();
    let answer = Answer::read(&mut caller).await;
    assert_eq!((answer.status, answer.header("upgrade")), (101, Some("websocket")));
    assert_eq!(read_until(&mut caller, "hello").await, "hello");
    caller.write_all(b"ping").await.unwrap();
    assert_eq!(read_until(&mut upstream, "ping").await, "ping");
    drop(caller);
    assert_eq!(timeout(SOON, upstream.read(&mut [0])).await.unwrap().unwrap(), 0);
    drop(upstream);
    proxy.stop().await.unwrap();
}

#[tokio::test]
async fn several_upstreams_take_turns_and_one_that_is_away_is_passed_over() {
    let (first, second) = (echo_upstream().await, echo_upstream().await);
    let proxy = Proxy::before(&[&first, "http://127.0.0.1:1", &second]).await;
    for _ in 0..12 {
        assert_eq!(proxy.get("/empty").await.status, 204);
    }
    assert_eq!(proxy.metric("chaos_proxy_upstream_failures_total").await, Some(0.0));
}

#[tokio::test]
async fn an_upstream_that_is_away_gives_a_502_that_says_so() {
    let (listener, url) = played_upstream().await;
    drop(listener);
    let proxy = Proxy::start(&url).await;
    let answer = proxy.get("/").await;
    assert_eq!((answer.status, answer.header("x-chaos-proxy")), (502, Some("upstream-unreachable")));
    assert_eq!(answer.body.lines().count(), 1);
    assert_eq!(proxy.metric("chaos_proxy_upstream_failures_total").await, Some(1.0));
    assert_eq!(
        proxy.metric(r#"chaos_proxy_requests_total{code="502",answer="whole",cohort="others"}"#).await,
        Some(1.0)
    );
}

#[tokio::test]
async fn a_broken_body_is_not_laid_to_the_upstream() {
    let (_listener, url) = played_upstream().await;
    let proxy = Proxy::start(&url).await;
    let mut caller = proxy.caller().await;
    let broken = "POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\nnonsense\r\n";
    let answer = exchange(&mut caller, broken).await;
    assert_eq!((answer.status, answer.header("x-chaos-proxy")), (400, Some("request-broken")));
    assert_eq!(proxy.metric("chaos_proxy_upstream_failures_total").await, Some(0.0));
}

#[tokio::test]
async fn a_connection_that_closed_while_idle_is_no_error() {
    let (listener, url) = played_upstream().await;
    let proxy = Proxy::start(&url).await;
    let mut caller = proxy.caller().await;
    for round in 0..20 {
        caller.write_all(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
        let (mut upstream, _) = taken_in(&listener).await;
        upstream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await.unwrap();
        assert_eq!(Answer::read(&mut caller).await.status, 200, "{round}");
        // Closed at once, without a word; the proxy may or may not have noticed when the next request comes.
        drop(upstream);
    }
}

#[tokio::test]
async fn a_request_that_died_on_an_idle_connection_is_sent_again() {
    let (listener, url) = played_upstream().await;
    let proxy = Proxy::start(&url).await;
    let mut caller = proxy.caller().await;
    let ask = b"GET / HTTP/1.1\r\nhost: a\r\n\r\n";
    caller.write_all(ask).await.unwrap();
    let (mut first, _) = taken_in(&listener).await;
    first.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await.unwrap();
    Answer::read(&mut caller).await;
    caller.write_all(ask).await.unwrap();
    // It takes the request and dies, as a server does that is stopped just then.
    read_until(&mut first, "\r\n\r\n").await;
    drop(first);
    let (mut second, _) = taken_in(&listener).await;
    second.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await.unwrap();
    assert_eq!(Answer::read(&mut caller).await.status, 200);
}

#[tokio::test]
async fn a_caller_that_leaves_cancels_its_request() {
    let (listener, url) = played_upstream().await;
    let proxy = Proxy::start(&url).await;
    let mut caller = proxy.caller().await;
    caller.write_all(b"GET /slow HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
    let (mut upstream, _) = taken_in(&listener).await;
    drop(caller);
    assert_eq!(timeout(SOON, upstream.read(&mut [0])).await.unwrap().unwrap(), 0, "the upstream sees the end");
}

#[tokio::test]
async fn requests_in_flight_end_at_the_shutdown() {
    let (listener, url) = played_upstream().await;
    let proxy = Proxy::start(&url).await;
    let (mut caller, _idle) = (proxy.caller().await, proxy.caller().await);
    caller.write_all(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
    let (mut upstream, _) = taken_in(&listener).await;
    let address = proxy.at.listen;
    let stopped = tokio::spawn(proxy.stop());
    while tokio::net::TcpStream::connect(address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    upstream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await.unwrap();
    assert_eq!(Answer::read(&mut caller).await.body, "ok");
    timeout(std::time::Duration::from_secs(4), stopped).await.unwrap().unwrap().unwrap();
}
