//! SpanDSP as it is called: the functions of `libspandsp.so.2` that a fax needs, looked up when a fax begins.
//!
//! The only module with `unsafe` code, and it runs in the engine's process alone. Prototypes are those of SpanDSP 0.0.6, as
//! Debian packages it.
#![expect(unsafe_code, reason = "SpanDSP is a C library")]

mod gateway;

use crate::job::{Direction, Job};
pub(super) use gateway::Gateway;
use gateway::Transferred;
use libloading::Library;
use std::{
    cell::RefCell,
    ffi::{CStr, CString, c_char, c_int, c_void},
    path::Path,
    ptr,
};

/// Names under which the library is looked for.
const NAMES: [&str; 2] = ["libspandsp.so.2", "libspandsp.so.3"];

/// `T30_SUPPORT_*`: V.27ter, V.29, V.17.
const V27TER: c_int = 1;
const V29: c_int = 2;
const V17: c_int = 4;
/// `T30_SUPPORT_*`: T.4 one- and two-dimensional, T.6.
const COMPRESSIONS: c_int = 2 | 4 | 8;
/// Standard, fine and superfine at 204 dots an inch.
const RESOLUTIONS: c_int = 1 | 2 | 4 | 0x2_0000;
/// A4, B4 and A3 wide; any length.
const SIZES: c_int = 1 | 2 | 4 | 0x1_0000 | 0x2_0000 | 0x4_0000 | 0x8_0000 | 0x10_0000;
/// `T4_COMPRESSION_ITU_T6`.
const T6: c_int = 3;
/// `t38_transport_types_e`: UDPTL.
const UDPTL: c_int = 0;
/// Most packets of one tick that are kept: what is beyond would be a fault of the library.
const MOST_PACKETS: usize = 64;

type Opaque = *mut c_void;
type Phase = extern "C" fn(Opaque, Opaque, c_int) -> c_int;
type PhaseE = extern "C" fn(Opaque, Opaque, c_int);
type Transmit = extern "C" fn(Opaque, Opaque, *const u8, c_int, c_int) -> c_int;

/// `t30_stats_t`.
#[repr(C)]
#[derive(Default)]
pub(super) struct Statistics {
    pub bit_rate: c_int,
    pub ecm: c_int,
    pub pages_sent: c_int,
    pub pages_received: c_int,
    pages_in_file: c_int,
    x_resolution: c_int,
    y_resolution: c_int,
    width: c_int,
    length: c_int,
    image_size: c_int,
    encoding: c_int,
    pub bad_rows: c_int,
    longest_bad_row_run: c_int,
    pub ecm_retries: c_int,
    current_status: c_int,
    /// Room for what other builds of the library have there.
    spare: [c_int; 16],
}

macro_rules! functions {
    ($($name:ident($($argument:ty),*) $(-> $result:ty)?;)*) => {
        struct Functions {
            $($name: unsafe extern "C" fn($($argument),*) $(-> $result)?,)*
            /// Unloaded last.
            _library: Library,
        }

        impl Functions {
            fn of(library: Library) -> Result<Self, libloading::Error> {
                // SAFETY: the prototypes are those of the library's headers, and the library lives as long as they do.
                unsafe {
                    Ok(Self {
                        $($name: *library.get(concat!(stringify!($name), "\0").as_bytes())?,)*
                        _library: library,
                    })
                }
            }
        }
    };
}

functions! {
    span_set_message_handler(Opaque);
    span_set_error_handler(Opaque);
    fax_init(Opaque, c_int) -> Opaque;
    fax_free(Opaque) -> c_int;
    fax_rx(Opaque, *mut i16, c_int) -> c_int;
    fax_tx(Opaque, *mut i16, c_int) -> c_int;
    fax_set_transmit_on_idle(Opaque, c_int);
    fax_get_t30_state(Opaque) -> Opaque;
    t38_terminal_init(Opaque, c_int, Transmit, Opaque) -> Opaque;
    t38_terminal_free(Opaque) -> c_int;
    t38_terminal_send_timeout(Opaque, c_int) -> c_int;
    t38_terminal_get_t30_state(Opaque) -> Opaque;
    t38_terminal_get_t38_core_state(Opaque) -> Opaque;
    t38_gateway_init(Opaque, Transmit, Opaque) -> Opaque;
    t38_gateway_free(Opaque) -> c_int;
    t38_gateway_rx(Opaque, *mut i16, c_int) -> c_int;
    t38_gateway_tx(Opaque, *mut i16, c_int) -> c_int;
    t38_gateway_get_t38_core_state(Opaque) -> Opaque;
    t38_gateway_get_transfer_statistics(Opaque, *mut Transferred);
    t38_gateway_set_transmit_on_idle(Opaque, c_int);
    t38_gateway_set_ecm_capability(Opaque, c_int);
    t38_gateway_set_supported_modems(Opaque, c_int);
    t38_core_rx_ifp_packet(Opaque, *const u8, c_int, u16) -> c_int;
    t38_set_t38_version(Opaque, c_int);
    t38_set_data_rate_management_method(Opaque, c_int);
    t38_set_data_transport_protocol(Opaque, c_int);
    t30_call_active(Opaque) -> c_int;
    t30_terminate(Opaque);
    t30_get_transfer_statistics(Opaque, *mut Statistics);
    t30_set_tx_ident(Opaque, *const c_char) -> c_int;
    t30_get_rx_ident(Opaque) -> *const c_char;
    t30_set_tx_page_header_info(Opaque, *const c_char) -> c_int;
    t30_set_rx_file(Opaque, *const c_char, c_int);
    t30_set_tx_file(Opaque, *const c_char, c_int, c_int);
    t30_set_ecm_capability(Opaque, c_int) -> c_int;
    t30_set_rx_encoding(Opaque, c_int) -> c_int;
    t30_set_supported_modems(Opaque, c_int) -> c_int;
    t30_set_supported_compressions(Opaque, c_int) -> c_int;
    t30_set_supported_resolutions(Opaque, c_int) -> c_int;
    t30_set_supported_image_sizes(Opaque, c_int) -> c_int;
    t30_set_phase_d_handler(Opaque, Phase, Opaque);
    t30_set_phase_e_handler(Opaque, PhaseE, Opaque);
    t30_completion_code_to_str(c_int) -> *const c_char;
}

/// What the library tells while it works.
#[derive(Default)]
struct Told {
    /// Packets of T.38, and how often each is to be sent.
    packets: Vec<(u8, Vec<u8>)>,
    /// The completion code, once it is over.
    completion: Option<c_int>,
    pages: u32,
}

/// The library.
pub(super) struct SpanDsp(Functions);

/// One end of a fax.
pub(super) struct Terminal<'a> {
    functions: &'a Functions,
    state: Opaque,
    t30: Opaque,
    t38: bool,
    /// Boxed, so that the library can be given its address.
    told: Box<RefCell<Told>>,
}

impl SpanDsp {
    /// Load it.
    ///
    /// # Errors
    /// When it is not installed, or is another version: a sentence for the administrator.
    pub(super) fn load() -> Result<Self, String> {
        let mut why = String::new();
        for name in NAMES {
            // SAFETY: loading runs the library's initialisers, which SpanDSP has none of.
            match unsafe { Library::new(name) }.and_then(Functions::of) {
                Ok(functions) => {
                    // SAFETY: no handler at all is what these take a null pointer for.
                    unsafe {
                        (functions.span_set_message_handler)(ptr::null_mut());
                        (functions.span_set_error_handler)(ptr::null_mut());
                    }
                    return Ok(Self(functions));
                }
                Err(error) => why = error.to_string(),
            }
        }
        Err(format!("fax needs SpanDSP: install the package libspandsp2 ({why})"))
    }

    /// A terminal that speaks in sound, or by T.38; `document` is read or written.
    pub(super) fn terminal(&self, job: &Job, document: &Path, t38: bool) -> Result<Terminal<'_>, String> {
        let functions = &self.0;
        let told = Box::new(RefCell::new(Told::default()));
        let user = ptr::from_ref::<RefCell<Told>>(&told).cast_mut().cast::<c_void>();
        let calling = c_int::from(job.direction == Direction::Send);
        let text = |text: &str| CString::new(text.replace('\0', "")).map_err(|error| error.to_string());
        let (station, header) = (text(&job.station)?, text(&job.header)?);
        let file = text(&document.to_string_lossy())?;
        // SAFETY: states are the library's own, made and freed here; strings outlive the calls that copy them, and `user`
        // lives as long as the terminal.
        unsafe {
            let state = if t38 {
                (functions.t38_terminal_init)(ptr::null_mut(), calling, transmit, user)
            } else {
                (functions.fax_init)(ptr::null_mut(), calling)
            };
            if state.is_null() {
                return Err("SpanDSP has no memory left".into());
            }
            let t30 = if t38 {
                let core = (functions.t38_terminal_get_t38_core_state)(state);
                (functions.t38_set_t38_version)(core, 0);
                // Training goes over the network (method 2), as UDPTL asks for.
                (functions.t38_set_data_rate_management_method)(core, 2);
                (functions.t38_set_data_transport_protocol)(core, UDPTL);
                (functions.t38_terminal_get_t30_state)(state)
            } else {
                (functions.fax_set_transmit_on_idle)(state, 1);
                (functions.fax_get_t30_state)(state)
            };
            (functions.t30_set_supported_modems)(t30, modems(job.fastest));
            (functions.t30_set_supported_compressions)(t30, COMPRESSIONS);
            (functions.t30_set_supported_resolutions)(t30, RESOLUTIONS);
            (functions.t30_set_supported_image_sizes)(t30, SIZES);
            (functions.t30_set_ecm_capability)(t30, c_int::from(job.ecm));
            (functions.t30_set_rx_encoding)(t30, T6);
            (functions.t30_set_tx_ident)(t30, station.as_ptr());
            if !job.header.is_empty() {
                (functions.t30_set_tx_page_header_info)(t30, header.as_ptr());
            }
            (functions.t30_set_phase_d_handler)(t30, phase_d, user);
            (functions.t30_set_phase_e_handler)(t30, phase_e, user);
            match job.direction {
                Direction::Receive => (functions.t30_set_rx_file)(t30, file.as_ptr(), -1),
                Direction::Send => (functions.t30_set_tx_file)(t30, file.as_ptr(), -1, -1),
            }
            Ok(Terminal { functions, state, t30, t38, told })
        }
    }

    /// A completion code in words.
    pub(super) fn explain(&self, completion: i32) -> String {
        // SAFETY: the library gives constant strings.
        unsafe {
            let text = (self.0.t30_completion_code_to_str)(completion);
            if text.is_null() { String::new() } else { CStr::from_ptr(text).to_string_lossy().into_owned() }
        }
    }
}

impl Terminal<'_> {
    /// 20 ms are over, in which this was heard; what is to be heard meanwhile.
    pub(super) fn tick(&mut self, mut heard: Vec<i16>, frame: usize) -> Vec<i16> {
        let length = frame as c_int;
        if self.t38 {
            // SAFETY: the state is a terminal's of T.38.
            unsafe { (self.functions.t38_terminal_send_timeout)(self.state, length) };
            return Vec::new();
        }
        heard.resize(frame, 0);
        let mut said = vec![0_i16; frame];
        // SAFETY: the state is that of a fax in sound, and both buffers hold so many samples.
        let count = unsafe {
            (self.functions.fax_rx)(self.state, heard.as_mut_ptr(), length);
            (self.functions.fax_tx)(self.state, said.as_mut_ptr(), length)
        };
        said[usize::try_from(count).unwrap_or(0).min(frame)..].fill(0);
        said
    }

    /// A packet has come.
    pub(super) fn packet(&mut self, number: u16, ifp: &[u8]) {
        if self.t38 && !ifp.is_empty() {
            // SAFETY: the core is that of this state; the packet is only read.
            unsafe {
                let core = (self.functions.t38_terminal_get_t38_core_state)(self.state);
                (self.functions.t38_core_rx_ifp_packet)(core, ifp.as_ptr(), ifp.len() as c_int, number);
            }
        }
    }

    /// The line is cut: what has come is kept.
    pub(super) fn cut(&mut self) {
        // SAFETY: the T.30 state is that of this terminal.
        unsafe { (self.functions.t30_terminate)(self.t30) };
    }

    /// Whether T.30 has come to its end.
    pub(super) fn is_over(&self) -> bool {
        // SAFETY: as above.
        unsafe { (self.functions.t30_call_active)(self.t30) == 0 }
    }

    /// The completion code, once it is over.
    pub(super) fn completion(&self) -> Option<i32> {
        self.told.borrow().completion
    }

    /// Packets to be sent, and how often each.
    pub(super) fn take_packets(&mut self) -> Vec<(u8, Vec<u8>)> {
        std::mem::take(&mut self.told.borrow_mut().packets)
    }

    /// Pages so far.
    pub(super) fn pages(&self) -> u32 {
        self.told.borrow().pages
    }

    /// Whether it speaks by T.38.
    pub(super) fn is_t38(&self) -> bool {
        self.t38
    }

    /// Figures so far.
    pub(super) fn statistics(&self) -> Statistics {
        let mut statistics = Statistics::default();
        // SAFETY: the structure is the library's, with room behind it.
        unsafe { (self.functions.t30_get_transfer_statistics)(self.t30, &raw mut statistics) };
        statistics
    }

    /// What the far end calls itself.
    pub(super) fn station(&self) -> String {
        // SAFETY: a string of the library's that lives as long as its state.
        unsafe {
            let text = (self.functions.t30_get_rx_ident)(self.t30);
            if text.is_null() { String::new() } else { CStr::from_ptr(text).to_string_lossy().trim().to_owned() }
        }
    }
}

impl Drop for Terminal<'_> {
    fn drop(&mut self) {
        // SAFETY: made by the matching init, and not used afterwards.
        unsafe {
            if self.t38 {
                (self.functions.t38_terminal_free)(self.state);
            } else {
                (self.functions.fax_free)(self.state);
            }
        }
    }
}

/// The modems that go up to this rate in bit/s.
fn modems(fastest: u32) -> c_int {
    match fastest {
        0..=4_800 => V27TER,
        4_801..=9_600 => V27TER | V29,
        _ => V27TER | V29 | V17,
    }
}

fn told<'a>(user: Opaque) -> &'a RefCell<Told> {
    // SAFETY: the address of the terminal's own box, which outlives the state that calls back with it.
    unsafe { &*user.cast::<RefCell<Told>>() }
}

extern "C" fn phase_d(_t30: Opaque, user: Opaque, _result: c_int) -> c_int {
    told(user).borrow_mut().pages += 1;
    0
}

extern "C" fn phase_e(_t30: Opaque, user: Opaque, completion: c_int) {
    told(user).borrow_mut().completion = Some(completion);
}

extern "C" fn transmit(_core: Opaque, user: Opaque, octets: *const u8, length: c_int, copies: c_int) -> c_int {
    let Ok(length) = usize::try_from(length) else { return -1 };
    // SAFETY: the library gives so many octets for the time of this call.
    let ifp = unsafe { std::slice::from_raw_parts(octets, length) };
    let packets = &mut told(user).borrow_mut().packets;
    if packets.len() < MOST_PACKETS {
        packets.push((copies.clamp(1, 4) as u8, ifp.to_vec()));
    }
    0
}
