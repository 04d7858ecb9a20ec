//! [`Backend`]: the directory that the emulator serves.

use std::sync::{Arc, PoisonError, RwLock};

use user_directory::UserDirectory;
use user_directory::store::UserStore;
use user_directory::store_directory::{InstanceSettings, StoreUserDirectory};

/// The directory that the emulator serves.
pub(crate) enum Backend {
    /// A directory over a store. The control API can seed its users and change its settings.
    Store(Box<StoreBackend>),
    /// Any other directory. The emulator acts as a gateway to it.
    Other(Arc<dyn UserDirectory>),
}

/// A directory over a store, with settings that can change.
pub(crate) struct StoreBackend {
    current: RwLock<StoreUserDirectory<dyn UserStore>>,
    /// The settings that a reset restores.
    initial: InstanceSettings,
}

impl Backend {
    pub(crate) fn over_store(directory: StoreUserDirectory<dyn UserStore>) -> Self {
        let initial = directory.settings().clone();
        Self::Store(Box::new(StoreBackend { current: RwLock::new(directory), initial }))
    }

    /// Returns the directory with its current settings.
    pub(crate) fn directory(&self) -> Arc<dyn UserDirectory> {
        match self {
            Self::Store(store) => Arc::new(store.directory()),
            Self::Other(directory) => Arc::clone(directory),
        }
    }

    pub(crate) fn store(&self) -> Option<&StoreBackend> {
        match self {
            Self::Store(store) => Some(store),
            Self::Other(_) => None,
        }
    }
}

impl StoreBackend {
    /// Returns the directory with its current settings.
    pub(crate) fn directory(&self) -> StoreUserDirectory<dyn UserStore> {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn set_settings(&self, settings: InstanceSettings) {
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        *current = current.with_settings(settings);
    }

    /// Restores the settings with which the emulator was started.
    pub(crate) fn reset_settings(&self) {
        self.set_settings(self.initial.clone());
    }
}
