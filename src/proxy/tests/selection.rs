//! Faults of some requests: by method, path and header fields.

#![allow(clippy::unwrap_used, clippy::panic)]

use serde_json::{Value, json};

use super::harness::*;

/// The statuses of requests, each of a head's first lines, under a fault that answers 418 to what fits.
async fn statuses(matching: Value, requests: &[&str]) -> Vec<u16> {
    let proxy = Proxy::start(&echo_upstream().await).await;
    let mut spec = error(1, 418);
    spec["match"] = matching;
    proxy.inject("a", spec).await;
    let mut caller = proxy.caller().await;
    let mut found = Vec::new();
    for request in requests {
        found.push(exchange(&mut caller, &format!("{request}\r\nhost: a\r\n\r\n")).await.status);
    }
    found
}

#[tokio::test]
async fn by_method() {
    let matching = json!({"methods": ["POST", "PURGE"]});
    let requests = ["GET / HTTP/1.1", "POST / HTTP/1.1\r\ncontent-length: 0", "PURGE / HTTP/1.1", "post / HTTP/1.1"];
    assert_eq!(statuses(matching, &requests).await, [200, 418, 418, 200]);
}

#[tokio::test]
async fn by_path_without_the_query() {
    let matching = json!({"path": "/caf%C3%A9/*"});
    let requests = [
        "GET /caf%c3%a9/1?x=/ HTTP/1.1",
        "GET /caf%C3%A9/1/2 HTTP/1.1",
        "GET /?/caf%C3%A9/1 HTTP/1.1",
        "GET http://other:81/c%61f%C3%A9/ HTTP/1.1",
    ];
    assert_eq!(statuses(matching, &requests).await, [418, 200, 200, 418]);
    let whole = ["OPTIONS * HTTP/1.1", "OPTIONS / HTTP/1.1"];
    assert_eq!(statuses(json!({"path": "/**"}), &whole).await[1], 418);
    assert_eq!(statuses(json!({"path": "*"}), &whole).await, [418, 418]);
}

#[tokio::test]
async fn by_header_fields() {
    let matching = json!({"headers": ["X-Canary", "accept: *json*"]});
    let requests = [
        "GET / HTTP/1.1\r\nx-canary: 1\r\naccept: text/json, */*",
        "GET / HTTP/1.1\r\nX-CANARY:\r\naccept: text/html\r\naccept: application/json",
        "GET / HTTP/1.1\r\nx-canary: 1\r\naccept: text/JSON",
        "GET / HTTP/1.1\r\naccept: json",
    ];
    assert_eq!(statuses(matching, &requests).await, [418, 418, 200, 200]);
}

#[tokio::test]
async fn the_api_shows_it_and_refuses_nonsense() {
    let proxy = Proxy::start(&echo_upstream().await).await;
    let mut spec = error(1, 418);
    spec["match"] = json!({"methods": ["GET"], "headers": ["x-canary: 1"]});
    proxy.inject("a", spec.clone()).await;
    let (_, view) = proxy.command("GET", "/v1/faults/a", &Value::Null).await;
    assert_eq!(view["match"], json!({"methods": ["GET"], "path": "*", "headers": ["x-canary: 1"]}));
    spec["match"] = json!({"methods": ["GET"]});
    assert_eq!(proxy.command("PUT", "/v1/faults/a", &spec).await.1["code"], "other-content");
    proxy.inject("all", error(1, 418)).await;
    assert_eq!(proxy.command("GET", "/v1/faults/all", &Value::Null).await.1.get("match"), None);
    for (wrong, status, says) in [
        (json!({"methods": []}), 422, "match: no request has none of the methods"),
        (json!({"methods": ["get"]}), 422, "methods are case-sensitive"),
        (json!({"path": "cart"}), 422, "does not begin with `/`"),
        (json!({"headers": ["x y"]}), 422, "no header field's name"),
        (json!({"paths": ["/"]}), 400, "unknown field `paths`"),
        (json!({"path": 1}), 400, "expected a string"),
    ] {
        spec["match"] = wrong;
        let (code, answer) = proxy.command("PUT", "/v1/faults/b", &spec).await;
        assert!(code == status && answer["error"].as_str().unwrap().contains(says), "{code} {answer}");
    }
}

#[tokio::test]
async fn a_mark_goes_on_what_fits() {
    let proxy = Proxy::start(&echo_upstream().await).await;
    let mut spec = fault(json!({"type": "mark"}));
    spec["match"] = json!({"path": "/cart"});
    proxy.inject("run.a", spec).await;
    assert_eq!(proxy.get("/cart").await.echo()["headers"]["baggage"], "chaos=run.a");
    assert_eq!(proxy.get("/").await.echo()["headers"].get("baggage"), None);
}
