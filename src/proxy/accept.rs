//! Taking in the callers' connections, and letting them go.

use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::gateway::Gateway;
use super::headers;
use super::line::Line;

/// How long accepting rests after the system refused a connection: for want of file descriptors, most often.
const REST: Duration = Duration::from_millis(20);

/// The callers' connections. They break when this is dropped.
#[derive(Debug)]
pub(super) struct Callers {
    /// Dropped when the connections are to end after the request that they are busy with.
    stay: Option<watch::Sender<()>>,
    stop: watch::Receiver<()>,
    tasks: JoinSet<()>,
}

impl Callers {
    /// None yet.
    pub(super) fn new() -> Self {
        let (stay, stop) = watch::channel(());
        Self { stay: Some(stay), stop, tasks: JoinSet::new() }
    }

    /// Takes connections in and serves them until the future is dropped.
    pub(super) async fn take_in(&mut self, listener: &TcpListener, gateway: &Arc<Gateway>) {
        loop {
            tokio::select! {
                accepted = listener.accept() => self.accepted(accepted.map(|(stream, _)| stream), gateway).await,
                Some(_) = self.tasks.join_next() => {}
            }
        }
    }

    /// Lets every connection end after the request that it's busy with.
    pub(super) async fn let_go(&mut self) {
        self.stay = None;
        while self.tasks.join_next().await.is_some() {}
    }

    async fn accepted(&mut self, accepted: io::Result<TcpStream>, gateway: &Arc<Gateway>) {
        match accepted {
            Ok(stream) => self.serve(stream, Arc::clone(gateway)),
            Err(_) => tokio::time::sleep(REST).await,
        }
    }

    fn serve(&mut self, stream: TcpStream, gateway: Arc<Gateway>) {
        // It fails on a connection that's gone already, as serving will find out.
        let _gone = stream.set_nodelay(true);
        let line = Line::new(stream);
        let hangup = line.hangup();
        let service = service_fn(move |request| {
            let (gateway, hangup) = (Arc::clone(&gateway), hangup.clone());
            async move { gateway.answer(request, &hangup).await }
        });
        let mut server = http1::Builder::new();
        server.preserve_header_case(true).max_headers(headers::MOST);
        let connection = server.serve_connection(TokioIo::new(line), service);
        let mut stop = self.stop.clone();
        self.tasks.spawn(async move {
            let mut connection = pin!(connection.with_upgrades());
            // An error is the caller's, who left, or spoke no HTTP and has been told so; or a fault's, that ends it.
            tokio::select! {
                biased;
                _theirs = connection.as_mut() => return,
                _stopped = stop.changed() => connection.as_mut().graceful_shutdown(),
            }
            let _theirs = connection.await;
        });
    }
}
