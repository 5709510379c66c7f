//! CSeq (RFC 3261 §20.16).

use super::{Method, is_lws, number, trim};

/// A CSeq value: number and method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cseq<'a> {
    /// Below 2^31 (RFC 3261 §8.1.1.5).
    pub number: u32,
    /// The method of the request.
    pub method: Method<'a>,
}

impl<'a> Cseq<'a> {
    /// Read a value; `None` if it is not digits below 2^31, white space and a token.
    pub fn parse(value: &'a [u8]) -> Option<Self> {
        let value = trim(value);
        let space = value.iter().position(|&byte| is_lws(byte))?;
        let number = u32::try_from(number(&value[..space])?).ok().filter(|&number| number < 1 << 31)?;
        let method = trim(&value[space..]);
        if !super::is_token(method) {
            return None;
        }
        Some(Self { number, method: Method::from_token(std::str::from_utf8(method).ok()?) })
    }
}
