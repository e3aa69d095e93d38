//! What is outside: small servers that say whether anybody came.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A server that answers everybody with the same text, and counts who came.
pub struct Server {
    pub address: SocketAddr,
    came: Arc<AtomicUsize>,
    last: Arc<std::sync::Mutex<String>>,
}

impl Server {
    pub fn at(place: &str, answer: String) -> Self {
        let listener = TcpListener::bind(place).unwrap();
        let address = listener.local_addr().unwrap();
        let (came, last) = (Arc::new(AtomicUsize::new(0)), Arc::new(std::sync::Mutex::default()));
        let (counted, said) = (Arc::clone(&came), Arc::clone(&last));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                counted.fetch_add(1, Ordering::SeqCst);
                let mut request = [0; 4096];
                let length = stream.read(&mut request).unwrap_or(0);
                *said.lock().unwrap() = String::from_utf8_lossy(&request[..length]).into_owned();
                let _gone = stream.write_all(answer.as_bytes());
            }
        });
        Self { address, came, last }
    }

    /// One that answers every request with 200 and this body.
    pub fn saying(body: &str) -> Self {
        Self::at("127.0.0.1:0", ok(body))
    }

    pub fn came(&self) -> usize {
        self.came.load(Ordering::SeqCst)
    }

    pub fn last(&self) -> String {
        self.last.lock().unwrap().clone()
    }
}

/// An answer of HTTP.
pub fn ok(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len())
}
