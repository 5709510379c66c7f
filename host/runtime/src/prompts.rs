//! The prompts of a package: WAV files by language and name, decoded once and shared by all calls.

use std::{collections::BTreeMap, io::Cursor, sync::Arc};

/// What the media engine plays.
const RATE: u32 = 8_000;
/// Samples of all prompts of one package together: 35 minutes, 32 MiB.
const MOST_SAMPLES: usize = 16 << 20;

/// One prompt of a package, decoded: 8,000 samples a second, mono.
#[derive(Clone, Debug)]
pub struct PackagedPrompt {
    /// The folder it is in.
    pub language: String,
    /// Its file's name without `.wav`.
    pub name: String,
    /// What is heard.
    pub samples: Arc<[i16]>,
}

/// Decoded prompts.
#[derive(Debug, Default)]
pub(crate) struct Prompts {
    by_language: BTreeMap<String, BTreeMap<String, Arc<[i16]>>>,
    samples: usize,
}

impl Prompts {
    /// Add `prompts/<language>/<name>.wav`. The error says what is wrong with the file and how to mend it.
    pub(crate) fn add(&mut self, language: &str, name: &str, wav: &[u8]) -> Result<(), String> {
        let samples = decode(wav)?;
        self.samples += samples.len();
        if self.samples > MOST_SAMPLES {
            return Err("all prompts together are longer than 35 minutes".into());
        }
        self.by_language.entry(language.to_owned()).or_default().insert(name.to_owned(), samples.into());
        Ok(())
    }

    /// The prompt in the first of these languages that has it. `de-CH` falls back to `de`.
    pub(crate) fn find(&self, name: &str, languages: &[&str]) -> Option<Arc<[i16]>> {
        languages.iter().find_map(|language| {
            let exact = self.by_language.get(*language);
            let general = || self.by_language.get(language.split('-').next()?);
            exact.and_then(|files| files.get(name)).or_else(|| general()?.get(name)).cloned()
        })
    }

    /// Add one that is decoded already.
    pub(crate) fn put(&mut self, language: String, name: String, samples: Arc<[i16]>) {
        self.by_language.entry(language).or_default().insert(name, samples);
    }

    /// Every prompt.
    pub(crate) fn all(&self) -> impl Iterator<Item = PackagedPrompt> {
        self.by_language.iter().flat_map(|(language, files)| {
            files.iter().map(|(name, samples)| PackagedPrompt {
                language: language.clone(),
                name: name.clone(),
                samples: Arc::clone(samples),
            })
        })
    }

    /// The languages that there are prompts in.
    pub(crate) fn languages(&self) -> impl Iterator<Item = &str> {
        self.by_language.keys().map(String::as_str)
    }
}

/// The prompt in the first of these languages in which there is one, and that language: what was uploaded goes before what the
/// package has, and that before the prompts that come with the house.
pub(crate) fn find_own_first<'a>(
    own: &Prompts,
    package: &Prompts,
    name: &str,
    languages: &[&'a str],
) -> Option<(Arc<[i16]>, &'a str)> {
    languages.iter().find_map(|language| {
        let found = own.find(name, &[language]).or_else(|| package.find(name, &[language]));
        Some((found.or_else(|| of_house(name, language))?, *language))
    })
}

/// A piece of what is spoken: as it was uploaded, else as it comes with the house, in the first of these languages that the
/// house speaks.
pub(crate) fn piece(own: &Prompts, name: &str, languages: &[&str]) -> Option<Arc<[i16]>> {
    let language = languages.iter().find(|tag| jackfield_prompts::Language::of(tag).is_some())?;
    own.find(name, &[language]).or_else(|| of_house(name, language))
}

fn of_house(name: &str, language: &str) -> Option<Arc<[i16]>> {
    jackfield_prompts::samples(jackfield_prompts::Language::of(language)?, name)
}

fn decode(wav: &[u8]) -> Result<Vec<i16>, String> {
    let reader = hound::WavReader::new(Cursor::new(wav)).map_err(|e| format!("not a WAV file ({e})"))?;
    let spec = reader.spec();
    let linear = spec.sample_format == hound::SampleFormat::Int && spec.bits_per_sample == 16;
    if spec.channels != 1 || spec.sample_rate != RATE || !linear {
        return Err(format!(
            "it has {} channel(s) of {} bits at {} Hz, and must have one of 16 bits at 8000 Hz: convert it with sox IN.wav -r 8000 -c 1 -b 16 OUT.wav",
            spec.channels, spec.bits_per_sample, spec.sample_rate
        ));
    }
    reader.into_samples::<i16>().collect::<Result<_, _>>().map_err(|e| format!("it is cut off ({e})"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wav(rate: u32, samples: &[i16]) -> Vec<u8> {
        let spec = hound::WavSpec {
            channels: 1,
            sample_rate: rate,
            bits_per_sample: 16,
            sample_format: hound::SampleFormat::Int,
        };
        let mut bytes = Cursor::new(Vec::new());
        let mut writer = hound::WavWriter::new(&mut bytes, spec).unwrap();
        samples.iter().for_each(|s| writer.write_sample(*s).unwrap());
        writer.finalize().unwrap();
        bytes.into_inner()
    }

    #[test]
    fn a_prompt_is_found_in_the_callers_language_or_the_next_best() {
        let mut prompts = Prompts::default();
        prompts.add("en", "welcome", &wav(8_000, &[1])).unwrap();
        prompts.add("de", "welcome", &wav(8_000, &[2])).unwrap();
        let first = |languages: &[&str]| prompts.find("welcome", languages).map(|samples| samples[0]);
        assert_eq!(first(&["de", "en"]), Some(2));
        assert_eq!(first(&["de-CH", "en"]), Some(2));
        assert_eq!(first(&["fr", "en"]), Some(1));
        assert_eq!(first(&["fr"]), None);
    }

    #[test]
    fn the_houses_own_goes_before_that_of_the_package_and_the_callers_language_before_both() {
        let (mut own, mut package) = (Prompts::default(), Prompts::default());
        package.add("en", "welcome", &wav(8_000, &[1])).unwrap();
        package.add("de", "welcome", &wav(8_000, &[2])).unwrap();
        own.put("en".into(), "welcome".into(), Arc::new([3]));
        let first = |languages: &[&'static str]| {
            find_own_first(&own, &package, "welcome", languages).map(|(samples, language)| (samples[0], language))
        };
        assert_eq!(first(&["en"]), Some((3, "en")));
        assert_eq!(first(&["de", "en"]), Some((2, "de")));
        assert_eq!(first(&["fr", "en"]), Some((3, "en")));
        assert_eq!(first(&["fr"]), None);
        let goodbye = find_own_first(&own, &package, "goodbye", &["it", "fr"]);
        assert!(goodbye.is_some_and(|(samples, language)| samples.len() > 1_000 && language == "fr"), "the house's");
        own.put("fr".into(), "n-7".into(), Arc::new([4]));
        assert_eq!(piece(&own, "n-7", &["it", "fr"]).map(|samples| samples[0]), Some(4));
        assert!(piece(&own, "n-8", &["it", "fr"]).is_some_and(|samples| samples.len() > 1_000));
    }

    #[test]
    fn a_file_of_the_wrong_kind_is_refused_with_the_command_that_mends_it() {
        let mut prompts = Prompts::default();
        assert!(prompts.add("en", "x", &wav(44_100, &[0])).unwrap_err().contains("sox"));
        assert!(prompts.add("en", "x", b"RIFFxxxxWAVE").is_err());
        let whole = wav(8_000, &[1; 100]);
        assert!(prompts.add("en", "x", &whole[..whole.len() - 10]).is_err());
    }
}
