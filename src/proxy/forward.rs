//! Passing one request on to the upstream, and its response back.

use http_body_util::{Either, Empty};
use hyper::body::{Body, Incoming};
use hyper::header::{CONTENT_TYPE, HOST, HeaderValue};
use hyper::upgrade::OnUpgrade;
use hyper::{Method, Request, Response, StatusCode, Uri, Version};

use super::headers;
use super::pool::{Borrowed, SendError, Sent};
use super::reply::Reply;
use super::tunnel::Tunnels;
use super::turns::Turns;
use super::upstream::Upstream;

/// The field by which a response of the proxy's own is told from one of the upstream.
pub(super) const OWN: &str = "x-chaos-proxy";

/// The way to the upstream.
#[derive(Debug)]
pub(super) struct Forward {
    turns: Turns,
    /// The `Host` of requests that come without one.
    authority: Option<HeaderValue>,
    tunnels: Tunnels,
}

/// A response from the upstream, or the reason why there's none.
pub(super) enum Outcome {
    /// The upstream's response.
    Passed(Response<Reply>),
    /// The proxy's own response: the upstream gave none.
    Failed(Response<Reply>),
}

impl Forward {
    /// The way to `upstreams`, in turn. Changed protocols run in `tunnels`.
    pub(super) fn new(upstreams: Vec<Upstream>, tunnels: Tunnels) -> Self {
        let authority = upstreams.first().and_then(Upstream::authority);
        Self { authority, turns: Turns::new(upstreams), tunnels }
    }

    /// Closes the connections that have lain idle for too long.
    pub(super) fn tidy(&self) {
        self.turns.tidy();
    }

    /// Sends the request and gives the response as soon as its head has come. To drop the future cancels the request.
    pub(super) async fn pass(&self, mut request: Request<Incoming>) -> Outcome {
        if request.method() == Method::CONNECT {
            let text = "chaos-proxy: CONNECT is not for a reverse proxy\n";
            return Outcome::Passed(own(StatusCode::METHOD_NOT_ALLOWED, "connect-refused", text.to_owned()));
        }
        let protocol = headers::upgrade(request.headers());
        let caller = protocol.is_some().then(|| hyper::upgrade::on(&mut request));
        match self.turns.send(self.rewrite(request, protocol)).await {
            Ok((response, connection)) => self.give(response, connection, caller),
            Err(SendError::Unreachable(error, _)) => {
                failed("upstream-unreachable", format!("cannot be reached: {error}"))
            }
            Err(SendError::Broken(error)) if error.is_user() => {
                // The request's own body broke off, or was malformed: no fault of the upstream.
                let text = "chaos-proxy: the request's body is broken\n".to_owned();
                Outcome::Passed(own(StatusCode::BAD_REQUEST, "request-broken", text))
            }
            Err(SendError::Broken(error)) => failed("upstream-broken", format!("gave no response: {error}")),
        }
    }

    fn rewrite(&self, request: Request<Incoming>, protocol: Option<HeaderValue>) -> Request<Sent> {
        let (mut head, body) = request.into_parts();
        headers::pass_on(&mut head.headers, protocol);
        // A target with an authority overrules the field (RFC 9112, 3.2.2).
        if let Some(host) = head.uri.authority().and_then(|named| HeaderValue::try_from(named.as_str()).ok()) {
            head.headers.insert(HOST, host);
            head.uri = head.uri.path_and_query().cloned().map_or_else(Uri::default, Uri::from);
        }
        if let (None, Some(authority)) = (head.headers.get(HOST), &self.authority) {
            head.headers.insert(HOST, authority.clone());
        }
        head.version = Version::HTTP_11;
        let body = if body.is_end_stream() { Either::Right(Empty::new()) } else { Either::Left(body) };
        Request::from_parts(head, body)
    }

    fn give(&self, mut response: Response<Incoming>, connection: Borrowed, caller: Option<OnUpgrade>) -> Outcome {
        let changed =
            (response.status() == StatusCode::SWITCHING_PROTOCOLS).then(|| headers::upgrade(response.headers()));
        match (changed, caller) {
            (Some(protocol), Some(caller)) => {
                self.tunnels.open(caller, hyper::upgrade::on(&mut response));
                Outcome::Passed(handed_on(response, protocol, |_| Reply::own("")))
            }
            (Some(_), None) => failed("upstream-broken", "changed the protocol unasked".to_owned()),
            (None, _) => Outcome::Passed(handed_on(response, None, |body| Reply::streamed(body, connection))),
        }
    }
}

fn handed_on(
    response: Response<Incoming>,
    protocol: Option<HeaderValue>,
    body: impl FnOnce(Incoming) -> Reply,
) -> Response<Reply> {
    let mut response = response.map(body);
    headers::pass_on(response.headers_mut(), protocol);
    // The server writes what the caller's own version asks for.
    *response.version_mut() = Version::HTTP_11;
    response
}

fn failed(reason: &'static str, what: String) -> Outcome {
    Outcome::Failed(own(StatusCode::BAD_GATEWAY, reason, format!("chaos-proxy: the upstream {what}\n")))
}

/// A response of the proxy's own. `reason` is for programs.
fn own(status: StatusCode, reason: &'static str, text: String) -> Response<Reply> {
    let mut response = Response::new(Reply::own(text));
    *response.status_mut() = status;
    response.headers_mut().insert(OWN, HeaderValue::from_static(reason));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    response
}
