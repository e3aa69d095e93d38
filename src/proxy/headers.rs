//! Which header fields belong to one connection only, and are not passed on (RFC 9110, 7.6.1).

use hyper::header::{
    CONNECTION, CONTENT_LENGTH, HOST, HeaderMap, HeaderName, HeaderValue, TE, TRANSFER_ENCODING, UPGRADE,
};

/// How many fields a message may have. Above what common servers take, so that it's never the proxy that refuses.
pub(super) const MOST: usize = 1000;

const KEEP_ALIVE: HeaderName = HeaderName::from_static("keep-alive");
const PROXY_CONNECTION: HeaderName = HeaderName::from_static("proxy-connection");

/// The protocol that the sender wants to change to, or has changed to, over this connection.
pub(super) fn upgrade(headers: &HeaderMap) -> Option<HeaderValue> {
    let protocol = headers.get(UPGRADE)?;
    listed(headers).any(|name| name.eq_ignore_ascii_case("upgrade")).then(|| protocol.clone())
}

/// Removes the fields that are meant for the next hop alone. `upgrade` is put in again.
pub(super) fn pass_on(headers: &mut HeaderMap, upgrade: Option<HeaderValue>) {
    remove_listed(headers);
    if headers.remove(TRANSFER_ENCODING).is_some() {
        // It overrules the length, and both together are an attempt to smuggle (RFC 9112, 6.3).
        headers.remove(CONTENT_LENGTH);
    }
    for name in [KEEP_ALIVE, PROXY_CONNECTION, TE, UPGRADE] {
        headers.remove(name);
    }
    if let Some(protocol) = upgrade {
        headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
        headers.insert(UPGRADE, protocol);
    }
}

fn remove_listed(headers: &mut HeaderMap) {
    if !headers.contains_key(CONNECTION) {
        return;
    }
    let names: Vec<HeaderName> = listed(headers).filter_map(|name| name.parse().ok()).collect();
    // Whoever lists these is mistaken: the message makes no sense without them.
    for name in names.iter().filter(|name| ![HOST, CONTENT_LENGTH, TRANSFER_ENCODING].contains(name)) {
        headers.remove(name);
    }
    headers.remove(CONNECTION);
}

/// The names in the `Connection` fields.
fn listed(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    let values = headers.get_all(CONNECTION).into_iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).map(str::trim).filter(|name| !name.is_empty())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn headers(fields: &[(&'static str, &'static str)]) -> HeaderMap {
        fields.iter().map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn fields_of_one_hop_go_and_the_others_stay() {
        let mut map = headers(&[
            ("host", "shop"),
            ("connection", "x-private, Keep-Alive,"),
            ("x-private", "1"),
            ("keep-alive", "timeout=5"),
            ("te", "trailers"),
            ("proxy-connection", "close"),
            ("upgrade", "h2c"),
            ("trailer", "x-sum"),
            ("content-length", "5"),
            ("x-public", "2"),
        ]);
        pass_on(&mut map, None);
        assert_eq!(map, headers(&[("host", "shop"), ("trailer", "x-sum"), ("content-length", "5"), ("x-public", "2")]));
    }

    #[test]
    fn what_frames_or_routes_a_message_cannot_be_listed_away() {
        let mut map = headers(&[("host", "shop"), ("connection", "host, content-length"), ("content-length", "3")]);
        pass_on(&mut map, None);
        assert_eq!(map, headers(&[("host", "shop"), ("content-length", "3")]));
    }

    #[test]
    fn a_length_beside_a_transfer_encoding_goes() {
        let mut map = headers(&[("transfer-encoding", "chunked"), ("content-length", "3")]);
        pass_on(&mut map, None);
        assert!(map.is_empty());
    }

    #[test]
    fn an_upgrade_needs_both_fields() {
        assert!(upgrade(&headers(&[("upgrade", "websocket")])).is_none());
        assert!(upgrade(&headers(&[("connection", "upgrade")])).is_none());
        let mut map = headers(&[("connection", "keep-alive, Upgrade"), ("upgrade", "websocket")]);
        let protocol = upgrade(&map);
        pass_on(&mut map, protocol);
        assert_eq!(map, headers(&[("connection", "upgrade"), ("upgrade", "websocket")]));
    }
}
