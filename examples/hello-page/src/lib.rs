//! A plugin that is a page: files in `ui/`, and one function that answers what they ask.

use jackfield_sdk::prelude::*;
use serde::{Deserialize, Serialize};

/// What the page shows.
#[derive(Serialize)]
struct Greeting {
    text: String,
    admin: bool,
}

/// What the page sends.
#[derive(Deserialize)]
struct Sum {
    terms: Vec<f64>,
}

#[web]
fn answer(request: &web::Request) -> Result<web::Response> {
    let user = request.user();
    match request.route()[..] {
        ["GET", "greeting"] => {
            let hello = match request.language() {
                "fr" => "Bonjour",
                "de" => "Guten Tag",
                _ => "Hello",
            };
            web::Response::json(&Greeting { text: format!("{hello}, {}!", user.name), admin: user.is_admin() })
        }
        ["POST", "sum"] => {
            let sum: Sum = request.json()?;
            web::Response::json(&sum.terms.iter().sum::<f64>())
        }
        ["GET", "table.csv"] => {
            let rows = (1..=12).map(|n| format!("{n},{}\r\n", n * n));
            let table = std::iter::once("n,square\r\n".to_owned()).chain(rows).collect::<String>();
            Ok(web::Response::bytes("text/csv; charset=utf-8", table))
        }
        ["GET", "tone.wav"] => Ok(web::Response::bytes("audio/wav", tone_wav())),
        ["DELETE", "everything"] if !user.is_admin() => Ok(web::Response::denied("Only an admin may do this.")),
        ["DELETE", "everything"] => Ok(web::Response::done()),
        _ => Ok(web::Response::not_found()),
    }
}

/// Half a second of 440 Hz as a WAV file: 8,000 samples a second, mono, 16 bits.
fn tone_wav() -> Vec<u8> {
    let samples = (0..4_000).map(|n| (f64::from(n) * std::f64::consts::TAU * 440.0 / 8_000.0).sin() * 8_000.0);
    let data: Vec<u8> = samples.flat_map(|sample| (sample as i16).to_le_bytes()).collect();
    let length = data.len() as u32;
    let mut wav = Vec::with_capacity(44 + data.len());
    wav.extend_from_slice(b"RIFF");
    wav.extend_from_slice(&(36 + length).to_le_bytes());
    wav.extend_from_slice(b"WAVEfmt ");
    wav.extend_from_slice(&[16, 0, 0, 0, 1, 0, 1, 0]);
    wav.extend_from_slice(&8_000u32.to_le_bytes());
    wav.extend_from_slice(&16_000u32.to_le_bytes());
    wav.extend_from_slice(&[2, 0, 16, 0]);
    wav.extend_from_slice(b"data");
    wav.extend_from_slice(&length.to_le_bytes());
    wav.extend_from_slice(&data);
    wav
}
