//! A server with the HTTP API of Toxiproxy 2, as its README describes it, in front of the proxies and toxics of `noxious`.
//!
//! `toxiproxy-server PORT [old]`. noxious has no `reset_peer`: a `timeout` stands for it, so connections end in order. With `old`
//! there is none, as in a Toxiproxy before 2.2, and no `PATCH`, as before 2.6.

mod proxies;

use axum::body::Bytes;
use axum::extract::{Path, Request, State};
use axum::http::{Method, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use proxies::{Failure, Proxies};
use serde_json::{Value, json};

type Answer = Result<Json<Value>, Failure>;

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        (status, Json(json!({ "error": self.message, "status": self.status }))).into_response()
    }
}

fn read(body: &Bytes) -> Result<Value, Failure> {
    serde_json::from_slice(body).map_err(|error| Failure::new(400, format!("bad request body: {error}")))
}

async fn no_browsers(request: Request, next: Next) -> Response {
    let agent = request.headers().get("user-agent").and_then(|it| it.to_str().ok());
    if agent.is_some_and(|agent| agent.starts_with("Mozilla/")) {
        return (StatusCode::FORBIDDEN, "User agent not allowed").into_response();
    }
    next.run(request).await
}

async fn no_patch(request: Request, next: Next) -> Response {
    if request.method() == Method::PATCH {
        return StatusCode::METHOD_NOT_ALLOWED.into_response();
    }
    next.run(request).await
}

async fn all(State(proxies): State<Proxies>) -> Answer {
    Ok(Json(proxies.all().await))
}

async fn create(State(proxies): State<Proxies>, body: Bytes) -> Result<(StatusCode, Json<Value>), Failure> {
    Ok((StatusCode::CREATED, Json(proxies.create(read(&body)?).await?)))
}

async fn show(State(proxies): State<Proxies>, Path(name): Path<String>) -> Answer {
    proxies.show(&name).await.map(Json)
}

async fn update(State(proxies): State<Proxies>, Path(name): Path<String>, body: Bytes) -> Answer {
    proxies.update(&name, &read(&body)?).await.map(Json)
}

async fn remove(State(proxies): State<Proxies>, Path(name): Path<String>) -> Result<StatusCode, Failure> {
    proxies.remove(&name).await.map(|()| StatusCode::NO_CONTENT)
}

async fn toxics(State(proxies): State<Proxies>, Path(name): Path<String>) -> Answer {
    Ok(Json(proxies.show(&name).await?["toxics"].take()))
}

async fn add(State(proxies): State<Proxies>, Path(name): Path<String>, body: Bytes) -> Answer {
    proxies.add(&name, read(&body)?).await.map(Json)
}

async fn toxic(State(proxies): State<Proxies>, Path((name, toxic)): Path<(String, String)>) -> Answer {
    proxies.toxic(&name, &toxic).await.map(Json)
}

async fn drop_toxic(
    State(proxies): State<Proxies>,
    Path((name, toxic)): Path<(String, String)>,
) -> Result<StatusCode, Failure> {
    proxies.drop_toxic(&name, &toxic).await.map(|()| StatusCode::NO_CONTENT)
}

async fn version() -> Json<Value> {
    Json(json!({ "version": "noxious-1.0.4" }))
}

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let port: u16 = arguments.next().and_then(|port| port.parse().ok()).expect("a port");
    let mut routes = Router::new()
        .route("/version", get(version))
        .route("/proxies", get(all).post(create))
        .route("/proxies/{name}", get(show).post(update).patch(update).delete(remove))
        .route("/proxies/{name}/toxics", get(toxics).post(add))
        .route("/proxies/{name}/toxics/{toxic}", get(toxic).delete(drop_toxic))
        .layer(middleware::from_fn(no_browsers));
    let old = arguments.next().as_deref() == Some("old");
    if old {
        routes = routes.layer(middleware::from_fn(no_patch));
    }
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await.expect("the port is free");
    axum::serve(listener, routes.with_state(Proxies::new(!old))).await.expect("it serves");
}
