//! Prompts and music that were uploaded, on their way from their files to who hears them.

use jackfield_calls::Exchange;
use jackfield_media::resample::Downsampler;
use jackfield_model::{Sound, SoundKind};
use jackfield_runtime::Plugins;
use jackfield_store::{Store, StoreError};
use std::{path::PathBuf, sync::Arc, time::Duration};

/// Where they come from.
pub struct SoundSources {
    /// The database.
    pub store: Store,
    /// The folder of their files.
    pub folder: PathBuf,
    /// Whose prompts they replace.
    pub plugins: Plugins,
}

impl SoundSources {
    /// Read all of them, and have them heard from now on. What cannot be read is left out and said in the log.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn load(&self, exchange: &Exchange) -> Result<(), StoreError> {
        let (mut prompts, mut music) = (Vec::new(), Vec::new());
        for sound in self.store.sounds().await? {
            if sound.kind == SoundKind::Music && sound.place.is_none() {
                continue;
            }
            let Some(samples) = self.read(&sound).await else { continue };
            match sound.kind {
                SoundKind::Prompt => prompts.push((sound.language, sound.name, samples)),
                SoundKind::Music => music.push(samples),
            }
        }
        exchange.music.set(music, Duration::from_millis(self.store.music_gap().await?));
        self.plugins.set_own_prompts(prompts);
        Ok(())
    }

    /// 8,000 samples a second, as telephones hear them.
    async fn read(&self, sound: &Sound) -> Option<Arc<[i16]>> {
        let path = self.folder.join(format!("{}.wav", sound.id));
        let decode = move || {
            let file = std::fs::read(&path).map_err(|error| error.to_string())?;
            let wide = jackfield_sounds::from_wav(&file)?;
            let mut narrow = vec![0; wide.len() / 2];
            let mut filter = Downsampler::default();
            for (wide, narrow) in wide.chunks(320).zip(narrow.chunks_mut(160)) {
                filter.process(wide, narrow);
            }
            Ok::<_, String>(Arc::from(narrow))
        };
        let failed = |error: &dyn std::fmt::Display| {
            tracing::error!(%error, sound = sound.name, "an uploaded sound is not heard: its file cannot be read");
        };
        match tokio::task::spawn_blocking(decode).await {
            Ok(Ok(samples)) => Some(samples),
            Ok(Err(error)) => {
                failed(&error);
                None
            }
            Err(error) => {
                failed(&error);
                None
            }
        }
    }
}
