//! Something outside to wait for: replies to each message after the time that
//! it names.
//!
//! A message is eight bytes, little-endian: a time in ns. The reply is one byte.
//! Each connection has a thread here, outside of Python's lock.

use std::io::{self, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// Longest delay that is granted.
const LONGEST: Duration = Duration::from_secs(3600);

/// Serves until dropped.
#[derive(Debug)]
pub struct DelayServer {
    address: SocketAddr,
    ended: Arc<AtomicBool>,
    acceptor: Option<JoinHandle<()>>,
}

impl DelayServer {
    /// On a free port of the loopback interface.
    ///
    /// # Errors
    /// As the system.
    pub fn start() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let ended = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&ended);
        let acceptor = thread::Builder::new()
            .name("delay server".to_owned())
            .spawn(move || accept(&listener, &seen))?;
        Ok(Self { address, ended, acceptor: Some(acceptor) })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for DelayServer {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
        // Wakes the acceptor; without a wake-up it could not be waited for.
        if TcpStream::connect(self.address).is_ok()
            && let Some(acceptor) = self.acceptor.take()
        {
            let _ = acceptor.join();
        }
    }
}

fn accept(listener: &TcpListener, ended: &AtomicBool) {
    for connection in listener.incoming() {
        if ended.load(Ordering::Relaxed) {
            return;
        }
        if let Ok(connection) = connection {
            // A client that is refused a thread sees its connection closed.
            let _ = thread::Builder::new().spawn(move || serve(connection));
        }
    }
}

/// Until the client goes: its end of the connection closes with its process.
fn serve(mut connection: TcpStream) -> io::Result<()> {
    connection.set_nodelay(true)?;
    let mut message = [0; 8];
    loop {
        connection.read_exact(&mut message)?;
        let due = Instant::now() + Duration::from_nanos(u64::from_le_bytes(message)).min(LONGEST);
        thread::sleep(due.saturating_duration_since(Instant::now()));
        connection.write_all(b".")?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replies_no_earlier_than_asked_and_ends_when_dropped() {
        let server = DelayServer::start().unwrap();
        let mut client = TcpStream::connect(server.address()).unwrap();
        let delay = Duration::from_millis(20);
        for _ in 0..2 {
            let sent = Instant::now();
            client.write_all(&20_000_000_u64.to_le_bytes()).unwrap();
            client.read_exact(&mut [0]).unwrap();
            assert!(sent.elapsed() >= delay);
        }
        let address = server.address();
        drop(server);
        assert!(TcpStream::connect(address).is_err());
    }
}
