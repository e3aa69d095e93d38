//! Components in a real OCI registry.

use crate::harness::{Place, Running, answers, free_port, root, wait_for};
use chaos_lang::registry::{Credentials, Pulled, Reference, RegistryError, pull};
use sha2::{Digest, Sha256};
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A registry of its own, and how to put something into it.
pub struct Registry {
    place: Place,
    pub port: u16,
    own: Option<Credentials>,
    /// Ends with it.
    running: Running,
}

fn digest(bytes: &[u8]) -> String {
    let hex: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}

fn component() -> Vec<u8> {
    std::fs::read(root().join("stdlib/components/http.wasm")).unwrap()
}

impl Registry {
    pub fn open() -> Self {
        Self::started(Place::new(), "", None)
    }

    /// One that lets in only whom it knows.
    pub fn closed() -> Self {
        let place = Place::new();
        let made = Command::new("htpasswd").args(["-Bbn", "me", "secret"]).output().unwrap();
        let known = place.write("htpasswd", made.stdout);
        let auth = format!("auth: {{ htpasswd: {{ realm: here, path: {} }} }}\n", known.display());
        let own = Credentials { user: "me".to_owned(), password: "secret".to_owned() };
        Self::started(place, &auth, Some(own))
    }

    /// The same, started again so that it wants tokens, which somebody else sells to whom that one knows.
    fn wanting_tokens(self) -> Self {
        let Self { place, running, .. } = self;
        drop(running);
        let seller = Seller::open(&place);
        let auth = format!(
            "auth: {{ token: {{ realm: \"http://127.0.0.1:{}/token\", service: here, issuer: seller, rootcertbundle: {} }} }}\n",
            seller.port,
            place.path().join("cert.pem").display()
        );
        std::thread::spawn(move || seller.sells());
        let own = Credentials { user: "me".to_owned(), password: "secret".to_owned() };
        Self::started(place, &auth, Some(own))
    }

    fn started(place: Place, auth: &str, own: Option<Credentials>) -> Self {
        let port = free_port();
        let store = place.path().join("store");
        let text = format!(
            "version: 0.1\nstorage: {{ filesystem: {{ rootdirectory: {} }} }}\nhttp: {{ addr: \"127.0.0.1:{port}\" }}\n{auth}",
            store.display()
        );
        let config = place.write("registry.yml", text);
        let mut command = Command::new("docker-registry");
        command.arg("serve").arg(config).stdout(Stdio::null()).stderr(Stdio::null());
        let running = Running::start(&mut command);
        wait_for("the registry", 20, || answers(port));
        Self { place, port, own, running }
    }

    fn request(&self, method: reqwest::Method, url: &str) -> reqwest::RequestBuilder {
        let request = chaos_lang::web::client().build().unwrap().request(method, url);
        match &self.own {
            Some(own) => request.basic_auth(&own.user, Some(&own.password)),
            None => request,
        }
    }

    async fn push_blob(&self, bytes: &[u8]) {
        let begun = format!("http://127.0.0.1:{}/v2/faults/http/blobs/uploads/", self.port);
        let begun = self.request(reqwest::Method::POST, &begun).send().await.unwrap();
        let place = begun.headers()["location"].to_str().unwrap().to_owned();
        let put = self.request(reqwest::Method::PUT, &format!("{place}&digest={}", digest(bytes)));
        assert_eq!(put.body(bytes.to_vec()).send().await.unwrap().status(), 201);
    }

    /// Pushes an artifact with these layers; the digest of its manifest.
    pub async fn push(&self, layers: &[(&str, &[u8])]) -> String {
        let described = |(kind, bytes): &(&str, &[u8])| serde_json::json!({ "mediaType": kind, "digest": digest(bytes), "size": bytes.len() });
        let config = ("application/vnd.wasm.config.v0+json", &b"{}"[..]);
        for (_, bytes) in layers.iter().chain([&config]) {
            self.push_blob(bytes).await;
        }
        let kind = "application/vnd.oci.image.manifest.v1+json";
        let manifest = serde_json::json!({
            "schemaVersion": 2, "mediaType": kind, "config": described(&config),
            "layers": layers.iter().map(described).collect::<Vec<_>>(),
        });
        let manifest = manifest.to_string();
        let url = format!("http://127.0.0.1:{}/v2/faults/http/manifests/1.0", self.port);
        let put = self.request(reqwest::Method::PUT, &url).header("content-type", kind).body(manifest.clone());
        assert_eq!(put.send().await.unwrap().status(), 201);
        digest(manifest.as_bytes())
    }

    async fn pull(&self, name: &str) -> Result<Pulled, RegistryError> {
        self.pull_as(name, self.own.as_ref()).await
    }

    async fn pull_as(&self, name: &str, own: Option<&Credentials>) -> Result<Pulled, RegistryError> {
        pull(&Reference::parse(&format!("oci://127.0.0.1:{}/{name}", self.port)).unwrap(), own).await
    }

    /// Where the registry keeps something.
    fn kept(&self, digest: &str) -> PathBuf {
        let hex = digest.strip_prefix("sha256:").unwrap();
        let blobs = Path::new("store/docker/registry/v2/blobs/sha256");
        self.place.path().join(blobs).join(&hex[..2]).join(hex).join("data")
    }
}

/// Who sells tokens for a registry: it knows one name, and signs with a key that the registry trusts.
struct Seller {
    listener: TcpListener,
    port: u16,
    key: PathBuf,
    certificate: String,
}

fn openssl(arguments: &[&str], input: &[u8]) -> Vec<u8> {
    let mut command = Command::new("openssl");
    let pipes = command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut running = pipes.spawn().unwrap();
    running.stdin.take().unwrap().write_all(input).unwrap();
    let ended = running.wait_with_output().unwrap();
    assert!(ended.status.success(), "{arguments:?}");
    ended.stdout
}

/// Base64 as tokens have it.
fn in_a_token(bytes: &[u8]) -> String {
    let text = String::from_utf8(openssl(&["base64", "-A"], bytes)).unwrap();
    text.replace('+', "-").replace('/', "_").trim_end_matches('=').to_owned()
}

impl Seller {
    fn open(place: &Place) -> Self {
        let (key, cert) = (place.path().join("key.pem"), place.path().join("cert.pem"));
        let files = ["-keyout", key.to_str().unwrap(), "-out", cert.to_str().unwrap()];
        openssl(&[&["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=seller"][..], &files].concat(), b"");
        let pem = std::fs::read_to_string(cert).unwrap();
        let certificate = pem.lines().filter(|line| !line.starts_with("-----")).collect();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        Self { listener, port, key, certificate }
    }

    fn token(&self) -> String {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
        let head = serde_json::json!({ "typ": "JWT", "alg": "RS256", "x5c": [self.certificate] });
        let access = serde_json::json!([{ "type": "repository", "name": "faults/http", "actions": ["pull"] }]);
        let claims = serde_json::json!({
            "iss": "seller", "aud": "here", "sub": "me", "jti": "1", "iat": now, "nbf": now - 60, "exp": now + 600,
            "access": access,
        });
        let signed =
            format!("{}.{}", in_a_token(head.to_string().as_bytes()), in_a_token(claims.to_string().as_bytes()));
        let signature = openssl(&["dgst", "-sha256", "-sign", self.key.to_str().unwrap()], signed.as_bytes());
        format!("{signed}.{}", in_a_token(&signature))
    }

    /// `me:secret`, asked for the scope of a pull: everybody else gets nothing.
    fn sells(&self) {
        for stream in self.listener.incoming() {
            let (mut stream, mut request) = (stream.unwrap(), [0; 4096]);
            let length = stream.read(&mut request).unwrap_or(0);
            let request = String::from_utf8_lossy(&request[..length]).into_owned();
            let known = request.contains("Basic bWU6c2VjcmV0")
                && request.contains("service=here")
                && request.contains("scope=repository%3Afaults%2Fhttp%3Apull");
            let (status, body) = match known {
                true => ("200 OK", serde_json::json!({ "token": self.token() }).to_string()),
                false => ("401 Unauthorized", String::new()),
            };
            let head = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
            let _gone = stream.write_all(format!("{head}{body}").as_bytes());
        }
    }
}

#[tokio::test]
async fn a_component_is_pulled_by_its_tag_and_again_by_its_digest() {
    let registry = Registry::open();
    let manifest = registry.push(&[("application/wasm", &component())]).await;
    let pulled = registry.pull("faults/http:1.0").await.unwrap();
    assert_eq!(pulled.bytes, component());
    assert_eq!(pulled.pinned.to_string(), format!("oci://127.0.0.1:{}/faults/http:1.0@{manifest}", registry.port));
    // The tag is given to something else; the digest is not.
    registry.push(&[("application/wasm", b"another")]).await;
    assert_eq!(registry.pull("faults/http:1.0").await.unwrap().bytes, b"another");
    assert_eq!(pull(&pulled.pinned, None).await.unwrap(), pulled);
}

#[tokio::test]
async fn what_is_not_what_was_asked_for_is_refused() {
    let registry = Registry::open();
    let manifest = registry.push(&[("application/wasm", &component())]).await;
    let layer = registry.kept(&digest(&component()));
    let mut other = component();
    other[100] ^= 1;
    std::fs::write(&layer, &other).unwrap();
    let refused = registry.pull("faults/http:1.0").await.unwrap_err();
    assert!(matches!(&refused, RegistryError::Damaged(why) if why.contains(&digest(&other))), "{refused}");
    for cut in [0, 1, other.len() / 2] {
        std::fs::write(&layer, &component()[..cut]).unwrap();
        let refused = registry.pull("faults/http:1.0").await.unwrap_err();
        assert!(matches!(refused, RegistryError::Damaged(_)), "cut to {cut}: {refused}");
    }
    std::fs::write(&layer, [component(), component()].concat()).unwrap();
    let refused = registry.pull("faults/http:1.0").await.unwrap_err();
    assert!(matches!(&refused, RegistryError::Damaged(why) if why.contains("longer than")), "{refused}");
    // A registry that gives another manifest for a digest.
    let text = std::fs::read_to_string(registry.kept(&manifest)).unwrap();
    std::fs::write(registry.kept(&manifest), format!("{text} ")).unwrap();
    let refused = registry.pull(&format!("faults/http@{manifest}")).await.unwrap_err();
    assert!(matches!(refused, RegistryError::Damaged(_)), "{refused}");
}

#[tokio::test]
async fn what_is_not_there_or_no_component_is_told_so() {
    let registry = Registry::open();
    let nobody = format!("faults/http@sha256:{}", "0".repeat(64));
    for name in ["faults/http:1.0", "faults/other:1.0", &nobody] {
        let refused = registry.pull(name).await.unwrap_err();
        assert!(matches!(refused, RegistryError::Missing(_)), "{name}: {refused}");
    }
    let (one, two) = (("application/wasm", &b"one"[..]), ("application/wasm", &b"two"[..]));
    for layers in [vec![], vec![("application/vnd.oci.image.layer.v1.tar", &b"tar"[..])], vec![one, two]] {
        registry.push(&layers).await;
        let refused = registry.pull("faults/http:1.0").await.unwrap_err();
        assert!(matches!(refused, RegistryError::NoComponent(_)), "{layers:?}: {refused}");
    }
    let port = registry.port;
    drop(registry);
    let refused = pull(&Reference::parse(&format!("oci://127.0.0.1:{port}/a:1")).unwrap(), None).await.unwrap_err();
    assert!(matches!(refused, RegistryError::Unreachable(_)), "{refused}");
}

#[tokio::test]
async fn a_closed_registry_lets_in_whom_it_knows() {
    let registry = Registry::closed();
    registry.push(&[("application/wasm", &component())]).await;
    assert_eq!(registry.pull("faults/http:1.0").await.unwrap().bytes, component());
    let refused = registry.pull_as("faults/http:1.0", None).await.unwrap_err();
    assert!(matches!(&refused, RegistryError::Denied(why) if why.contains("wants a name and a password")), "{refused}");
    let wrong = Credentials { user: "me".to_owned(), password: "wrong".to_owned() };
    let refused = registry.pull_as("faults/http:1.0", Some(&wrong)).await.unwrap_err();
    assert!(matches!(&refused, RegistryError::Denied(why) if why.contains("other credentials")), "{refused}");
}

#[tokio::test]
async fn a_registry_that_wants_tokens_gets_one_for_a_name_and_a_password() {
    let registry = Registry::open();
    registry.push(&[("application/wasm", &component())]).await;
    let registry = registry.wanting_tokens();
    assert_eq!(registry.pull("faults/http:1.0").await.unwrap().bytes, component());
    let wrong = Credentials { user: "me".to_owned(), password: "wrong".to_owned() };
    for own in [None, Some(&wrong)] {
        let refused = registry.pull_as("faults/http:1.0", own).await.unwrap_err();
        assert!(matches!(&refused, RegistryError::Denied(why) if why.contains("answered with 401")), "{refused}");
    }
    // The token is for one repository alone.
    let refused = registry.pull("faults/other:1.0").await.unwrap_err();
    assert!(matches!(refused, RegistryError::Denied(_)), "{refused}");
}
