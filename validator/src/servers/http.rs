//! One request over a connection of its own.

use std::net::Ipv4Addr;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1;
use hyper::header::{CONNECTION, HOST};
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// The body of the answer to `message`, which the server on `port` of the
/// loopback interface gives; else what went wrong, in a few words.
pub(super) async fn post(port: u16, message: Bytes) -> Result<Bytes, String> {
    let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))
        .await
        .map_err(|error| format!("no connection: {error}"))?;
    stream.set_nodelay(true).map_err(|error| error.to_string())?;
    let (mut sender, connection) =
        http1::handshake(TokioIo::new(stream)).await.map_err(|error| error.to_string())?;
    // Ends with the answer, and closes the connection: `sync` workers wait for that.
    tokio::spawn(connection);
    let request = Request::post("/")
        .header(HOST, "127.0.0.1")
        .header(CONNECTION, "close")
        .body(Full::new(message))
        .map_err(|error| error.to_string())?;
    let broken = |error: hyper::Error| format!("the connection broke: {error}");
    let answer = sender.send_request(request).await.map_err(broken)?;
    let status = answer.status();
    let body = answer.into_body().collect().await.map_err(broken)?.to_bytes();
    if status == StatusCode::OK { Ok(body) } else { Err(format!("the server answered {status}")) }
}
