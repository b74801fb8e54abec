//! What crosses the socket: requests and replies as bytes, little-endian, over
//! gRPC. `python/grpc_worker/wire.py` has the other end.

use std::time::Duration;

use bytes::{Buf, BufMut as _, Bytes};
use http::uri::PathAndQuery;
use sim::workload::TraceRow;
use tonic::Status;
use tonic::client::Grpc;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::transport::{Channel, Endpoint};

const SERVE: PathAndQuery = PathAndQuery::from_static("/planner.Worker/Serve");
const PING: PathAndQuery = PathAndQuery::from_static("/planner.Worker/Ping");
/// Of a reply, before its texts.
const REPLY_HEAD: usize = 48;

/// A worker's answer. Instants in ns of CLOCK_MONOTONIC.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Reply {
    pub(crate) request: usize,
    pub(crate) started: u64,
    pub(crate) finished: u64,
    pub(crate) cpu: Option<u64>,
    pub(crate) thread: u64,
    pub(crate) process: u32,
    pub(crate) fault: Option<String>,
    pub(crate) body: Bytes,
}

/// Row `index` of the trace, with its payload.
pub(crate) fn encode(index: usize, row: &TraceRow, payload: &[u8]) -> Bytes {
    let mut out = Vec::with_capacity(16 + 8 * row.segments.len() + payload.len());
    out.put_u64_le(index as u64);
    out.put_u32_le(row.class as u32);
    out.put_u32_le(row.segments.len() as u32);
    row.segments.iter().for_each(|time| out.put_u64_le(time.0));
    out.put_slice(payload);
    out.into()
}

/// A worker's answer; `None` if it is cut off.
pub(crate) fn decode(mut message: Bytes) -> Option<Reply> {
    if message.len() < REPLY_HEAD {
        return None;
    }
    let request = usize::try_from(message.get_u64_le()).ok()?;
    let (started, finished) = (message.get_u64_le(), message.get_u64_le());
    let cpu = u64::try_from(message.get_i64_le()).ok();
    let (thread, process) = (message.get_u64_le(), message.get_u32_le());
    let length = usize::try_from(message.get_u32_le()).ok()?;
    if message.len() < length {
        return None;
    }
    let text = message.split_to(length);
    let fault = (!text.is_empty()).then(|| String::from_utf8_lossy(&text).into_owned());
    Some(Reply { request, started, finished, cpu, thread, process, fault, body: message })
}

/// A connection to one worker, shared by all calls to it.
#[derive(Clone, Debug)]
pub(super) struct Client {
    channel: Channel,
}

impl Client {
    /// To the server on `port` of the loopback interface.
    pub(super) async fn connect(port: u16) -> Result<Self, tonic::transport::Error> {
        let endpoint = Endpoint::from_shared(format!("http://127.0.0.1:{port}"))?;
        Ok(Self { channel: endpoint.connect().await? })
    }

    /// Has one request served.
    pub(super) async fn serve(self, request: Bytes) -> Result<Reply, Status> {
        let reply = self.call(SERVE, request).await?;
        decode(reply).ok_or_else(|| Status::internal("the worker's reply is cut off"))
    }

    /// Did it answer within `limit`?
    pub(super) async fn ping(self, limit: Duration) -> bool {
        let answer = tokio::time::timeout(limit, self.call(PING, Bytes::new()));
        answer.await.is_ok_and(|answer| answer.is_ok())
    }

    async fn call(self, path: PathAndQuery, message: Bytes) -> Result<Bytes, Status> {
        let mut grpc = Grpc::new(self.channel)
            .max_decoding_message_size(usize::MAX)
            .max_encoding_message_size(usize::MAX);
        grpc.ready().await.map_err(|error| Status::unavailable(error.to_string()))?;
        let answer = grpc.unary(tonic::Request::new(message), path, Verbatim).await?;
        Ok(answer.into_inner())
    }
}

/// Messages are the bytes that they are.
#[derive(Clone, Copy, Debug)]
struct Verbatim;

impl Codec for Verbatim {
    type Encode = Bytes;
    type Decode = Bytes;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Verbatim {
    type Item = Bytes;
    type Error = Status;

    fn encode(&mut self, item: Bytes, out: &mut EncodeBuf<'_>) -> Result<(), Status> {
        out.put(item);
        Ok(())
    }
}

impl Decoder for Verbatim {
    type Item = Bytes;
    type Error = Status;

    fn decode(&mut self, from: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        Ok(Some(from.copy_to_bytes(from.remaining())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sim::kernel::{SimDuration, SimTime};

    #[test]
    fn a_request_is_head_times_and_payload() {
        let row = TraceRow { at: SimTime(0), class: 2, key: 0, segments: vec![SimDuration(7)] };
        let message = encode(5, &row, b"ab");
        assert_eq!(message[..], *b"\x05\0\0\0\0\0\0\0\x02\0\0\0\x01\0\0\0\x07\0\0\0\0\0\0\0ab");
    }

    fn reply(cpu: i64, fault: &[u8], said: u32) -> Bytes {
        let mut out = Vec::new();
        for value in [5, 10, 20] {
            out.put_u64_le(value);
        }
        out.put_i64_le(cpu);
        out.put_u64_le(77);
        out.put_u32_le(66);
        out.put_u32_le(said);
        out.extend_from_slice(fault);
        out.into()
    }

    #[test]
    fn a_reply_is_read_back() {
        let read = decode(reply(-1, b"oops", 4)).unwrap();
        assert_eq!((read.request, read.started, read.finished, read.cpu), (5, 10, 20, None));
        assert_eq!((read.thread, read.process), (77, 66));
        assert_eq!((read.fault.as_deref(), read.body.len()), (Some("oops"), 0));
        let read = decode(reply(3, b"body", 0)).unwrap();
        assert_eq!((read.cpu, read.fault, &read.body[..]), (Some(3), None, &b"body"[..]));
    }

    #[test]
    fn a_reply_that_is_cut_off_is_none() {
        assert_eq!(decode(Bytes::from_static(b"short")), None);
        assert_eq!(decode(reply(0, b"oops", 5)), None);
    }
}
