//! One request too many, and errors that say when to come again.

#![allow(clippy::unwrap_used, clippy::panic)]

use serde_json::json;

use super::harness::*;

#[tokio::test]
async fn what_is_too_much_is_told_when_to_come_again() {
    let proxy = Proxy::start(&echo_upstream().await).await;
    // Two in a second would come again before a slow test has asked three times: one in five minutes does not.
    proxy.inject("a", fault(json!({"type": "rate_limit", "requests_per_second": 1.0 / 300.0}))).await;
    let mut caller = proxy.caller().await;
    let get = "GET / HTTP/1.1\r\nhost: a\r\n\r\n";
    assert_eq!(exchange(&mut caller, get).await.status, 200);
    for _ in 0..3 {
        let answer = exchange(&mut caller, get).await;
        assert_eq!((answer.status, answer.header("x-chaos-fault")), (429, Some("a")));
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        let again: u64 = answer.header("retry-after").unwrap().parse().unwrap();
        assert!((200..=300).contains(&again), "{again}");
    }
    assert_eq!(proxy.acted("a").await, 3, "what passes is touched, and not acted on");
    assert_eq!(
        proxy.metric(r#"chaos_proxy_requests_total{code="200",answer="whole",cohort="affected"}"#).await,
        Some(1.0)
    );
    proxy.revert("a").await;
    assert_eq!(exchange(&mut caller, get).await.status, 200, "over the same connection");
}

#[tokio::test]
async fn only_what_fits_is_limited() {
    let proxy = Proxy::start(&echo_upstream().await).await;
    let mut spec = fault(json!({"type": "rate_limit", "requests_per_second": 1.0 / 300.0}));
    spec["match"] = json!({"path": "/search"});
    proxy.inject("a", spec).await;
    let statuses = [proxy.get("/search").await.status, proxy.get("/search").await.status, proxy.get("/").await.status];
    assert_eq!(statuses, [200, 429, 200]);
}

#[tokio::test]
async fn an_error_may_say_it_too() {
    let proxy = Proxy::start(&echo_upstream().await).await;
    proxy.inject("a", fault(json!({"type": "error", "status": 503, "retry_after_s": 7}))).await;
    let answer = proxy.get("/").await;
    assert_eq!((answer.status, answer.header("retry-after")), (503, Some("7")));
    proxy.revert("a").await;
    proxy.inject("b", error(1, 503)).await;
    assert_eq!(proxy.get("/").await.header("retry-after"), None);
}
