//! The admin API as a program meets it.

#![allow(clippy::unwrap_used, clippy::panic)]

use serde_json::{Value, json};

use super::super::{Config, FaultView, Health, Phase, ProxyError, default_admin, serve};
use super::harness::*;

#[tokio::test]
async fn only_the_token_opens_it_and_no_browser() {
    let proxy = Proxy::start("http://127.0.0.1:9").await;
    for headers in
        ["", "authorization: Bearer wrong\r\n", "authorization: s3cret\r\n", "authorization: Basic s3cret\r\n"]
    {
        for (method, path) in
            [("GET", "/v1/faults"), ("PUT", "/v1/faults/a"), ("DELETE", "/v1/faults/a?fence=1"), ("GET", "/x")]
        {
            assert_eq!(proxy.ask(method, path, headers, "").await.status, 401, "{method} {path} {headers}");
        }
    }
    for path in ["/v1/health", "/metrics", "/v1/faults"] {
        let browser = "authorization: Bearer s3cret\r\norigin: http://evil.example\r\n";
        assert_eq!(proxy.ask("GET", path, browser, "").await.status, 403, "{path}");
    }
}

#[tokio::test]
async fn health_and_metrics_are_open() {
    let proxy = Proxy::start("http://127.0.0.1:9").await;
    let health: Health = serde_json::from_str(&proxy.ask("GET", "/v1/health", "", "").await.body).unwrap();
    assert_eq!((health.name.as_str(), health.pid, health.listen), ("chaos-proxy", std::process::id(), proxy.at.listen));
    assert_eq!(health.upstreams, ["http://127.0.0.1:9"]);
    let metrics = proxy.ask("GET", "/metrics", "", "").await;
    assert!(metrics.header("content-type").is_some_and(|kind| kind.starts_with("application/openmetrics-text")));
}

#[tokio::test]
async fn a_fault_from_beginning_to_end() {
    let proxy = Proxy::start("http://127.0.0.1:9").await;
    let none = Value::Null;
    proxy.inject("a", error(12, 503)).await;
    assert_eq!(proxy.command("PUT", "/v1/faults/a", &error(12, 503)).await.0, 200);
    assert_eq!(proxy.command("PUT", "/v1/faults/a", &error(12, 500)).await.1["code"], "other-content");
    let lease = json!({"fence": 12, "lease_ms": 600_000});
    let (status, view) = proxy.command("POST", "/v1/faults/a/lease", &lease).await;
    let view: FaultView = serde_json::from_value(view).unwrap();
    assert!(status == 200 && view.phase == Phase::Active && view.lease_remaining_ms > 500_000, "{view:?}");
    assert_eq!(proxy.command("DELETE", "/v1/faults/a?fence=11", &none).await.0, 409);
    for _ in 0..2 {
        let (status, view) = proxy.command("DELETE", "/v1/faults/a?fence=12", &none).await;
        assert_eq!((status, &view["phase"]), (200, &"reverted".into()));
    }
    let (status, body) = proxy.command("PUT", "/v1/faults/a", &error(12, 503)).await;
    assert_eq!((status, &body["code"]), (409, &"stale-fence".into()));
    let (status, body) = proxy.command("POST", "/v1/faults/a/lease", &lease).await;
    assert_eq!((status, &body["code"]), (404, &"reverted".into()));
    assert_eq!(proxy.command("GET", "/v1/faults", &none).await.1.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_revert_of_nothing_is_remembered() {
    let proxy = Proxy::start("http://127.0.0.1:9").await;
    let (status, view) = proxy.command("DELETE", "/v1/faults/late?fence=7", &Value::Null).await;
    assert_eq!((status, &view["phase"]), (200, &"absent".into()));
    assert_eq!(proxy.command("GET", "/v1/faults/late", &Value::Null).await.0, 404);
    assert_eq!(proxy.command("PUT", "/v1/faults/late", &error(7, 503)).await.0, 409);
    assert_eq!(proxy.command("PUT", "/v1/faults/late", &error(8, 503)).await.0, 201);
}

#[tokio::test]
async fn what_is_wrong_is_refused_by_name() {
    let proxy = Proxy::start("http://127.0.0.1:9").await;
    let with = |field: &str, value: Value| {
        let mut spec = error(1, 503);
        spec[field] = value;
        spec
    };
    for (id, body, status, says) in [
        ("a", with("share", json!(1.5)), 422, "share must be within 0..=1"),
        ("a", with("lease_ms", json!(0)), 422, "lease_ms"),
        ("a", with("more", json!(1)), 400, "unknown field `more`"),
        ("a", with("effect", json!({"type": "error", "status": 200})), 422, "400..=599"),
        ("a", with("effect", json!({"type": "panic"})), 400, "panic"),
        ("a", json!([]), 400, ""),
        ("a%20b", error(1, 503), 422, "id must be"),
        ("a", with("more", json!("x".repeat(70_000))), 413, ""),
    ] {
        let (code, answer) = proxy.command("PUT", &format!("/v1/faults/{id}"), &body).await;
        assert!(code == status && answer["error"].as_str().unwrap().contains(says), "{code} {answer}");
    }
    assert_eq!(proxy.command("DELETE", "/v1/faults/a", &Value::Null).await.0, 400);
    assert_eq!(proxy.command("PATCH", "/v1/faults/a", &Value::Null).await.0, 405);
    assert_eq!(proxy.command("GET", "/v1/nothing", &Value::Null).await.0, 404);
}

#[tokio::test]
async fn an_address_in_use_is_named_before_anything_is_ready() {
    let proxy = Proxy::start("http://127.0.0.1:9").await;
    for (listen, admin) in
        [(proxy.at.listen, "127.0.0.1:0".parse().unwrap()), ("127.0.0.1:0".parse().unwrap(), proxy.at.admin)]
    {
        let config =
            Config { listen, admin, upstreams: vec!["http://x".parse().unwrap()], token: "t".parse().unwrap() };
        let ended = serve(config, |_| panic!("it isn't ready"), std::future::pending()).await;
        assert!(matches!(ended, Err(ProxyError::AddressInUse(_))), "{ended:?}");
    }
}

#[test]
fn the_admin_api_is_ten_thousand_ports_up() {
    let admin = |text: &str| default_admin(text.parse().unwrap()).map(|address| address.to_string());
    assert_eq!(admin("0.0.0.0:8080").as_deref(), Some("127.0.0.1:18080"));
    assert_eq!(admin("[::]:55535").as_deref(), Some("[::1]:65535"));
    assert_eq!(admin("10.0.0.1:0").as_deref(), Some("127.0.0.1:0"));
    assert_eq!(admin("0.0.0.0:55536"), None);
}

#[tokio::test]
async fn claims_add_up_and_bound_what_is_injected() {
    let proxy = Proxy::start("http://127.0.0.1:9").await;
    let claim = |share: f64, most: f64| json!({"experiment": "x", "share": share, "most": most, "lease_ms": 600_000});
    assert_eq!(proxy.command("PUT", "/v1/claims/r1", &claim(0.2, 0.5)).await.0, 201);
    assert_eq!(proxy.command("PUT", "/v1/claims/r1", &claim(0.2, 0.5)).await.0, 200);
    let (status, body) = proxy.command("PUT", "/v1/claims/r2", &claim(0.4, 1.0)).await;
    assert_eq!((status, &body["code"]), (409, &"claimed".into()), "{body}");
    assert!(body["error"].as_str().unwrap().contains("together with r1 (x), faults could touch 60%"), "{body}");
    let (status, body) = proxy.command("PUT", "/v1/claims/r2", &claim(0.4, 1.5)).await;
    assert_eq!((status, &body["code"]), (422, &"out-of-range".into()));
    let mut half = error(1, 503);
    half["share"] = json!(0.5);
    proxy.inject("a", half).await;
    let (status, body) = proxy.command("PUT", "/v1/faults/b", &error(2, 503)).await;
    assert_eq!((status, &body["code"]), (409, &"claimed".into()));
    assert_eq!(proxy.command("GET", "/v1/claims", &Value::Null).await.1[0]["run"], "r1");
    for _ in 0..2 {
        assert_eq!(proxy.command("DELETE", "/v1/claims/r1", &Value::Null).await, (200, json!([])));
    }
    proxy.inject("b", error(2, 503)).await;
}

#[tokio::test]
async fn a_stop_ends_all_faults_and_lets_none_begin() {
    let proxy = Proxy::start("http://127.0.0.1:9").await;
    proxy.inject("a", error(1, 503)).await;
    for wrong in [json!({"why": ""}), json!({"why": null}), json!({"why": "x".repeat(501)}), json!({"reason": "x"})] {
        assert!(proxy.command("PUT", "/v1/stop", &wrong).await.0 >= 400, "{wrong}");
    }
    let (status, body) = proxy.command("PUT", "/v1/stop", &json!({"why": "an incident"})).await;
    assert_eq!((status, &body["why"]), (200, &"an incident".into()));
    assert_eq!(proxy.command("GET", "/v1/faults/a", &Value::Null).await.1["phase"], "reverted");
    let claim = json!({"experiment": "x", "share": 0.1, "most": 1.0, "lease_ms": 1000});
    for (path, body) in [("/v1/faults/b", error(2, 503)), ("/v1/claims/r1", claim)] {
        let (status, said) = proxy.command("PUT", path, &body).await;
        assert_eq!((status, &said["code"]), (423, &"stopped".into()), "{path}");
        assert!(said["error"].as_str().unwrap().ends_with("an incident"), "{said}");
    }
    assert_eq!(proxy.command("DELETE", "/v1/stop", &Value::Null).await.1["why"], Value::Null);
    proxy.inject("b", error(2, 503)).await;
}
