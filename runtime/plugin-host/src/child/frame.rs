//! What crosses between the host and its child: `u32` length (little-endian), then kind, call, code and payload.
//!
//! Every length is checked before a byte is allocated for it.

use std::io::{self, Read};

/// What a frame says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Kind {
    /// To the child, first: the libraries and the limits ([`super::LoadRequest`]).
    Load = 1,
    /// To the host: the library at index `code` is loaded next.
    Loading = 2,
    /// To the host: all are loaded; the payload is their descriptions.
    Loaded = 3,
    /// To the host: not loaded; the payload is a [`crate::LoadError`].
    NotLoaded = 4,
    /// To the child: call the plugin at index `code` with the payload.
    Invoke = 5,
    /// To the host: the call's status (`code`) and reply.
    Reply = 6,
    /// To the host: the call's reply was longer than is taken.
    ReplyTooLarge = 7,
    /// To the host: a question of the running call.
    Question = 8,
    /// To the child: status (`code`) and answer to the question.
    Answer = 9,
    /// To the child: the call should be given up.
    Cancel = 10,
}

impl Kind {
    fn from_byte(byte: u8) -> Option<Self> {
        Some(match byte {
            1 => Kind::Load,
            2 => Kind::Loading,
            3 => Kind::Loaded,
            4 => Kind::NotLoaded,
            5 => Kind::Invoke,
            6 => Kind::Reply,
            7 => Kind::ReplyTooLarge,
            8 => Kind::Question,
            9 => Kind::Answer,
            10 => Kind::Cancel,
            _ => return None,
        })
    }
}

/// One message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Frame {
    pub kind: Kind,
    /// The call it belongs to; 0 if none.
    pub call_id: u64,
    /// An index or a status, as the kind says.
    pub code: i32,
    pub payload: Vec<u8>,
}

/// Kind, call and code.
const HEAD: usize = 1 + 8 + 4;
const LENGTH: usize = 4;

/// Why bytes are no frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum FrameError {
    #[error("a message of {len} bytes is longer than the {max} that are taken")]
    TooLong { len: usize, max: usize },
    #[error("a message of {len} bytes is too short to be one")]
    TooShort { len: usize },
    #[error("a message of the unknown kind {byte}")]
    Kind { byte: u8 },
}

/// The bytes of a frame, for one write.
pub(super) fn encode(kind: Kind, call_id: u64, code: i32, payload: &[u8]) -> Result<Vec<u8>, FrameError> {
    let too_long = FrameError::TooLong { len: payload.len(), max: u32::MAX as usize - HEAD };
    let length = u32::try_from(HEAD + payload.len()).map_err(|_| too_long)?;
    let mut bytes = Vec::with_capacity(LENGTH + HEAD + payload.len());
    bytes.extend_from_slice(&length.to_le_bytes());
    bytes.push(kind as u8);
    bytes.extend_from_slice(&call_id.to_le_bytes());
    bytes.extend_from_slice(&code.to_le_bytes());
    bytes.extend_from_slice(payload);
    Ok(bytes)
}

/// Makes frames of bytes that come in pieces.
pub(super) struct FrameBuffer {
    bytes: Vec<u8>,
    /// The longest payload that is taken.
    max_payload: usize,
}

impl FrameBuffer {
    pub(super) fn new(max_payload: usize) -> Self {
        Self { bytes: Vec::new(), max_payload }
    }

    pub(super) fn max_payload(&self) -> usize {
        self.max_payload
    }

    pub(super) fn set_max_payload(&mut self, max_payload: usize) {
        self.max_payload = max_payload;
    }

    /// The next whole frame, if it has come.
    pub(super) fn next(&mut self) -> Result<Option<Frame>, FrameError> {
        let Some(length) = self.length()? else { return Ok(None) };
        let Some(body) = self.bytes.get(LENGTH..LENGTH + length) else { return Ok(None) };
        let (Some(&byte), Some(call_id), Some(code)) =
            (body.first(), array(body, 1).map(u64::from_le_bytes), array(body, 9).map(i32::from_le_bytes))
        else {
            return Err(FrameError::TooShort { len: length });
        };
        let kind = Kind::from_byte(byte).ok_or(FrameError::Kind { byte })?;
        let frame = Frame { kind, call_id, code, payload: body[HEAD..].to_vec() };
        self.bytes.drain(..LENGTH + length);
        Ok(Some(frame))
    }

    /// Reads once from `source`; 0 is its end.
    pub(super) fn fill(&mut self, source: &mut impl Read) -> io::Result<usize> {
        let missing = match self.length() {
            Ok(Some(length)) => (LENGTH + length).saturating_sub(self.bytes.len()),
            _ => 0,
        };
        let before = self.bytes.len();
        self.bytes.resize(before + missing.clamp(4 * 1024, 64 * 1024), 0);
        let read = loop {
            match source.read(&mut self.bytes[before..]) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                result => break result,
            }
        };
        self.bytes.truncate(before + *read.as_ref().unwrap_or(&0));
        read
    }

    /// What the next frame says of its length, checked.
    fn length(&self) -> Result<Option<usize>, FrameError> {
        let Some(length) = array(&self.bytes, 0).map(u32::from_le_bytes) else { return Ok(None) };
        let length = length as usize;
        let max = HEAD + self.max_payload;
        if length > max {
            return Err(FrameError::TooLong { len: length, max });
        }
        if length < HEAD {
            return Err(FrameError::TooShort { len: length });
        }
        Ok(Some(length))
    }
}

fn array<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..at + N)?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives one byte a read.
    struct Slow<'a>(&'a [u8]);

    impl Read for Slow<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let part = self.0.len().min(1);
            buffer[..part].copy_from_slice(&self.0[..part]);
            self.0 = &self.0[part..];
            Ok(part)
        }
    }

    #[test]
    fn frames_survive_being_cut_anywhere() {
        let mut bytes = encode(Kind::Invoke, 1 << 40, -7, b"payload").unwrap();
        bytes.extend(encode(Kind::Cancel, 2, 0, b"").unwrap());
        let mut buffer = FrameBuffer::new(100);
        let mut source = Slow(&bytes);
        let mut frames = Vec::new();
        while buffer.fill(&mut source).unwrap() > 0 {
            frames.extend(buffer.next().unwrap());
        }
        assert_eq!(
            frames,
            [
                Frame { kind: Kind::Invoke, call_id: 1 << 40, code: -7, payload: b"payload".to_vec() },
                Frame { kind: Kind::Cancel, call_id: 2, code: 0, payload: Vec::new() },
            ]
        );
    }

    #[test]
    fn a_length_is_refused_before_its_bytes_come() {
        let refused = |bytes: &[u8]| {
            let mut buffer = FrameBuffer::new(100);
            buffer.fill(&mut &*bytes).unwrap();
            (buffer.next().unwrap_err(), buffer.bytes.capacity())
        };
        let (error, capacity) = refused(&u32::MAX.to_le_bytes());
        assert_eq!(error, FrameError::TooLong { len: u32::MAX as usize, max: 100 + HEAD });
        assert!(capacity < 100_000);
        assert_eq!(refused(&[1, 0, 0, 0, 9]).0, FrameError::TooShort { len: 1 });
        assert_eq!(refused(b"hello world").0, FrameError::TooLong { len: 0x6c6c_6568, max: 100 + HEAD });
        let mut unknown = encode(Kind::Load, 0, 0, b"").unwrap();
        unknown[LENGTH] = 200;
        assert_eq!(refused(&unknown).0, FrameError::Kind { byte: 200 });
    }
}
