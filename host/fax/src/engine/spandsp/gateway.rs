//! SpanDSP's gateway: modems on one side, T.38 on the other, in real time.

use super::{Functions, Opaque, SpanDsp, Told, UDPTL, modems, transmit};
use std::{
    cell::RefCell,
    ffi::{c_int, c_void},
    ptr,
};

/// `t38_stats_t`.
#[repr(C)]
#[derive(Default)]
pub(in crate::engine) struct Transferred {
    pub bit_rate: c_int,
    pub ecm: c_int,
    pub pages: c_int,
    /// Room for what other builds of the library have there.
    spare: [c_int; 16],
}

/// Between a machine that is heard and one that sends packets.
pub(in crate::engine) struct Gateway<'a> {
    functions: &'a Functions,
    state: Opaque,
    /// Boxed, so that the library can be given its address.
    told: Box<RefCell<Told>>,
}

impl SpanDsp {
    /// A gateway whose modems go up to this rate in bit/s.
    pub(in crate::engine) fn gateway(&self, fastest: u32) -> Result<Gateway<'_>, String> {
        let functions = &self.0;
        let told = Box::new(RefCell::new(Told::default()));
        let user = ptr::from_ref::<RefCell<Told>>(&told).cast_mut().cast::<c_void>();
        // SAFETY: the state is the library's own, made here and freed with the gateway, which `user` lives as long as.
        unsafe {
            let state = (functions.t38_gateway_init)(ptr::null_mut(), transmit, user);
            if state.is_null() {
                return Err("SpanDSP has no memory left".into());
            }
            let core = (functions.t38_gateway_get_t38_core_state)(state);
            (functions.t38_set_t38_version)(core, 0);
            (functions.t38_set_data_rate_management_method)(core, 2);
            (functions.t38_set_data_transport_protocol)(core, UDPTL);
            (functions.t38_gateway_set_transmit_on_idle)(state, 1);
            (functions.t38_gateway_set_ecm_capability)(state, 1);
            (functions.t38_gateway_set_supported_modems)(state, modems(fastest));
            Ok(Gateway { functions, state, told })
        }
    }
}

impl Gateway<'_> {
    /// 20 ms are over, in which this was heard; what is to be heard meanwhile.
    pub(in crate::engine) fn tick(&mut self, mut heard: Vec<i16>, frame: usize) -> Vec<i16> {
        heard.resize(frame, 0);
        let mut said = vec![0_i16; frame];
        // SAFETY: the state is a gateway's, and both buffers hold so many samples.
        let count = unsafe {
            (self.functions.t38_gateway_rx)(self.state, heard.as_mut_ptr(), frame as c_int);
            (self.functions.t38_gateway_tx)(self.state, said.as_mut_ptr(), frame as c_int)
        };
        said[usize::try_from(count).unwrap_or(0).min(frame)..].fill(0);
        said
    }

    /// A packet has come.
    pub(in crate::engine) fn packet(&mut self, number: u16, ifp: &[u8]) {
        if !ifp.is_empty() {
            // SAFETY: the core is that of this state; the packet is only read.
            unsafe {
                let core = (self.functions.t38_gateway_get_t38_core_state)(self.state);
                (self.functions.t38_core_rx_ifp_packet)(core, ifp.as_ptr(), ifp.len() as c_int, number);
            }
        }
    }

    /// Packets to be sent, and how often each.
    pub(in crate::engine) fn take_packets(&mut self) -> Vec<(u8, Vec<u8>)> {
        std::mem::take(&mut self.told.borrow_mut().packets)
    }

    /// Figures so far.
    pub(in crate::engine) fn transferred(&self) -> Transferred {
        let mut transferred = Transferred::default();
        // SAFETY: the structure is the library's, with room behind it.
        unsafe { (self.functions.t38_gateway_get_transfer_statistics)(self.state, &raw mut transferred) };
        transferred
    }
}

impl Drop for Gateway<'_> {
    fn drop(&mut self) {
        // SAFETY: made by the matching init, and not used afterwards.
        unsafe { (self.functions.t38_gateway_free)(self.state) };
    }
}
