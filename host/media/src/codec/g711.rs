//! G.711: A-law and µ-law companding (ITU-T G.711), by the segment arithmetic of the recommendation.

const ULAW_BIAS: i32 = 0x84;
const ULAW_CLIP: i32 = 32_635;

/// One 16-bit sample to µ-law (bits inverted, as sent on the line).
pub const fn encode_ulaw(sample: i16) -> u8 {
    let negative = sample < 0;
    let mut magnitude = if negative { -(sample as i32) } else { sample as i32 };
    if magnitude > ULAW_CLIP {
        magnitude = ULAW_CLIP;
    }
    magnitude += ULAW_BIAS;
    // The segment is the place of the highest set bit above bit 7.
    let segment = 24 - (magnitude as u32).leading_zeros();
    let mantissa = ((magnitude >> (segment + 3)) & 0x0f) as u8;
    let sign = if negative { 0x80 } else { 0 };
    !(sign | ((segment as u8) << 4) | mantissa)
}

/// One µ-law octet to a 16-bit sample.
pub const fn decode_ulaw(octet: u8) -> i16 {
    let bits = !octet;
    let segment = (bits >> 4) & 0x07;
    let magnitude = ((((bits & 0x0f) as i32) << 3) + ULAW_BIAS) << segment;
    let linear = magnitude - ULAW_BIAS;
    (if bits & 0x80 != 0 { -linear } else { linear }) as i16
}

/// One 16-bit sample to A-law (even bits inverted, as sent on the line).
pub const fn encode_alaw(sample: i16) -> u8 {
    let negative = sample < 0;
    // One's complement for negative values keeps the two halves symmetrical around zero.
    let magnitude = (if negative { !(sample as i32) } else { sample as i32 }) >> 4;
    // Segments 0 and 1 share one step size; from then on it doubles with every segment.
    let bits = if magnitude < 32 {
        magnitude
    } else {
        let segment = 27 - (magnitude as u32).leading_zeros() as i32;
        ((segment + 1) << 4) | ((magnitude >> segment) & 0x0f)
    };
    let sign = if negative { 0 } else { 0x80 };
    (bits as u8 | sign) ^ 0x55
}

/// One A-law octet to a 16-bit sample.
pub const fn decode_alaw(octet: u8) -> i16 {
    let bits = octet ^ 0x55;
    let segment = (bits >> 4) & 0x07;
    let mantissa = ((bits & 0x0f) as i32) << 4;
    let magnitude = match segment {
        0 => mantissa + 8,
        _ => (mantissa + 0x108) << (segment - 1),
    };
    (if bits & 0x80 != 0 { magnitude } else { -magnitude }) as i16
}

/// µ-law octet to the nearest A-law octet.
pub static ULAW_TO_ALAW: [u8; 256] = {
    let mut table = [0; 256];
    let mut octet = 0;
    while octet < 256 {
        table[octet] = encode_alaw(decode_ulaw(octet as u8));
        octet += 1;
    }
    table
};

/// A-law octet to the nearest µ-law octet.
pub static ALAW_TO_ULAW: [u8; 256] = {
    let mut table = [0; 256];
    let mut octet = 0;
    while octet < 256 {
        table[octet] = encode_ulaw(decode_alaw(octet as u8));
        octet += 1;
    }
    table
};

/// µ-law octet to its sample.
pub static ULAW_TO_LINEAR: [i16; 256] = {
    let mut table = [0; 256];
    let mut octet = 0;
    while octet < 256 {
        table[octet] = decode_ulaw(octet as u8);
        octet += 1;
    }
    table
};

/// A-law octet to its sample.
pub static ALAW_TO_LINEAR: [i16; 256] = {
    let mut table = [0; 256];
    let mut octet = 0;
    while octet < 256 {
        table[octet] = decode_alaw(octet as u8);
        octet += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reference_points_of_the_recommendation_hold() {
        // Silence and full scale on the line, G.711 tables 1a and 2a.
        assert_eq!(encode_ulaw(0), 0xff);
        assert_eq!(encode_ulaw(i16::MAX), 0x80);
        assert_eq!(encode_ulaw(i16::MIN), 0x00);
        assert_eq!(encode_alaw(0), 0xd5);
        assert_eq!(encode_alaw(-1), 0x55);
        assert_eq!(encode_alaw(i16::MAX), 0xaa);
        assert_eq!(encode_alaw(i16::MIN), 0x2a);
        assert_eq!(decode_ulaw(0x80), 32_124);
        assert_eq!(decode_alaw(0xaa), 32_256);
    }

    #[test]
    fn every_octet_survives_decoding_and_encoding() {
        for octet in 0..=255u8 {
            assert_eq!(encode_alaw(decode_alaw(octet)), octet);
            // µ-law has two zeros; the negative one becomes the positive one.
            let expected = if octet == 0x7f { 0xff } else { octet };
            assert_eq!(encode_ulaw(decode_ulaw(octet)), expected);
        }
    }

    #[test]
    fn the_error_stays_within_half_a_step_of_its_segment() {
        for sample in (i16::MIN..=i16::MAX).step_by(7) {
            let magnitude = (i32::from(sample)).abs().min(32_000);
            let bound = magnitude / 32 + 16;
            let clipped = i32::from(sample).clamp(-32_124, 32_124);
            assert!(
                (i32::from(decode_ulaw(encode_ulaw(sample))) - clipped).abs()
                    <= bound + 512 * i32::from(magnitude == 32_000)
            );
            let clipped = i32::from(sample).clamp(-32_256, 32_256);
            assert!(
                (i32::from(decode_alaw(encode_alaw(sample))) - clipped).abs()
                    <= bound + 512 * i32::from(magnitude == 32_000)
            );
        }
    }
}
