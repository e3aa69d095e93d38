//! Who may use the admin API: holders of the token, and never a web page.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::{AUTHORIZATION, HeaderMap, ORIGIN, WWW_AUTHENTICATE};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::admin::Admin;
use super::answer::Problem;
use super::token::Token;

/// The paths that anybody may read.
const OPEN: [&str; 2] = ["/v1/health", "/metrics"];

/// Lets a request through to the API, or refuses it.
pub(super) async fn guard(State(admin): State<Arc<Admin>>, request: Request, next: Next) -> Response {
    if request.headers().contains_key(ORIGIN) {
        // A page that got the browser to connect here (DNS rebinding) cannot leave this field out.
        return Problem::new(StatusCode::FORBIDDEN, "browser", "no browser may use this API").into_response();
    }
    if !OPEN.contains(&request.uri().path()) && !shows(request.headers(), &admin.token) {
        let text = "the request needs the header `Authorization: Bearer <token>` with this proxy's token";
        let problem = Problem::new(StatusCode::UNAUTHORIZED, "unauthorized", text);
        return ([(WWW_AUTHENTICATE, "Bearer")], problem).into_response();
    }
    next.run(request).await
}

fn shows(headers: &HeaderMap, token: &Token) -> bool {
    let offered = headers.get(AUTHORIZATION).map(|value| value.as_bytes()).and_then(|value| value.split_at_checked(7));
    offered.is_some_and(|(scheme, offered)| scheme.eq_ignore_ascii_case(b"bearer ") && token.matches(offered))
}
