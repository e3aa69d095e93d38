//! Connections that have changed to another protocol, websockets above all: bytes go both ways, unread.

use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio::io::copy_bidirectional;
use tokio::sync::watch;

/// The tunnels that are open. A clone stands for the same tunnels.
#[derive(Debug, Clone)]
pub(super) struct Tunnels {
    /// Each tunnel holds a receiver: so they can be counted, and told to close.
    cut: watch::Sender<bool>,
}

impl Tunnels {
    /// No tunnels.
    pub(super) fn new() -> Self {
        Self { cut: watch::Sender::new(false) }
    }

    /// Connects the two once both have changed their protocol.
    pub(super) fn open(&self, caller: OnUpgrade, upstream: OnUpgrade) {
        let mut cut = self.cut.subscribe();
        tokio::spawn(async move {
            tokio::select! {
                () = join(caller, upstream) => {}
                _ = cut.wait_for(|cut| *cut) => {}
            }
        });
    }

    /// Waits until none is open.
    pub(super) async fn closed(&self) {
        self.cut.closed().await;
    }

    /// Closes them all.
    pub(super) fn cut(&self) {
        self.cut.send_replace(true);
    }
}

/// An end that fails closes the other: that's all there is to tell either side.
async fn join(caller: OnUpgrade, upstream: OnUpgrade) {
    let (Ok(caller), Ok(upstream)) = tokio::join!(caller, upstream) else {
        return;
    };
    let _ended_or_broken = copy_bidirectional(&mut TokioIo::new(caller), &mut TokioIo::new(upstream)).await;
}
