//! `jackfield:call/recording`: what callers say, kept as WAV files under the plugin's own folder.

use crate::{
    bindings::imports::jackfield::{
        call::recording::{self, RecordOptions, Recorded},
        types::types::Error,
    },
    grants,
    instance::State,
    interfaces::{
        arguments::{is_digit, shortened},
        control::Handle,
    },
    registry::Host,
};
use cap_std::fs::Dir;
use jackfield_calls::scripts;
use std::{
    io::{Cursor, Write},
    sync::Arc,
    time::Duration,
};
use wasmtime::component::Resource;

const LENGTH: std::ops::RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_secs(600);
/// All recordings of one plugin together, in MiB, when its manifest says nothing else.
const QUOTA_MIB: u32 = 64;
const FOLDER: &str = "recordings";
const SPEC: hound::WavSpec =
    hound::WavSpec { channels: 1, sample_rate: 8_000, bits_per_sample: 16, sample_format: hound::SampleFormat::Int };

impl recording::Host for State {
    async fn record_caller(
        &mut self,
        call: Resource<Handle>,
        options: RecordOptions,
    ) -> wasmtime::Result<Result<Recorded, Error>> {
        if let Err(denied) = self.permit(grants::CALL_RECORDING) {
            return Ok(Err(denied));
        }
        let max = Duration::from_millis(options.max.into());
        if !LENGTH.contains(&max) || options.silence > options.max {
            return Ok(Err(Error::Invalid(format!("recording for {max:?}: 1 s to 10 min are possible"))));
        }
        if options.terminators.len() > 16 || !options.terminators.chars().all(is_digit) {
            return Ok(Err(Error::Invalid("terminators are digits, * and #".into())));
        }
        let options = scripts::RecordOptions {
            max,
            silence: Duration::from_millis(options.silence.into()),
            beep: options.beep,
            terminators: options.terminators,
        };
        let recorded = match self.record(&call, &options).await? {
            Ok(recorded) => recorded,
            Err(error) => return Ok(Err(error)),
        };
        let length = u32::try_from(recorded.length.as_millis()).unwrap_or(u32::MAX);
        let terminator = recorded.terminator;
        let kept = self.keep_recording(recorded.samples.into()).await;
        Ok(kept.map(|id| Recorded { id, length, terminator }))
    }

    async fn copy(&mut self, id: String) -> wasmtime::Result<Result<Recorded, Error>> {
        if let Err(denied) = self.permit(grants::CALL_RECORDING) {
            return Ok(Err(denied));
        }
        let samples = match load(&self.host, &self.plugin.record.id, &id).await {
            Ok(samples) => samples,
            Err(why) => return Ok(Err(Error::Failed(why))),
        };
        let length = u32::try_from(samples.len() as u64 * 1_000 / u64::from(SPEC.sample_rate)).unwrap_or(u32::MAX);
        let kept = self.keep_recording(samples).await;
        Ok(kept.map(|id| Recorded { id, length, terminator: None }))
    }

    async fn erase(&mut self, id: String) -> wasmtime::Result<Result<(), Error>> {
        if let Err(denied) = self.permit(grants::CALL_RECORDING) {
            return Ok(Err(denied));
        }
        if !is_file_id(&id) {
            return Ok(Ok(()));
        }
        let (data, plugin) = (Arc::clone(&self.host.data), self.plugin.record.id.clone());
        let erased = blocking(move || match data.remove_file(format!("{plugin}/{FOLDER}/{}", file_name(&id))) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
                Err(format!("the recording could not be erased: {e}"))
            }
            _ => Ok(()),
        });
        Ok(erased.await.map_err(Error::Failed))
    }
}

impl State {
    /// Keep samples as a recording of this plugin; gives its id. It is on the disk when this returns.
    async fn keep_recording(&mut self, samples: Arc<[i16]>) -> Result<String, Error> {
        let id = format!("{:x}-{:08x}", self.host.clock.now_ms(), rand::random::<u32>());
        let manifest = self.plugin.body.as_ref().map(|body| &body.package.manifest);
        let named = manifest.and_then(|manifest| manifest.capabilities.get(grants::CALL_RECORDING)?.quota_mib);
        let quota = u64::from(named.unwrap_or(QUOTA_MIB)) << 20;
        let (data, plugin, name) = (Arc::clone(&self.host.data), self.plugin.record.id.clone(), file_name(&id));
        let kept = blocking(move || keep(&data, &plugin, &name, &samples, quota)).await;
        self.cpu.refill();
        kept.map(|()| id).map_err(Error::Failed)
    }
}

/// The samples of a recording.
pub(crate) async fn load(host: &Host, plugin: &str, id: &str) -> Result<Arc<[i16]>, String> {
    let missing = format!("there is no recording “{}”", shortened(id));
    if !is_file_id(id) {
        return Err(missing);
    }
    let (data, path) = (Arc::clone(&host.data), format!("{plugin}/{FOLDER}/{}", file_name(id)));
    blocking(move || {
        let bytes = data.read(path).map_err(|_| missing)?;
        let reader = hound::WavReader::new(Cursor::new(bytes)).map_err(|e| format!("the recording is damaged: {e}"))?;
        let samples: Result<Vec<i16>, _> = reader.into_samples().collect();
        samples.map(Into::into).map_err(|e| format!("the recording is damaged: {e}"))
    })
    .await
}

/// A recording as the file that it is; an open file is read to its end even when it is erased meanwhile.
pub(crate) async fn open(host: &Host, plugin: &str, id: &str) -> Result<std::fs::File, String> {
    let missing = format!("there is no recording “{}”", shortened(id));
    if !is_file_id(id) {
        return Err(missing);
    }
    let (data, path) = (Arc::clone(&host.data), format!("{plugin}/{FOLDER}/{}", file_name(id)));
    blocking(move || data.open(path).map(cap_std::fs::File::into_std).map_err(|_| missing)).await
}

fn keep(data: &Dir, plugin: &str, name: &str, samples: &[i16], quota: u64) -> Result<(), String> {
    let failed = |e: &dyn std::fmt::Display| format!("the recording could not be kept: {e}");
    let folder = format!("{plugin}/{FOLDER}");
    data.create_dir_all(&folder).map_err(|e| failed(&e))?;
    let folder = data.open_dir(&folder).map_err(|e| failed(&e))?;
    let held: u64 =
        folder.entries().map_err(|e| failed(&e))?.filter_map(|entry| Some(entry.ok()?.metadata().ok()?.len())).sum();
    if held + samples.len() as u64 * 2 > quota {
        return Err(format!("the plugin's recordings take {} MiB already: erase some", held >> 20));
    }
    let mut wav = Cursor::new(Vec::with_capacity(samples.len() * 2 + 64));
    let mut writer = hound::WavWriter::new(&mut wav, SPEC).map_err(|e| failed(&e))?;
    samples.iter().try_for_each(|sample| writer.write_sample(*sample)).map_err(|e| failed(&e))?;
    writer.finalize().map_err(|e| failed(&e))?;
    let mut file = folder.create(name).map_err(|e| failed(&e))?;
    file.write_all(wav.get_ref()).and_then(|()| file.sync_all()).map_err(|e| {
        // Half a message is none.
        drop(folder.remove_file(name));
        failed(&e)
    })
}

fn file_name(id: &str) -> String {
    format!("{id}.wav")
}

/// Hexadecimal digits and a hyphen, so that an id never names anything but a file of its kind.
pub(crate) fn is_file_id(id: &str) -> bool {
    (3..=40).contains(&id.len()) && id.chars().all(|c| c.is_ascii_hexdigit() || c == '-')
}

/// Files are read and written off the signalling threads.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, String> + Send + 'static,
) -> Result<T, String> {
    tokio::task::spawn_blocking(work).await.map_err(|_| "the work was given up: the host is stopping".to_owned())?
}
