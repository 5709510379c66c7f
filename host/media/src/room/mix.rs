//! Adding up who talks.

use super::{MAX_MEMBERS, SOUND, WIDE_FRAME};

/// Up to here a sum passes unchanged; what is louder is bent towards full scale rather than cut off.
const KNEE: i32 = 24_576;
/// What is left above the knee.
const ABOVE: i32 = 32_767 - KNEE;

/// The talkers' sound of one tick, each and all together.
#[derive(Debug)]
pub(super) struct Mix {
    each: Box<[[i16; WIDE_FRAME]; MAX_MEMBERS]>,
    all: [i32; WIDE_FRAME],
    sound: Option<[i16; WIDE_FRAME]>,
    talking: u64,
    len: usize,
}

impl Default for Mix {
    fn default() -> Self {
        Self { each: Box::new([[0; WIDE_FRAME]; MAX_MEMBERS]), all: [0; WIDE_FRAME], sound: None, talking: 0, len: 0 }
    }
}

impl Mix {
    /// A new tick of so many samples.
    pub(super) fn clear(&mut self, len: usize) {
        self.all = [0; WIDE_FRAME];
        self.sound = None;
        self.talking = 0;
        self.len = len.min(WIDE_FRAME);
    }

    pub(super) fn add(&mut self, slot: usize, samples: &[i16; WIDE_FRAME]) {
        self.talking |= 1 << slot;
        self.each[slot] = *samples;
        for (sum, sample) in self.all[..self.len].iter_mut().zip(samples) {
            *sum += i32::from(*sample);
        }
    }

    pub(super) fn set_sound(&mut self, samples: &[i16]) {
        let mut sound = [0; WIDE_FRAME];
        sound[..samples.len()].copy_from_slice(samples);
        self.sound = Some(sound);
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn talking(&self) -> u64 {
        self.talking
    }

    pub(super) fn has_sound(&self) -> bool {
        self.sound.is_some()
    }

    pub(super) fn is_silent(&self) -> bool {
        self.talking == 0 && self.sound.is_none()
    }

    /// What somebody hears who hears these.
    pub(super) fn of(&self, hears: u64, out: &mut [i16]) {
        let wanted = hears & self.talking;
        let others = self.talking & !wanted;
        // From nothing or from everything, whichever is less work.
        let mut sum = [0; WIDE_FRAME];
        if others.count_ones() < wanted.count_ones() {
            sum = self.all;
            self.each_of(others, |total, sample| *total -= sample, &mut sum);
        } else {
            self.each_of(wanted, |total, sample| *total += sample, &mut sum);
        }
        if hears & SOUND != 0
            && let Some(sound) = &self.sound
        {
            for (total, sample) in sum.iter_mut().zip(sound) {
                *total += i32::from(*sample);
            }
        }
        for (sample, total) in out.iter_mut().zip(&sum[..self.len]) {
            *sample = soften(*total);
        }
    }

    fn each_of(&self, mut slots: u64, act: impl Fn(&mut i32, i32), sum: &mut [i32; WIDE_FRAME]) {
        while slots != 0 {
            let slot = slots.trailing_zeros() as usize;
            slots &= slots - 1;
            for (total, sample) in sum[..self.len].iter_mut().zip(&self.each[slot]) {
                act(total, i32::from(*sample));
            }
        }
    }
}

/// Keep a sum within 16 bits: unchanged up to the knee, then ever less of what is added.
fn soften(sum: i32) -> i16 {
    let magnitude = sum.abs();
    if magnitude <= KNEE {
        return sum as i16;
    }
    let over = magnitude - KNEE;
    let bent = KNEE + (i64::from(over) * i64::from(ABOVE) / i64::from(over + ABOVE)) as i32;
    (if sum < 0 { -bent } else { bent }) as i16
}

/// From one gain to another within the first quarter of the samples, and the rest at the second.
pub(super) fn ramp(samples: &mut [i16], from: f32, to: f32) {
    if from == 1.0 && to == 1.0 {
        return;
    }
    let quarter = samples.len() / 4;
    for (at, sample) in samples.iter_mut().enumerate() {
        let gain = if at < quarter { from + (to - from) * (at + 1) as f32 / quarter as f32 } else { to };
        // A cast saturates.
        *sample = (f32::from(*sample) * gain) as i16;
    }
}

#[cfg(test)]
mod tests {
    use super::soften;

    #[test]
    fn sums_rise_without_a_step_and_never_wrap() {
        let sums: Vec<i16> = (-1_100_000..1_100_000).step_by(100).map(soften).collect();
        assert!(sums.is_sorted());
        assert_eq!((soften(24_000), soften(-24_576)), (24_000, -24_576));
        assert!(soften(i32::from(i16::MAX)) < i16::MAX && soften(32 * 32_767) > 32_400);
        assert_eq!(soften(-32 * 32_768), -soften(32 * 32_768));
    }
}
