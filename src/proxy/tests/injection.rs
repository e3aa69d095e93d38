//! Faults on real traffic.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::time::timeout;

use super::harness::*;

#[tokio::test]
async fn an_error_answers_and_the_upstream_never_sees_the_request() {
    let (listener, url) = played_upstream().await;
    let proxy = Proxy::start(&url).await;
    proxy.inject("run-1:a", error(1, 503)).await;
    for _ in 0..5 {
        let answer = proxy.get("/").await;
        assert_eq!((answer.status, answer.header("x-chaos-fault")), (503, Some("run-1:a")));
    }
    assert!(timeout(Duration::from_millis(50), listener.accept()).await.is_err());
    assert_eq!(
        proxy.metric(r#"chaos_proxy_requests_total{code="503",answer="injected",cohort="affected"}"#).await,
        Some(5.0)
    );
    assert_eq!(proxy.metric(r#"chaos_proxy_fault_acted_total{fault="run-1:a"}"#).await, Some(5.0));
    assert_eq!(proxy.metric(r#"chaos_proxy_fault_active{fault="run-1:a"}"#).await, Some(1.0));
}

#[tokio::test]
async fn a_connection_stays_right_when_the_body_was_not_wanted() {
    let proxy = Proxy::start(&echo_upstream().await).await;
    proxy.inject("a", error(1, 500)).await;
    let mut caller = proxy.caller().await;
    let body = "y".repeat(2_000_000);
    let post = format!("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    assert_eq!(exchange(&mut caller, &post).await.status, 500);
    let (status, _) = proxy.command("DELETE", "/v1/faults/a?fence=1", &Value::Null).await;
    assert_eq!(status, 200);
    assert_eq!(exchange(&mut caller, &post).await.echo()["length"], 2_000_000, "over the same connection");
    proxy.inject("a", error(2, 500)).await;
    let expecting = "POST / HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\ncontent-length: 4\r\n\r\n";
    assert_eq!(exchange(&mut caller, expecting).await.status, 500);
}

#[tokio::test]
async fn a_delay_delays_and_adds_up() {
    let proxy = Proxy::start(&echo_upstream().await).await;
    proxy.inject("a", delay(1, 60)).await;
    proxy.inject("b", delay(1, 50)).await;
    let started = Instant::now();
    assert_eq!(proxy.get("/").await.status, 200);
    assert!(started.elapsed() >= Duration::from_millis(110), "{:?}", started.elapsed());
    let fast = proxy.metric(r#"chaos_proxy_request_duration_seconds_bucket{le="0.1",cohort="affected"}"#).await;
    assert_eq!(fast, Some(0.0), "the delay is part of the duration");
}

#[tokio::test]
async fn a_revert_frees_the_requests_that_it_holds() {
    let proxy = Proxy::start(&echo_upstream().await).await;
    proxy.inject("a", delay(1, 500_000)).await;
    let mut caller = proxy.caller().await;
    caller.write_all(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
    while proxy.metric(r#"chaos_proxy_fault_acted_total{fault="a"}"#).await != Some(1.0) {}
    let (_, view) = proxy.command("DELETE", "/v1/faults/a?fence=1", &Value::Null).await;
    assert_eq!((&view["phase"], &view["acted"]), (&"reverted".into(), &1.into()));
    assert_eq!(Answer::read(&mut caller).await.status, 200);
}

#[tokio::test]
async fn a_lease_that_runs_out_frees_them_too() {
    let proxy = Proxy::start(&echo_upstream().await).await;
    let mut spec = delay(1, 500_000);
    spec["lease_ms"] = 150.into();
    proxy.inject("a", spec).await;
    assert_eq!(proxy.get("/").await.status, 200);
    let (status, view) = proxy.command("GET", "/v1/faults/a", &Value::Null).await;
    assert_eq!((status, &view["phase"], &view["acted"]), (200, &"expired".into(), &1.into()));
    assert_eq!(proxy.metric(r#"chaos_proxy_fault_active{fault="a"}"#).await, Some(0.0));
}

#[tokio::test]
async fn a_shutdown_leaves_nobody_waiting() {
    let proxy = Proxy::start(&echo_upstream().await).await;
    proxy.inject("a", delay(1, 500_000)).await;
    let mut caller = proxy.caller().await;
    caller.write_all(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
    while proxy.metric(r#"chaos_proxy_fault_acted_total{fault="a"}"#).await != Some(1.0) {}
    proxy.stop().await.unwrap();
    assert_eq!(Answer::read(&mut caller).await.status, 200);
}

#[tokio::test]
async fn the_share_is_kept_and_told_truly() {
    let proxy = Proxy::start(&echo_upstream().await).await;
    let mut spec = error(1, 418);
    (spec["share"], spec["rate"]) = (json!(0.4), json!(0.5));
    proxy.inject("a", spec).await;
    let (mut caller, mut failed) = (proxy.caller().await, 0_u64);
    for sent in 1..=500_u64 {
        failed += u64::from(exchange(&mut caller, "GET / HTTP/1.1\r\nhost: a\r\n\r\n").await.status == 418);
        assert!(failed <= sent * 2 / 10 + 1, "{failed} of {sent}");
    }
    let (_, view) = proxy.command("DELETE", "/v1/faults/a?fence=1", &Value::Null).await;
    assert_eq!((view["seen"].as_u64(), view["acted"].as_u64()), (Some(500), Some(failed)));
    let touched = view["touched"].as_u64().unwrap();
    assert!((100..=200).contains(&touched), "{touched}");
    let affected = proxy.metric(r#"chaos_proxy_request_duration_seconds_count{cohort="affected"}"#).await;
    assert_eq!(affected, Some(touched as f64));
}
