//! `chaos proxy`.

use super::signals::Signals;
use super::{REFUSED, StoreOption, block_on};
use crate::proxy::{Addresses, Config, Token, Upstream, default_admin, serve};
use crate::run::{TOKEN_VARIABLE, new_token, token_file};
use std::fs;
use std::io::Write;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, ToSocketAddrs};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// Run a fault proxy in the traffic path of a service: callers use its address, and it passes requests on.
///
/// Without faults it changes nothing. Runners command it over its admin API with a token, which they find in a file of
/// the run store, or in CHAOS_PROXY_TOKEN.
#[derive(Debug, clap::Args)]
pub struct ProxyCommand {
    /// Where callers find it: a port on loopback, or an address with a port.
    #[arg(long, value_name = "ADDRESS", value_parser = address)]
    listen: SocketAddr,
    /// The service behind it, for example http://127.0.0.1:8080. Given again for further instances: each gets its turn.
    #[arg(long, value_name = "URL", required = true)]
    upstream: Vec<Upstream>,
    /// Where its admin API listens (default: on loopback, 10000 ports higher).
    #[arg(long, value_name = "ADDRESS", value_parser = address)]
    admin: Option<SocketAddr>,
    /// The file in which runners find the token (default: in the run store). Made anew, and removed at the end.
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    #[command(flatten)]
    store: StoreOption,
}

/// A bare port is one on loopback: nothing is reachable from elsewhere unless that is written.
fn address(text: &str) -> Result<SocketAddr, String> {
    if let Ok(port) = text.parse::<u16>() {
        return Ok(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port));
    }
    let found = text.to_socket_addrs().ok().and_then(|mut all| all.next());
    found.ok_or_else(|| "write a port, or an address with a port: `127.0.0.1:7392`".to_owned())
}

impl ProxyCommand {
    pub fn run(self) -> u8 {
        match self.serve() {
            Ok(()) => 0,
            Err(error) => {
                complain_of!("{error}");
                REFUSED
            }
        }
    }

    fn serve(self) -> Result<(), String> {
        let admin = self.admin.or_else(|| default_admin(self.listen));
        let admin = admin.ok_or("there is no port 10000 higher: write `--admin ADDRESS`")?;
        let (token, file) = self.token(admin)?;
        let upstreams: Vec<String> = self.upstream.iter().map(ToString::to_string).collect();
        let upstreams = upstreams.join(", ");
        let config = Config { listen: self.listen, upstreams: self.upstream, admin, token };
        let served = block_on(async {
            let mut signals = Signals::install().map_err(|error| error.to_string())?;
            let shutdown = async move {
                signals.next().await;
            };
            let ready = |at: &Addresses| {
                say!("proxy listens on {} for {upstreams}, admin {}", at.listen, at.admin);
            };
            serve(config, ready, shutdown).await.map_err(|error| error.to_string())
        });
        if let Some(file) = file {
            let _already_gone = fs::remove_file(file);
        }
        served.and_then(|served| served)
    }

    /// The token from the environment, else a fresh one, written where runners find it.
    fn token(&self, admin: SocketAddr) -> Result<(Token, Option<PathBuf>), String> {
        let read = |text: &str| text.parse::<Token>().map_err(|error| error.to_string());
        if let (Ok(text), None) = (std::env::var(TOKEN_VARIABLE), &self.token_file) {
            return Ok((read(&text)?, None));
        }
        let in_store = || match self.store.folder() {
            Ok(folder) => Ok(token_file(&folder, &admin.to_string())),
            Err(error) => Err(format!("there is no place for the token: {error}; write `--token-file FILE`")),
        };
        let file = self.token_file.clone().map_or_else(in_store, Ok)?;
        let text = new_token()?;
        write_private(&file, &text).map_err(|error| format!("the token file `{}`: {error}", file.display()))?;
        Ok((read(&text)?, Some(file)))
    }
}

/// Writes a file that only its owner can read, in place of one that may be there.
fn write_private(file: &Path, text: &str) -> std::io::Result<()> {
    if let Some(folder) = file.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
    let _none_there = fs::remove_file(file);
    let mut open = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(file)?;
    open.write_all(text.as_bytes())
}
